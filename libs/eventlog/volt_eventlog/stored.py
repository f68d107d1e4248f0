"""What a partition of a state topic holds, and the states that it and the events behind its checkpoint amount to."""

from typing import Any

from volt_eventlog.decider import Decider
from volt_eventlog.fold import CHECKPOINT, NOTHING, UNFINISHED, Kept, SnapshotCodec, folded
from volt_eventlog.sizes import GROWTH


class StoredStates:
    """Takes the partition's snapshots in their order, is opened, and then takes its events: those in its tail count.

    The checkpoint says: every key that an event below it has changed has a snapshot that holds this event. A snapshot
    may hold later ones as well, and says up to where; so both are true at every moment at which a task may be killed.
    """

    def __init__(self, decider: Decider, codec: SnapshotCodec) -> None:
        self._decider = decider
        self._codec = codec
        self._latest: dict[str, bytes] = {}
        self._until: dict[str, int] = {}
        self._checkpoint: int | None = None
        self._unfinished = False
        self.checkpoint_ms = 0
        """When the last checkpoint was appended, by the broker's clock, in milliseconds since 1970."""
        self.records = 0
        self.stale: set[str] = set()
        """Keys whose snapshot is of another fold, or of a runner that wrote no checkpoints."""
        self.states: dict[str, Kept] = {}
        self.sizes: dict[str, int] = {}
        """At most so many bytes is each key's snapshot (`GROWTH`)."""
        self.tail: set[str] = set()
        """Keys that were changed by events which no snapshot holds."""

    @property
    def start(self) -> int:
        """The offset of the first event that may be in no snapshot."""
        return self._checkpoint or 0

    @property
    def known(self) -> set[str]:
        """Keys that have a snapshot, of whatever fold."""
        return {*self._latest, *self.stale}

    def whole(self, end: int) -> bool:
        """Whether the states follow from what is here and the events from `start` to `end`, which is the log's."""
        marks = [self._checkpoint, *self._until.values()]
        return not self.stale and not self._unfinished and all(mark is not None and mark <= end for mark in marks)

    def take(self, record: Any) -> None:
        """One more record of the state topic."""
        self.records += 1
        key, until = record.key.decode(), self._codec.until(record.headers)
        if key == UNFINISHED:
            self._unfinished = record.value is not None
        elif key == CHECKPOINT:
            self._checkpoint, self.checkpoint_ms = until, record.timestamp
        else:
            self._snapshot(key, record.value, until)

    def _snapshot(self, key: str, value: bytes | None, until: int | None) -> None:
        self._latest.pop(key, None)
        self._until.pop(key, None)
        self.stale.discard(key)
        if until is not None:
            self._until[key] = until
        if value is not None and until is not None:
            self._latest[key] = value
        elif value is not None:
            self.stale.add(key)

    def open(self) -> None:
        """Everything was taken: decode the latest snapshots."""
        self.states = {key: self._codec.decode(value) for key, value in self._latest.items()}
        self.sizes = {key: len(value) for key, value in self._latest.items()}

    def fold(self, offset: int, key: str, event: Any, size: int) -> None:
        """One event of the partition, of so many bytes; passed over where a snapshot holds it."""
        if offset < self.start or offset < self._until.get(key, 0) or key in self.stale:
            return
        self.tail.add(key)
        kept = folded(self._decider, self.states.get(key, NOTHING), event)
        if kept == NOTHING:
            self.states.pop(key, None)
            self.sizes.pop(key, None)
        else:
            self.states[key] = kept
            self.sizes[key] = self.sizes.get(key, 0) + GROWTH * size
