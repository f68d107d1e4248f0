"""A whole stack of two tiny services: what dies comes back, and no end of the supervisor leaves a process behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import httpx
import psutil
import pytest
from unit.devstack.programs import until

from volt_devstack.control import NotRunning, Running, down, forget, status
from volt_devstack.home import Home
from volt_devstack.ports import FIRST_PORT, LAST_PORT, is_free
from volt_devstack.postgres_orphans import cluster_name
from volt_devstack.state import Phase, ProcessState, StackState, read_state

pytestmark = pytest.mark.postgres

SCRIPT = Path(__file__).with_name("dummy_stack.py")
READY_S = 120.0


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A listening port stands for the broker: these services never speak to it. Postgres is the stack's own."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as broker:
        monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{broker.getsockname()[1]}")
        yield


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home in which nothing runs after the test, whatever the test did."""
    yield tmp_path / "home"
    forget(tmp_path / "home")


def _heeds_hangups() -> None:
    """Also where the tests themselves were started with `nohup`, which the supervisor would respect."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


Up = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def up(home: Path, environment: None) -> Iterator[Up]:
    """Start a supervisor in the foreground of its own process."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        started.append(
            subprocess.Popen(_command(home, "up"), stdout=subprocess.PIPE, text=True, preexec_fn=_heeds_hangups)
        )
        return started[-1]

    yield start
    for supervisor in started:
        supervisor.kill()
        supervisor.communicate()


