"""A process named so that a recycled pid is never mistaken for it: the pid together with the moment it started."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_POLL_S = 0.02


@dataclass(frozen=True)
class Identity:
    """One process of this boot; `started` is opaque and compares equal only for the very same process."""

    pid: int
    started: str


def identify(pid: int) -> Identity | None:
    """Name the living process with this pid; None when there is none, or only a zombie."""
    started = _started_on_linux(pid) if sys.platform == "linux" else _ps(pid, "lstart=")
    return Identity(pid, started) if started else None


def myself() -> Identity:
    """Name the calling process."""
    me = identify(os.getpid())
    if me is None:
        raise RuntimeError("the calling process is not in the process table")
    return me


def is_alive(process: Identity) -> bool:
    """Tell whether this very process still runs."""
    return identify(process.pid) == process


def command_line(pid: int) -> str:
    """The program and its arguments, separated by blanks; empty when the process is gone."""
    if sys.platform != "linux":
        return _ps(pid, "command=")
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def find_processes(title: str) -> list[Identity]:
    """The living processes whose command line begins with `title`."""
    if sys.platform == "linux":
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    else:
        listed = subprocess.run(["ps", "-axo", "pid="], capture_output=True, text=True, check=False)
        pids = [int(pid) for pid in listed.stdout.split()]
    found = (identify(pid) for pid in pids if command_line(pid).startswith(title))
    return [process for process in found if process]


def stop_process(process: Identity, first: signal.Signals, grace_s: float) -> None:
    """End a process that is not our child: `first`, and SIGKILL when it still runs after `grace_s` seconds."""
    for sign, patience_s in ((first, grace_s), (signal.SIGKILL, 10.0)):
        if not is_alive(process):
            return
        try:
            os.kill(process.pid, sign)
        except ProcessLookupError:
            return
        wait_gone(process, patience_s)


def wait_gone(process: Identity, deadline_s: float) -> bool:
    """Wait until the process is gone; False when it still runs after `deadline_s` seconds."""
    end = time.monotonic() + deadline_s
    while is_alive(process):
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_S)
    return True


def _started_on_linux(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return ""
    # The name in brackets may hold blanks and brackets itself; state is field 3, the start in ticks field 22.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" and not _has_threads(pid) else f"{_boot()}/{fields[19]}"


def _has_threads(pid: int) -> bool:
    """A first thread that has ended is no end yet: a JVM's other threads may still be closing files."""
    try:
        return len(os.listdir(f"/proc/{pid}/task")) > 1
    except OSError:
        return False


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "this-boot"


def _ps(pid: int, column: str) -> str:
    found = subprocess.run(["ps", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()
