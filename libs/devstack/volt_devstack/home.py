"""The folder that holds everything of one local stack, and the lock by which one supervisor at a time owns it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from volt_devstack.errors import ExitCode, StackError, disk_errors


@dataclass(frozen=True)
class Home:
    """The places inside one home, conventionally `.voltlog` beside the project."""

    folder: Path

    @property
    def log(self) -> Path:
        """Logs of the supervisor and of each service."""
        return self.folder / "log"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor did and why."""
        return self.log / "supervisor.log"

    @property
    def run(self) -> Path:
        """Pid files of the services' processes."""
        return self.folder / "run"

    @property
    def state(self) -> Path:
        """What runs now; written by the supervisor only."""
        return self.folder / "state.json"

    @property
    def ports(self) -> Path:
        """The ports of the last run, to be taken again."""
        return self.folder / "ports.json"

    @property
    def secrets(self) -> Path:
        """Generated secrets, readable by this user only."""
        return self.folder / "secrets.json"

    @property
    def lock(self) -> Path:
        """Locked as long as a supervisor lives."""
        return self.folder / "supervisor.lock"

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Own the home while the block runs. Raises StackError ALREADY_RUNNING, DISK_FULL or BAD_CONFIGURATION."""
        with disk_errors(self.folder):
            for folder in (self.folder, self.log, self.run):
                folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(
                f"Voltlog runs already in {self.folder}; see `voltlog status`, stop it with `voltlog down`.",
                ExitCode.ALREADY_RUNNING,
            ) from None
        else:
            yield
        finally:
            os.close(lock)