def test_what_dies_comes_back(home: Path, up: Up) -> None:
    up()
    state = _ready(home)
    assert [process.name for process in state.processes] == ["kafka", "postgres", "station", "gateway"]
    assert (home / "topics").read_text() == os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    gateway = _named(home, "gateway")
    assert gateway.url == f"ws://127.0.0.1:{state.environment['VOLT_GATEWAY_PORT']}/{{station}}"
    assert all(httpx.get(url, trust_env=False).status_code == 200 for url in gateway.health)
    assert len(gateway.pids) == len(gateway.health) == 2

    os.kill(gateway.pids[1], signal.SIGKILL)
    until(lambda: _named(home, "gateway").restarts == 1 and _is_ready(home), READY_S)
    os.kill(_named(home, "postgres").pids[0], signal.SIGKILL)
    until(lambda: _named(home, "postgres").restarts == 1 and _is_ready(home), READY_S)

    after = _named(home, "gateway")
    assert after.health == gateway.health
    assert after.pids[0] == gateway.pids[0]
    assert after.pids[1] != gateway.pids[1]
    assert _named(home, "postgres").url == next(part.url for part in state.processes if part.name == "postgres")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_asked_end_leaves_nothing_behind(number: signal.Signals, home: Path, up: Up) -> None:
    supervisor = up()
    _ready(home)
    assert len(_left_behind(home)) > 4

    supervisor.send_signal(number)

    said, _ = supervisor.communicate(timeout=READY_S)
    assert supervisor.returncode == 0
    assert "gateway: ws://127.0.0.1:" in said
    assert _left_behind(home) == []
    found = status(home)
    assert isinstance(found, NotRunning)
    assert found.last is not None
    assert found.last.phase is Phase.STOPPED
    assert list(Home(home).run.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_a_killed_supervisor_leaves_nothing_behind_and_the_next_goes_on(home: Path, up: Up) -> None:
    supervisor = up()
    first = _ready(home)

    supervisor.kill()
    supervisor.wait()

    until(lambda: _left_behind(home) == [])
    up()
    second = _ready(home)
    assert second.supervisor != first.supervisor
    assert second.environment == first.environment, "the same ports, password and token secret"


def test_a_supervisor_stopped_while_starting_leaves_nothing_behind(home: Path, up: Up) -> None:
    supervisor = up()
    until(lambda: bool(_left_behind(home)) and read_state(Home(home)) is not None, READY_S)

    supervisor.send_signal(signal.SIGTERM)

    supervisor.communicate(timeout=READY_S)
    assert supervisor.returncode == 0
    until(lambda: _left_behind(home) == [])  # what was being prepared is killed by the kernel when its starter is gone


def test_a_second_supervisor_is_refused(home: Path, up: Up) -> None:
    up()
    _ready(home)

    second = subprocess.run(_command(home, "up"), capture_output=True, text=True, check=False)

    assert second.returncode == 3
    assert second.stdout.startswith(f"Voltlog runs already in {home}")
    assert second.stderr == ""
    assert _is_ready(home)


def test_a_detached_stack_is_ready_when_the_command_returns(home: Path, environment: None) -> None:
    detached = subprocess.run(_command(home, "detach"), capture_output=True, text=True, check=False, timeout=READY_S)

    assert detached.returncode == 0, detached.stdout + detached.stderr
    assert "gateway: ws://127.0.0.1:" in detached.stdout
    found = status(home)
    assert isinstance(found, Running)
    assert found.state.ready

    stopped = subprocess.run(_command(home, "down"), capture_output=True, text=True, check=False)
    assert (stopped.returncode, stopped.stdout) == (0, "stopped\n")
    assert _left_behind(home) == []
    again = subprocess.run(_command(home, "down"), capture_output=True, text=True, check=False)
    assert again.stdout == "nothing ran\n"


def test_a_detached_stack_that_cannot_start_says_why(home: Path, environment: None) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        refused = subprocess.run(_command(home, "detach", port), capture_output=True, text=True, check=False)

    assert refused.returncode == 4
    assert refused.stdout == (
        f"Port {port} for the gateway is taken by another program; stop it or set VOLT_GATEWAY_PORT to a free port "
        f"(see {home / 'log' / 'supervisor.log'}).\n"
    )
    assert refused.stderr == ""
    assert _left_behind(home) == []


def test_a_service_that_cannot_start_ends_everything_with_its_last_words(
    home: Path, environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUMMY_REFUSAL", "VOLT_SPEED=banana is not a number")

    refused = subprocess.run(_command(home, "up"), capture_output=True, text=True, check=False, timeout=READY_S)

    assert refused.returncode == 8
    said = f"station ended with exit code 1: VOLT_SPEED=banana is not a number (see {home / 'log' / 'station.log'})."
    assert refused.stdout.splitlines() == [said]
    assert refused.stderr == ""
    assert _left_behind(home) == []


def test_two_copies_on_one_machine_do_not_collide(home: Path, up: Up, tmp_path: Path) -> None:
    up()
    first = _ready(home)

    second_home = tmp_path / "second"
    second = subprocess.run(
        _command(second_home, "detach"), capture_output=True, text=True, check=False, timeout=READY_S
    )

    assert second.returncode == 0, second.stdout
    port = first.environment["VOLT_GATEWAY_PORT"]
    assert f"Port {port} belongs to another Voltlog (in {home})" in second.stdout
    other = _ready(second_home)
    assert other.environment["VOLT_GATEWAY_PORT"] != port
    assert other.environment["DATABASE_URL"] != first.environment["DATABASE_URL"]
    assert down(second_home)
    assert _left_behind(second_home) == []
    forget(second_home)
    assert _is_ready(home)


@pytest.mark.kafka
def test_the_stack_with_its_own_kafka(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    detached = subprocess.run(_command(home, "detach"), capture_output=True, text=True, check=False, timeout=300)
    assert detached.returncode == 0, detached.stdout + detached.stderr
    kafka = _named(home, "kafka")
    assert len(kafka.pids) == 1

    os.kill(kafka.pids[0], signal.SIGKILL)

    until(lambda: _named(home, "kafka").restarts == 1 and _is_ready(home), READY_S)
    assert _named(home, "kafka").url == kafka.url
    assert down(home)
    assert _left_behind(home) == []


def _command(home: Path, action: str, port: int | None = None) -> list[str]:
    return [sys.executable, str(SCRIPT), str(home), action, str(port or _gateway_port())]


@cache
def _gateway_port() -> int:
    """The same for every stack here, so that two of them want the same."""
    return next(number for number in range(LAST_PORT - 200, FIRST_PORT, -1) if is_free(number))


def _ready(home: Path) -> StackState:
    until(lambda: _is_ready(home), READY_S)
    found = status(home)
    assert isinstance(found, Running)
    return found.state


def _is_ready(home: Path) -> bool:
    found = status(home)
    return isinstance(found, Running) and found.state.ready


def _named(home: Path, name: str) -> ProcessState:
    state = read_state(Home(home))
    assert state is not None
    return next(process for process in state.processes if process.name == name)


def _left_behind(home: Path) -> list[psutil.Process]:
    """Every living process whose command line names this home or its database, supervisors excepted."""
    location = home / "postgres" / "location"
    cluster = Path(location.read_text()) / "cluster" if location.exists() else home / "postgres" / "cluster"
    marks = (str(home), str(cluster), cluster_name(cluster))
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            words = process.cmdline()
            if str(SCRIPT) not in words and any(mark in word for mark in marks for word in words):
                found.append(process)
    return found
