"""What the stations believe to have happened, as NDJSON. A line is never changed: a later line with the same key
(kind, station, evse, visit, transaction) says more, and the last one counts."""

import asyncio
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from volt_simulator.traits import Clock

SYNC_AFTER_S = 0.2

State = Literal["running", "ended"]


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """How a running transaction goes on, so that a restarted station can tell what flowed meanwhile.

    Of `wants_wh` in all, `given_wh` had flowed at `began_at`.
    """

    wants_wh: int
    power_w: int
    pace: int
    began_at: datetime
    given_wh: int = 0


class TransactionEntry(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="transaction"):
    """One transaction as the station physically believes it. Energies in Wh, times true wall-clock UTC.

    `transaction_id` is the central system's in 1.6 (null if never learnt), the station's own in 2.x. `acknowledged`:
    every message of it has been answered. `discarded`: its start or its end never reached the central system.
    `sequence`: the seqNo that comes next (2.x), known only once its station was shut down in good order.
    """

    station: str
    evse: int
    version: str
    visit: int
    transaction: int
    transaction_id: int | str | None
    token: str | None
    authorization: Literal["online", "offline", "remote", "none"]
    meter_start_wh: int
    meter_stop_wh: int | None
    energy_wh: int
    started_at: datetime
    ended_at: datetime | None
    started_offline: bool
    ended_offline: bool
    reason: str | None
    clock: Clock
    register: Literal["lifetime", "session", "boot"]
    state: State
    acknowledged: bool
    discarded: bool
    refused: bool
    charge: Charge | None = None
    sequence: int | None = None

    @property
    def key(self) -> tuple[str, str, int, int, int]:
        """What identifies the transaction in this file."""
        return ("transaction", self.station, self.evse, self.visit, self.transaction)


class VisitEntry(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="visit"):
    """One visit from plug to unplug. `plug_reported` and `unplug_reported`: a status that shows it was acknowledged."""

    station: str
    evse: int
    version: str
    visit: int
    token: str | None
    transactions: int
    energy_wh: int
    authorized_at: datetime | None
    plugged_at: datetime
    unplugged_at: datetime | None
    plug_reported: bool
    unplug_reported: bool
    clock: Clock
    state: State

    @property
    def key(self) -> tuple[str, str, int, int, int]:
        """What identifies the visit in this file."""
        return ("visit", self.station, self.evse, self.visit, 0)


Entry = TransactionEntry | VisitEntry
_decoder = msgspec.json.Decoder(Entry)


def lines(path: Path) -> Iterator[Entry]:
    """Every readable line of a ledger in order; the torn last line of a killed process is left out.

    Raises ValueError when any other line cannot be read.
    """
    rows = path.read_bytes().split(b"\n")
    for number, row in enumerate(rows, start=1):
        try:
            if row:
                yield _decoder.decode(row)
        except msgspec.MsgspecError as problem:
            if number < len(rows):
                raise ValueError(f"{path}, line {number} is not a ledger entry: {problem}") from problem


def fold(path: Path) -> dict[tuple[str, str, int, int, int], Entry]:
    """The last word on every transaction and visit."""
    return {entry.key: entry for entry in lines(path)}


class Ledger:
    """Appends to the file at once, so that a killed process loses nothing; forces it to disk a moment later.

    `found` holds the last words of an earlier life. Raises ValueError when the file is not a ledger.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _end_torn_line(path)
        self.found = list(fold(path).values()) if path.exists() else []
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._written = asyncio.Event()

    def write(self, entry: Entry) -> None:
        """Adds one line."""
        os.write(self._file, msgspec.json.encode(entry) + b"\n")
        self._written.set()

    async def keep_synced(self) -> None:
        """Forces new lines to disk, several at a time and beside the event loop."""
        while True:
            await self._written.wait()
            self._written.clear()
            await asyncio.to_thread(os.fsync, self._file)
            await asyncio.sleep(SYNC_AFTER_S)

    def close(self) -> None:
        """The last lines are on disk when this returns."""
        os.fsync(self._file)
        os.close(self._file)


def _end_torn_line(path: Path) -> None:
    """Cuts what a killed process left half written, so that the next line stands alone."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
