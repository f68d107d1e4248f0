"""Every image's `/opt/voltlog` as a folder, made once in a run by the Dockerfile's own copies and uv commands."""

import atexit
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from contract.compose_file import SERVICES
from contract.dockerfile import ROOT, build

COMMAND = "voltlog"
IMAGES = sorted(SERVICES | {COMMAND})
SCRIPTS = ROOT / "deploy" / "images"


@cache
def image(name: str) -> Path:
    """What is in the image of a service, or of the command."""
    if name == COMMAND:
        return build("build-voltlog", "", uv(), sys.executable, _place() / name)
    made = build("build-service", name, uv(), sys.executable, _place() / name)
    for script in ("service.py", "healthy.py"):
        shutil.copy2(SCRIPTS / script, made / script)
    return made


@cache
def _place() -> Path:
    place = Path(tempfile.mkdtemp(prefix="voltlog-images-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


def uv() -> str:
    """The uv that `make setup` works with."""
    found = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    assert Path(found).is_file(), "run `make setup`"
    return found


def environment(**variables: str) -> dict[str, str]:
    """What a process of an image is given: nothing of this checkout is in reach."""
    return {"PATH": "/usr/bin:/bin", "PYTHONSAFEPATH": "1", **variables}


def run(name: str, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a program of an image to its end."""
    return subprocess.run(
        [image(name) / "bin" / words[0], *words[1:]],
        env=environment(**variables),
        cwd=image(name),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
