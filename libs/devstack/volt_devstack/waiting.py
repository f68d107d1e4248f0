"""Waiting until something that was started serves its clients."""

import time
from pathlib import Path
from typing import Protocol

from volt_devstack.errors import ExitCode, StackError
from volt_devstack.logfile import last_line

_POLL_S = 0.05


class Started(Protocol):
    """What `wait_until_ready` has to know: Kafka, Postgres and a service's process fit."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def log(self) -> Path:
        """Where it says what is wrong."""

    def is_ready(self) -> bool:
        """Tell whether it serves."""

    def exit_code(self) -> int | None:
        """None while it runs."""


def wait_until_ready(started: Started, deadline_s: float) -> None:
    """Return when `started` serves. Raises StackError NOT_READY when it ended or `deadline_s` seconds have passed."""
    end = time.monotonic() + deadline_s
    while not started.is_ready():
        code = started.exit_code()
        if code is not None:
            raise ended_early(started, code)
        if time.monotonic() > end:
            raise StackError(
                f"{started.name} was not ready after {deadline_s:.0f} s; see {started.log}.", ExitCode.NOT_READY
            )
        time.sleep(_POLL_S)


def ended_early(started: Started, code: int) -> StackError:
    """The refusal for something that ended instead of getting ready; it quotes the last line of its log."""
    said = last_line(started.log)
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    quote = f": {said}" if said else ""
    return StackError(f"{started.name} {how}{quote} (see {started.log}).", ExitCode.NOT_READY)
