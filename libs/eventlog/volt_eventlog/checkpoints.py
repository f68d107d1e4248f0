"""Checkpoints of a task: the snapshots of its changed keys, every few seconds, in transactions of their own."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from volt_contracts.envelope import Header
from volt_eventlog.fold import CHECKPOINT, NOTHING, SnapshotCodec
from volt_eventlog.keys import Keys
from volt_eventlog.sizes import STATE_WARN_BYTES, TooLarge, check_size
from volt_eventlog.transaction import Outbox, Raw
from volt_runtime.log import Logger

CHECKPOINT_S = 5.0
"""A changed key has its snapshot at the latest after so long, so that a restore has few events to fold."""
CHECKPOINT_RECORDS = 5_000
"""Or as soon as a restore would have to read more offsets of the events than this."""
PART_KEYS = 500
PART_BYTES = 2 * 1024 * 1024
"""What one transaction carries; a task decides on nothing meanwhile."""


@dataclass
class Part:
    """What one transaction of a checkpoint writes, and the sizes of the snapshots by key."""

    records: list[Raw] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    too_large: set[str] = field(default_factory=set)
    """Keys whose snapshot no record can hold; the restore goes on to fold their events."""
    last: bool = False
    """Afterwards no key waits."""

    def add_to(self, outbox: Outbox, topic: str, partition: int) -> None:
        """Put its records into a transaction."""
        for key, value, headers in self.records:
            outbox.add(topic, partition, key, value, headers)

    def large(self) -> list[tuple[str, int]]:
        """Keys whose snapshot is larger than a state should be, with its bytes."""
        return [(key, size) for key, size in self.sizes.items() if size > STATE_WARN_BYTES]

    def report(self, log: Logger) -> None:
        """Name the keys whose states are too large."""
        for key in sorted(self.too_large):
            log.error(f"the state of {key} is too large for a snapshot; every restore folds its events", key=key)
        for key, size in self.large():
            log.warning(f"the state of {key} is {size} bytes", key=key, bytes=size)


class Checkpoints:
    """The keys of a task with events that no snapshot holds yet; those that have waited longest come first.

    Snapshots are of the committed states, hence of all events below `until`. Every part ends with a checkpoint: it
    names the first event that may be in no snapshot, so that a kill between two parts costs nothing but time.
    """

    def __init__(
        self, codec: SnapshotCodec, keys: Keys, until: int, every_s: float, waiting: Mapping[str, int], now: float
    ) -> None:
        self._codec = codec
        self._keys = keys
        self._every_s = every_s
        self.until = until
        self._waiting = {key: (offset, now) for key, offset in waiting.items()}
        """Key → an offset not behind the first event that its snapshot lacks, and when it began to wait (monotonic)."""
        self._too_large: dict[str, int] = {}

    @property
    def waiting(self) -> int:
        """How many keys wait."""
        return len(self._waiting)

    def passed(self, changed: Iterable[str], until: int, now: float) -> None:
        """A transaction is through that changed these keys; its last event stands before the offset `until`."""
        for key in changed:
            self._waiting.setdefault(key, (self.until, now))
        self.until = until

    def rest_s(self, now: float) -> float:
        """How long until the next part is due: 0 when it is, for ever when no key waits."""
        for offset, since in self._waiting.values():
            late = self.until - offset > CHECKPOINT_RECORDS
            return 0.0 if late else max(0.0, since + self._every_s - now)
        return math.inf

    def part(self) -> Part:
        """The snapshots that a transaction can carry, of the keys that have waited longest, and their checkpoint."""
        part, headers, total = Part(), self._codec.headers(self.until), 0
        for key in islice(self._waiting, PART_KEYS):
            value = self._codec.encode(self._keys.states.get(key, NOTHING))
            part.sizes[key] = len(value or b"")
            if _fits(key, value, headers):
                part.records.append((key.encode(), value, headers))
                total += part.sizes[key]
            else:
                part.too_large.add(key)
            if total > PART_BYTES:
                break
        part.last = len(part.sizes) == len(self._waiting)
        part.records.append((CHECKPOINT.encode(), b"{}", self._codec.headers(self._start_after(part))))
        return part

    def _start_after(self, part: Part) -> int:
        """Offsets of waiting keys only rise, so that the first key which is left has the lowest."""
        left = next(islice(self._waiting.values(), len(part.sizes), None), (self.until, 0.0))
        lacking = [offset for key, offset in self._too_large.items() if key not in part.sizes]
        refused = [min(self._waiting[key][0], self._too_large.get(key, self.until)) for key in part.too_large]
        return min(left[0], *lacking, *refused, self.until)

    def saved(self, part: Part) -> None:
        """The transaction of this part is through."""
        for key, size in part.sizes.items():
            offset, _ = self._waiting.pop(key)
            if key in part.too_large:
                self._too_large[key] = min(offset, self._too_large.get(key, offset))
            else:
                self._too_large.pop(key, None)
            if key in self._keys.states:
                self._keys.sizes[key] = size


def _fits(key: str, value: bytes | None, headers: list[Header]) -> bool:
    try:
        check_size("a state topic", key.encode(), value, headers)
    except TooLarge:
        return False
    return True
