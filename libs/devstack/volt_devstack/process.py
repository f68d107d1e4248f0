"""One child process: on a leash, in a session of its own, with a log file and a pid file that survive its starter."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from volt_devstack import leash
from volt_devstack.errors import StackError, disk_errors
from volt_devstack.files import write_atomically
from volt_devstack.identity import Identity, identify, is_alive, stop_process
from volt_devstack.logfile import open_log
from volt_devstack.spawner import on_spawner_thread


@dataclass(frozen=True)
class Account:
    """The operating system's user that a child runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """What a child runs and how it is ended; `grace_s` is the time between `stop_signal` and SIGKILL."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    pid_file: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    grace_s: float = 10.0


class Child:
    """A program's running process; it can be started again after it ended."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The pid of the running process, None when it does not run."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the process. Raises StackError when the system refuses, or its log or pid file cannot be written."""
        if self.pid is not None:
            raise RuntimeError(f"{self.program.name} runs already")
        try:
            with disk_errors(self.program.log.parent):
                self._process = on_spawner_thread(self._spawn)
                _write_pid_file(self.program.pid_file, self._process.pid)
        except StackError:
            self.kill()
            raise
        except OSError as error:
            self.kill()
            raise StackError(f"{self.program.name} cannot be started: {error.strerror}.") from error

    def exit_code(self) -> int | None:
        """The exit code (negative: the signal) of the ended process; None while it runs."""
        if self._process is None:
            raise RuntimeError(f"{self.program.name} was never started")
        return self._process.poll()

    def stop(self) -> None:
        """End the process: its stop signal, then SIGKILL after the grace time; does nothing when it does not run."""
        self._end(self.program.stop_signal, self.program.grace_s)

    def kill(self) -> None:
        """End the process by SIGKILL at once."""
        self._end(signal.SIGKILL, 10.0)

    def _end(self, sign: signal.Signals, grace_s: float) -> None:
        process = self._process
        if process is None:
            return
        process.send_signal(sign)
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # Its group keeps the number only while a straggler lives in it, and numbers are handed out in a cycle.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        self.program.pid_file.unlink(missing_ok=True)

    def _spawn(self) -> subprocess.Popen[bytes]:
        with open_log(self.program.log) as log:
            return subprocess.Popen(
                _leashed(self.program.argv, self.program.account, self.program.death_signal),
                env=dict(self.program.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def _leashed(argv: tuple[str, ...], account: Account | None, death_signal: signal.Signals) -> list[str]:
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    words = (int(death_signal), os.getpid(), uid, gid)
    return [sys.executable, "-I", "-S", leash.__file__, *map(str, words), *argv]


def run_to_end(argv: tuple[str, ...], env: Mapping[str, str], account: Account | None = None) -> tuple[int, str]:
    """Run a short program on a leash; its exit code and what it said on both outputs. Raises OSError."""
    process = on_spawner_thread(
        lambda: subprocess.Popen(
            _leashed(argv, account, signal.SIGKILL),
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    )
    said, _ = process.communicate()
    return process.returncode, said.decode(errors="replace")


def read_pid_file(path: Path) -> Identity | None:
    """The process that a pid file names; None when there is no such file or it is torn."""
    try:
        held = json.loads(path.read_text())
        return Identity(int(held["pid"]), str(held["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def stop_orphan(pid_file: Path, first: signal.Signals = signal.SIGTERM, grace_s: float = 10.0) -> bool:
    """End the process that an earlier, killed starter left behind; True when there was one."""
    orphan = read_pid_file(pid_file)
    found = orphan is not None and is_alive(orphan)
    if orphan is not None and found:
        stop_process(orphan, first, grace_s)
    pid_file.unlink(missing_ok=True)
    return found


def _write_pid_file(path: Path, pid: int) -> None:
    process = identify(pid)
    if process is not None:
        write_atomically(path, json.dumps(asdict(process)))
