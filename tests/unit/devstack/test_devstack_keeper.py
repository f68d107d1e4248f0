"""Keeping a process alive: it is started again when it dies, given up when it never was ready, and stopped for good."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from unit.devstack.programs import python_program, until

from volt_devstack.backoff import HEALTHY_AFTER_S, Backoff
from volt_devstack.errors import ExitCode, StackError
from volt_devstack.keeper import Keeper
from volt_devstack.process import Child

FOREVER = "import time; time.sleep(600)"


class _Probe:
    """A real child that counts as ready when `ready` says so."""

    name = "probe"

    def __init__(self, folder: Path, code: str, ready: Callable[[], bool]) -> None:
        self._child = Child(python_program(folder, code))
        self.is_ready = ready

    @property
    def pid(self) -> int | None:
        return self._child.pid

    @property
    def log(self) -> Path:
        return self._child.program.log

    def prepare(self) -> None:
        self._child.program.pid_file.unlink(missing_ok=True)

    def start(self) -> None:
        self._child.start()

    def exit_code(self) -> int | None:
        return self._child.exit_code()

    def stop(self) -> None:
        self._child.stop()

    def kill(self) -> None:
        self._child.kill()


Keep = Callable[[str, Callable[[], bool]], Keeper]


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Keep]:
    """Begin to keep a program; it is stopped after the test."""
    keepers = []

    def begin(code: str, ready: Callable[[], bool]) -> Keeper:
        keeper = Keeper(_Probe(tmp_path, code, ready))
        keepers.append(keeper)
        keeper.begin()
        return keeper

    yield begin
    for keeper in keepers:
        keeper.request_stop()
        until(lambda keeper=keeper: keeper.wait_stopped(0.1))  # type: ignore[misc]


def test_a_killed_process_is_started_again(keep: Keep) -> None:
    keeper = keep(FOREVER, lambda: True)
    until(lambda: keeper.ready)
    first = keeper.kept.pid
    assert first is not None

    os.kill(first, signal.SIGKILL)

    until(lambda: keeper.ready and keeper.kept.pid not in (None, first))
    assert keeper.restarts == 1


def test_a_process_that_was_never_ready_is_given_up_with_its_last_words(keep: Keep) -> None:
    keeper = keep("raise SystemExit('VOLT_X is not a number')", lambda: False)

    until(lambda: keeper.failure is not None)

    assert keeper.failure is not None
    assert keeper.failure.exit_code is ExitCode.NOT_READY
    assert keeper.failure.sentence.startswith("probe ended with exit code 1: VOLT_X is not a number (see ")
    assert keeper.restarts == 2


def test_bad_configuration_is_not_tried_twice(keep: Keep) -> None:
    keeper = keep(f"raise SystemExit({int(ExitCode.BAD_CONFIGURATION)})", lambda: False)

    until(lambda: keeper.failure is not None)

    assert keeper.restarts == 0


def test_a_process_that_was_ready_once_is_never_given_up(keep: Keep, tmp_path: Path) -> None:
    stays = tmp_path / "stays"
    stays.touch()
    code = f"import pathlib, time; time.sleep(600 if pathlib.Path({str(stays)!r}).exists() else 0)"
    keeper = keep(code, lambda: True)
    until(lambda: keeper.was_ready and keeper.kept.pid is not None)

    stays.unlink()
    os.kill(keeper.kept.pid or 0, signal.SIGKILL)
    until(lambda: keeper.restarts >= 3, deadline_s=20)

    assert keeper.failure is None


def test_readiness_follows_the_process(keep: Keep) -> None:
    serving = True
    keeper = keep(FOREVER, lambda: serving)
    until(lambda: keeper.ready)

    serving = False

    until(lambda: not keeper.ready)


def test_a_stopped_process_stays_stopped(keep: Keep) -> None:
    keeper = keep(FOREVER, lambda: True)
    until(lambda: keeper.ready)

    keeper.request_stop()

    until(lambda: keeper.wait_stopped(0.1))
    assert keeper.kept.pid is None
    assert not keeper.ready
    assert keeper.failure is None


def test_a_refusal_while_preparing_is_the_failure(tmp_path: Path) -> None:
    class _Refused(_Probe):
        def prepare(self) -> None:
            raise StackError("no network", ExitCode.NO_NETWORK)

    keeper = Keeper(_Refused(tmp_path, FOREVER, lambda: False))

    keeper.begin()

    until(lambda: keeper.failure is not None)
    assert keeper.failure is not None
    assert keeper.failure.exit_code is ExitCode.NO_NETWORK
    assert keeper.wait_stopped(1.0)


def test_pauses_grow_to_a_limit_and_health_forgets_them() -> None:
    backoff = Backoff()
    pauses = []
    for _ in range(7):
        backoff = backoff.after_death(uptime_s=0.1)
        pauses.append(backoff.pause_s)

    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    assert backoff.after_death(HEALTHY_AFTER_S).pause_s == 0.5
    assert Backoff(deaths=10_000).pause_s == 15.0
    assert Backoff().pause_s == 0.0
