"""The load generator as a process of its own: started with flags, listened to line by line."""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from benchmarks.cost import Cost, Roles
from benchmarks.figure import NotMeasured

TESTS = Path(__file__).parents[1] / "tests"
CONNECT_S = 120.0
ANSWERS_S = 90.0

Flag = str | int | float
Flags = dict[str, Flag]


class Load:
    """A running load generator; `until` waits for what it says next."""

    def __init__(self, process: "subprocess.Popen[str]", errors: IO[str]) -> None:
        self._process = process
        self._errors = errors
        self._lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="load", daemon=True).start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def until(self, said: str, deadline_s: float) -> dict[str, Any]:
        """The line that says this.

        Raises:
            NotMeasured: it did not come within the deadline.
        """
        while True:
            try:
                line = self._lines.get(timeout=deadline_s)
            except queue.Empty:
                raise NotMeasured(f"the load was not {said} within {deadline_s:g} s") from None
            if line is None:
                raise NotMeasured(f"the load ended before it was {said}: {self._last_words()}")
            if line["said"] == said:
                return line

    def again(self) -> None:
        """Let its next window begin."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self, deadline_s: float) -> dict[str, Any]:
        """Ask it to end; what it says then.

        Raises:
            NotMeasured: it said nothing.
        """
        self._process.terminate()
        return self.until("ended", deadline_s)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return lines[-1] if lines else "it said nothing"


@contextmanager
def loading(url: str, program: str = "paced_load", /, **flags: Flag) -> Iterator[Load]:
    """Run a program of `tests/load` against the stations' URL; it is ended when the block is left."""
    words = [sys.executable, "-m", f"load.{program}", "--url", url]
    for name, value in flags.items():
        words += [f"--{name.replace('_', '-')}", str(value)]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            yield Load(process, errors)
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(30)


def measured(url: str, roles: Roles, **flags: Flag) -> tuple[dict[str, Any], Cost]:
    """One run of the load: what it says at its end, and the CPU of all roles and of the load between begun and ended.

    Raises:
        NotMeasured: stations could not connect, or nothing was answered.
    """
    with loading(url, **flags) as load:
        cost = Cost({**roles, "load": [load.pid]})
        begun(load, int(flags["stations"]))
        cost.begin()
        found = ended(load, float(flags["seconds"]))
        cost.end()
    return found, cost


def begun(load: Load, stations: int) -> None:
    """Wait until all stations are connected and the window has begun.

    Raises:
        NotMeasured: stations could not connect.
    """
    require_connected(load.until("connected", CONNECT_S), stations)
    load.until("begun", ANSWERS_S)


def ended(load: Load, seconds: float) -> dict[str, Any]:
    """Wait for the end of the window; what was counted in it.

    Raises:
        NotMeasured: nothing was answered.
    """
    found = load.until("ended", seconds + ANSWERS_S)
    if not found["frames"]:
        raise NotMeasured(f"nothing was acknowledged; refused: {found['refused']}")
    return found


def require_connected(said: dict[str, Any], stations: int) -> None:
    """Raise NotMeasured unless all stations are there: a figure of fewer stations is another figure."""
    if said["connected"] < stations or said["booted"] < stations:
        raise NotMeasured(f"{said['connected']} of {stations} stations connected, {said['booted']} were booted")
