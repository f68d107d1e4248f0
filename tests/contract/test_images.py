"""deploy/images: the Dockerfile by its linter and by the rules of the house, and the scripts beside it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from contract.compose_file import SERVICES, services
from contract.dockerfile import FILE, ROOT, copied, lineage, sent, stages, variables

from volt_testkit.stack import free_port

IMAGES = ROOT / "deploy" / "images"
BIN = Path(sys.executable).parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
FINAL = ("voltlog", "service")


def last(stage: str, name: str) -> str:
    """The instruction of this name that counts in a stage."""
    return [instruction.rest for instruction in lineage(stage) if instruction.name == name][-1]


@pytest.mark.skipif(not (BIN / "hadolint").is_file(), reason="hadolint has no wheel for this machine")
def test_the_linter_has_nothing_to_say(tmp_path: Path) -> None:
    done = subprocess.run([BIN / "hadolint", FILE], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    worse = tmp_path / "Dockerfile"
    worse.write_text("FROM python\nRUN cd /src\n")
    assert subprocess.run([BIN / "hadolint", worse], capture_output=True, check=False, timeout=60).returncode == 1


def test_everything_stands_on_one_pinned_base() -> None:
    bases = {stage: own[0].rest.split(" AS ")[0] for stage, own in stages().items()}
    foreign = {base for base in bases.values() if base not in bases}
    assert len(foreign) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+@sha256:[0-9a-f]{64}", foreign.pop())
    assert f"UV_VERSION := {last('build', 'ARG').removeprefix('UV_VERSION=')}\n" in MAKEFILE


def test_a_build_without_a_target_is_a_services() -> None:
    assert list(stages())[-1] == "service"


@pytest.mark.parametrize("stage", FINAL)
def test_an_image_runs_as_nobody_and_without_a_shell(stage: str) -> None:
    user, group = last(stage, "USER").split(":")
    assert int(user) > 1000
    assert int(group) > 1000
    assert last(stage, "STOPSIGNAL") == "SIGTERM"
    assert last(stage, "ENTRYPOINT").startswith("["), "the exec form"
    assert "sh" not in last(stage, "ENTRYPOINT").split('"')
    assert [instruction for instruction in lineage(stage) if instruction.name == "RUN"] == [], "all is copied"
    labels = " ".join(instruction.rest for instruction in lineage(stage) if instruction.name == "LABEL")
    for label in ("title", "version", "revision", "licenses"):
        assert f"org.opencontainers.image.{label}=" in labels


def test_the_health_check_is_the_one_that_compose_makes() -> None:
    check = last("service", "HEALTHCHECK").split(" CMD ")[1]
    assert check == '["python", "/opt/voltlog/healthy.py"]'
    for name in SERVICES:
        assert services()[name]["healthcheck"]["test"] == ["CMD", "python", "/opt/voltlog/healthy.py"]
    assert variables("service")["VOLT_HEALTH_PORT"].isdecimal()


def test_only_what_is_copied_is_sent_to_the_engine() -> None:
    for name, _ in [pair for stage in stages() for pair in copied(stage)]:
        assert (ROOT / name).exists()
        assert sent(Path(name)), name
    for name in (
        ".env",
        ".git/config",
        ".voltlog/secrets.json",
        "tests/conftest.py",
        "README.md",
        "deploy/asyncapi.yaml",
    ):
        assert not sent(Path(name)), name
    for name in ("libs/ocpp/volt_ocpp/__pycache__/x.pyc", "services/console/.env", "libs/cli/.venv/bin/python"):
        assert not sent(Path(name)), name
    assert sent(Path("services/console/volt_console/templates/base.html"))


class _Sick(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer as a process in trouble would."""
        self.send_response(503)
        self.end_headers()

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


@pytest.fixture
def sick_port() -> Iterator[int]:
    """Where something answers, but 503."""
    server = HTTPServer(("127.0.0.1", 0), _Sick)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_unhealthy_container_says_why(sick_port: int) -> None:
    for port, said in (
        (str(sick_port), "/healthz answers 503"),
        (str(free_port()), "/healthz does not answer"),
        ("0", "VOLT_HEALTH_PORT='0' is not a port"),
        ("", "VOLT_HEALTH_PORT='' is not a port"),
    ):
        words: list[Path | str] = [sys.executable, IMAGES / "healthy.py"]
        done = subprocess.run(words, env={"VOLT_HEALTH_PORT": port}, capture_output=True, text=True, check=False)
        assert done.returncode == 1, port
        assert said in done.stderr


@pytest.mark.parametrize(
    ("answers", "words", "said"),
    [
        ({}, [], "There is no docker command here"),
        ({"info": 1}, [], "no Docker engine answers it"),
        ({"info": 0, "buildx": 1}, ["build"], "has no buildx plugin"),
        ({"info": 0, "buildx": 1}, [], ""),
        ({"info": 0, "buildx": 0}, ["build"], ""),
    ],
)
def test_what_is_missing_for_containers_is_said(
    tmp_path: Path, answers: dict[str, int], words: list[str], said: str
) -> None:
    if answers:
        docker = tmp_path / "docker"
        cases = "".join(f"  {name}) exit {code} ;;\n" for name, code in answers.items())
        docker.write_text(f'#!/bin/sh\ncase "$1" in\n{cases}esac\n')
        docker.chmod(0o755)
    script: list[Path | str] = ["/bin/sh", IMAGES / "engine.sh", *words]
    done = subprocess.run(script, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=30)
    assert said in done.stderr
    assert (done.returncode == 0) is (said == "") is (done.stderr == "")


def test_make_names_the_services_when_none_is_said() -> None:
    for words in ([], ["SERVICE=nobody"], ["SERVICE=gateway station"]):
        done = subprocess.run(
            ["make", "--no-print-directory", "image", *words],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 2
        assert "make image SERVICE=name, where name is one of: " in done.stderr
        assert set(re.findall(r"\w+", done.stderr)) >= SERVICES
