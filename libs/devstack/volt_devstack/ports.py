"""Loopback ports that two copies of the stack on one machine never both choose: proved free by a bind and written into
a register that all copies of this user share, under its lock, before anything is started on them.
"""

import errno
import fcntl
import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from pathlib import Path

from volt_devstack.errors import ExitCode, StackError, disk_errors
from volt_devstack.files import write_atomically
from volt_devstack.identity import Identity, is_alive, myself

# Below the range from which systems hand out the ports of outgoing connections.
FIRST_PORT = 20_000
LAST_PORT = 32_000


class PortRule(Enum):
    """How much a number matters to others."""

    ANY = "any"
    """Nobody outside knows it: any free port will do."""
    FIXED = "fixed"
    """Other people's tools know it: it moves only for another copy of the stack, and that is said."""
    DEMANDED = "demanded"
    """The operator asked for this very number."""


@dataclass(frozen=True)
class PortWish:
    """A port to take: what for, which number at best, and the environment variable that sets it."""

    name: str
    preferred: int
    rule: PortRule = PortRule.ANY
    variable: str = ""


@dataclass(frozen=True)
class PortLease:
    """Ports taken for the life of `owner` or until `release`; `notes` tell people which fixed ones moved."""

    numbers: Mapping[str, int]
    notes: tuple[str, ...]
    owner: Identity

    def release(self) -> None:
        """Give the ports back."""
        with _register() as entries:
            for number in self.numbers.values():
                held = entries.get(number)
                if held is not None and held.owner == self.owner:
                    del entries[number]


@dataclass(frozen=True)
class _Entry:
    owner: Identity
    home: str


def take_ports(wishes: Iterable[PortWish], home: Path) -> PortLease:
    """Take one port per wish for the calling process, on behalf of the stack in `home`.

    Raises StackError PORT_TAKEN when a fixed or demanded port is not free.
    """
    owner = myself()
    numbers: dict[str, int] = {}
    notes: list[str] = []
    with disk_errors(Path(tempfile.gettempdir())), _register() as entries:
        for wish in wishes:
            number = _choose(wish, entries)
            if number != wish.preferred and wish.rule is PortRule.FIXED:
                notes.append(_moved(wish, number, entries[wish.preferred].home))
            numbers[wish.name] = number
            entries[number] = _Entry(owner, str(home))
    return PortLease(numbers, tuple(notes), owner)


def is_free(port: int) -> bool:
    """Tell whether nobody listens on this loopback port.

    The socket never sets SO_REUSEPORT, which would bind beside a listener that set it. On Linux SO_REUSEADDR looks past
    the closed connections of the last run and nothing else; elsewhere it could hide a listener and is left out.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform == "linux":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def _choose(wish: PortWish, entries: Mapping[int, _Entry]) -> int:
    reserved = wish.preferred in entries
    if not reserved and is_free(wish.preferred):
        return wish.preferred
    if wish.rule is PortRule.DEMANDED or (wish.rule is PortRule.FIXED and not reserved):
        raise StackError(_refusal(wish, entries), ExitCode.PORT_TAKEN)
    return _next_free(wish, entries)


def _next_free(wish: PortWish, entries: Mapping[int, _Entry]) -> int:
    beside = range(wish.preferred + 1, 65_536) if wish.rule is PortRule.FIXED else range(0)
    for candidate in chain(beside, range(FIRST_PORT, LAST_PORT)):
        if candidate not in entries and is_free(candidate):
            return candidate
    raise StackError(f"No port is free for {wish.name}.", ExitCode.PORT_TAKEN)


def _refusal(wish: PortWish, entries: Mapping[int, _Entry]) -> str:
    held = entries.get(wish.preferred)
    who = f"another Voltlog (in {held.home})" if held else "another program"
    advice = f"; stop it or set {wish.variable} to a free port" if wish.variable else ""
    return f"Port {wish.preferred} for the {wish.name} is taken by {who}{advice}."


def _moved(wish: PortWish, number: int, home: str) -> str:
    return f"Port {wish.preferred} belongs to another Voltlog (in {home}); the {wish.name} of this one uses {number}."


@contextmanager
def _register() -> Iterator[dict[int, _Entry]]:
    """The living reservations of all copies, exclusively; what the caller changes is kept."""
    register = Path(tempfile.gettempdir()) / f"voltlog-ports-{os.getuid()}.json"
    lock = os.open(register.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entries = _read(register)
        yield entries
        write_atomically(register, json.dumps([_spell(port, entry) for port, entry in entries.items()]))
    finally:
        os.close(lock)


def _read(register: Path) -> dict[int, _Entry]:
    try:
        rows = json.loads(register.read_text())
        held = {int(row["port"]): _Entry(Identity(int(row["pid"]), row["started"]), row["home"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        # First use, or somebody's torn file: binding still proves what is free.
        return {}
    return {port: entry for port, entry in held.items() if is_alive(entry.owner)}


def _spell(port: int, entry: _Entry) -> dict[str, object]:
    return {"port": port, "pid": entry.owner.pid, "started": entry.owner.started, "home": entry.home}
