"""A whole stack of one test's own: the real command, its own home and ports, and the fleet as another process."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from volt_cli.stack import as_document
from volt_devstack.control import Running, status
from volt_testkit.stack import free_port

UP_S = 180


@dataclass
class Stack:
    """A running stack: its status is asked anew each time, because processes are killed in tests."""

    home: Path
    environment: dict[str, str]
    log: list[str] = field(default_factory=list)

    def command(self, *words: str, check: bool = True) -> str:
        """Run a `voltlog` command against this stack and return what it prints."""
        done = subprocess.run(
            [str(_voltlog()), *words], env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        if check and done.returncode:
            raise AssertionError(f"voltlog {' '.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    def status(self) -> dict[str, Any]:
        """What `voltlog status --json` says, without starting a process for it: tests ask ten times a second.

        Raises:
            AssertionError: no stack runs.
        """
        found = status(self.home)
        if not isinstance(found, Running):
            raise AssertionError(f"no stack runs in {self.home}")
        return as_document(found.state)

    def pids(self, name: str) -> list[int]:
        """The process ids of a service, `kafka` or `postgres`."""
        status = self.status()
        entry = status.get(name) or status["services"][name]
        return list(entry["pids"])

    def kill(self, name: str) -> int:
        """`kill -9` of one process of `name`; returns its pid."""
        pid = self.pids(name)[0]
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_ready(self, deadline_s: float = 60.0) -> float:
        """Wait until everything is ready again; returns the seconds it took."""
        began = time.monotonic()
        self.until(lambda: bool(self.status()["ready"]), deadline_s, "the stack is not ready")
        return time.monotonic() - began

    def until(self, holds: Callable[[], bool], deadline_s: float, why: str, every_s: float = 0.1) -> None:
        """Ask until it holds, with a pause between two looks.

        Raises:
            AssertionError: it did not within `deadline_s`.
        """
        end = time.monotonic() + deadline_s
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"{why} after {deadline_s:g} s")
            time.sleep(every_s)

    @property
    def bootstrap(self) -> str:
        """Where its Kafka is."""
        return str(self.status()["kafka"]["bootstrap"])

    @property
    def secret(self) -> str:
        """The secret below its token_refs."""
        return str(json.loads((self.home / "secrets.json").read_text())["token_secret"])


@contextmanager
def running_stack(home: Path, **environment: str) -> Iterator[Stack]:
    """Start a stack without a fleet in `home` on free ports, and leave nothing of it behind."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VOLT_")}
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
        inherited.pop(name, None)
    ports = {"VOLT_GATEWAY_PORT": str(free_port()), "VOLT_CONSOLE_PORT": str(free_port())}
    stack = Stack(home, {**inherited, **ports, "VOLT_HOME": str(home), **environment})
    stack.command("up", "--detach", "--no-fleet")
    try:
        assert json.loads(stack.command("status", "--json"))["ready"]
        yield stack
    finally:
        stack.command("down", check=False)


@dataclass
class Fleet:
    """The simulator as a process of its own; it shares no code with what it is held against."""

    process: subprocess.Popen[bytes]
    control: str
    ledger: Path

    def state(self) -> dict[str, Any]:
        """What the fleet says of itself."""
        found: dict[str, Any] = httpx.get(f"{self.control}/state", timeout=5, trust_env=False).json()
        return found

    def answers(self) -> bool:
        """Whether its control port is open."""
        try:
            self.state()
        except httpx.TransportError:
            return False
        return True

    def finish(self, deadline_s: float) -> None:
        """End all visits, wait until every message is acknowledged, and let the process end.

        Raises:
            AssertionError: it could not within the deadline.
        """
        httpx.post(f"{self.control}/drain", timeout=5, trust_env=False)
        code = self.process.wait(deadline_s)
        assert code == 0, f"the fleet could not get rid of all its messages (exit {code})"


@contextmanager
def running_fleet(stack: Stack, *flags: str) -> Iterator[Fleet]:
    """Start a fleet against the stack's gateway."""
    port = free_port()
    ledger = stack.home / f"ledger-{port}.ndjson"
    gateway = stack.status()["gateway"]["url"].replace("/{station}", "")
    words = [sys.executable, "-m", "volt_simulator", "--gateway", gateway, "--ledger", str(ledger)]
    words += ["--control-port", str(port), *flags]
    with (stack.home / "fleet.log").open("ab") as log:
        process = subprocess.Popen(words, env=stack.environment, stdout=log, stderr=log)
    fleet = Fleet(process, f"http://127.0.0.1:{port}", ledger)
    try:
        stack.until(fleet.answers, 30, "the fleet's control port does not answer")
        yield fleet
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)


def _voltlog() -> Path:
    return Path(sys.executable).parent / "voltlog"
