"""What other processes do with a running stack: ask for its state, stop it, forget it."""

import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from volt_devstack.errors import ExitCode, StackError, disk_errors
from volt_devstack.home import Home
from volt_devstack.identity import is_alive, stop_process, wait_gone
from volt_devstack.postgres_place import sweep_places
from volt_devstack.process import stop_orphan
from volt_devstack.state import StackState, read_state


@dataclass(frozen=True)
class Running:
    """The stack's supervisor lives; `state` is at most a moment old."""

    state: StackState


@dataclass(frozen=True)
class NotRunning:
    """No supervisor lives in this home; `last` is what the last one left, None before the first `up`."""

    last: StackState | None


def status(home: Path) -> Running | NotRunning:
    """Look what runs in a home; never raises for a home that is not there."""
    state = read_state(Home(home.absolute()))
    if state is not None and is_alive(state.supervisor):
        return Running(state)
    return NotRunning(state)


def down(home: Path, deadline_s: float = 60.0) -> bool:
    """Stop the supervisor of a home and wait until all is stopped; False when none ran.

    One that is not done after `deadline_s` seconds is killed, which ends its children too. Processes that a killed
    supervisor left behind are stopped in any case. Raises StackError when the supervisor cannot be ended.
    """
    found = status(home)
    if isinstance(found, Running):
        supervisor = found.state.supervisor
        stop_process(supervisor, signal.SIGTERM, deadline_s)
        if not wait_gone(supervisor, 5.0):
            raise StackError(f"The supervisor (process {supervisor.pid}) cannot be ended.", ExitCode.FAILED)
    if home.exists():
        _stop_left_behind(Home(home.absolute()))
    return isinstance(found, Running)


def forget(home: Path) -> None:
    """Stop the stack of a home and delete all its data. Raises StackError when something cannot be deleted."""
    down(home)
    if home.exists():
        with disk_errors(home):
            shutil.rmtree(home)
    sweep_places()


def _stop_left_behind(home: Home) -> None:
    """Only while nobody owns the home: a supervisor that has just started would lose its children."""
    try:
        with home.owned():
            for pid_file in (*home.run.glob("*.pid"), home.folder / "kafka" / "kafka.pid"):
                stop_orphan(pid_file)
            stop_orphan(home.folder / "postgres" / "postgres.pid", signal.SIGINT)
    except StackError as error:
        if error.exit_code is not ExitCode.ALREADY_RUNNING:
            raise
