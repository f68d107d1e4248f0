"""The state of a task's keys: from snapshots of this fold and the events since, otherwise from the events alone."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from aiokafka.structs import TopicPartition

from volt_eventlog.decider import Decider
from volt_eventlog.fold import NOTHING, Kept, SnapshotCodec, folded
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import Range, bounds_of, read
from volt_eventlog.records import Unusable, body_of
from volt_eventlog.stored import StoredStates
from volt_runtime.run import StartError

TAIL_KEPT_S = 12 * 3600
"""A checkpoint with events behind it is trusted for so long: the broker forgets the tombstones of state topics after 24
hours (`delete.retention.ms`), and one that is younger than its checkpoint would be missed."""


class BrokenEvents(StartError):
    """An event of the decider's own topic cannot be read: its state cannot be known, and guessing it is no option."""


@dataclass
class Restored:
    """States by key, of all events below `until`. `rebuilt` when they are folded from the events alone."""

    until: int
    states: dict[str, Kept] = field(default_factory=dict)
    rebuilt: bool = False
    waiting: dict[str, int] = field(default_factory=dict)
    """Keys with events that no snapshot holds → an offset not behind the first of them."""
    sizes: dict[str, int] = field(default_factory=dict)
    """At most so many bytes is each key's snapshot, where there is one."""
    records: int = 0
    """How many snapshots were read."""
    seconds: float = 0.0


async def restore(kafka: Kafka, decider: Decider, codec: SnapshotCodec, partition: int) -> Restored:
    """The states of one task. Read only after its transactional id was fenced: an open transaction would be missed.

    Raises:
        BrokenEvents: an event cannot be decoded.
    """
    began = time.monotonic()
    stored = (await stored_states(kafka, decider, codec, partition)).get(partition) or StoredStates(decider, codec)
    place = TopicPartition(kafka.name(decider.events), partition)
    first, end = await bounds_of(kafka, place)
    restored = await _from_snapshots(kafka, decider, stored, place, end) if stored.whole(end) else None
    if restored is None:
        restored = await _from_events(kafka, decider, stored, place, (first, end))
    restored.seconds = time.monotonic() - began
    return restored


async def stored_states(
    kafka: Kafka, decider: Decider, codec: SnapshotCodec, partition: int | None = None
) -> dict[int, StoredStates]:
    """What the state topic holds, by partition: of one, or of all that hold something. The events come behind it."""
    found: dict[int, StoredStates] = {}
    async for place, records in read(kafka, [kafka.name(decider.state)], only=_in(partition)):
        stored = found.setdefault(place.partition, StoredStates(decider, codec))
        for record in records:
            stored.take(record)
    for stored in found.values():
        stored.open()
    return found


async def _from_snapshots(
    kafka: Kafka, decider: Decider, stored: StoredStates, place: TopicPartition, end: int
) -> Restored | None:
    """Fold the events behind the checkpoint onto the snapshots; None when tombstones may be missing from these."""
    async with aclosing(_events(kafka, decider, Range({place: (stored.start, end)}))) as events:
        async for offset, key, body, size in events:
            stored.fold(offset, key, body, size)
    if stored.tail and time.time() - stored.checkpoint_ms / 1000 > TAIL_KEPT_S:
        return None
    waiting = dict.fromkeys(sorted(stored.tail), stored.start)
    return Restored(end, stored.states, waiting=waiting, sizes=stored.sizes, records=stored.records)


async def _from_events(
    kafka: Kafka, decider: Decider, stored: StoredStates, place: TopicPartition, span: tuple[int, int]
) -> Restored:
    """Fold all events. Keys that have a snapshot but are not in the fold any more wait for tombstones, or they would be
    stale for ever."""
    states, count = await _folded(kafka, decider, Range({place: span}))
    gone = stored.known - set(states)
    waiting = dict.fromkeys([*states, *sorted(gone)], 0)
    return Restored(span[1], states, rebuilt=bool(count or stored.records), waiting=waiting, records=stored.records)


async def fold_events(kafka: Kafka, decider: Decider, partition: int | None = None) -> dict[str, Kept]:
    """Every key's state, folded from the decider's events and nothing else.

    Raises:
        BrokenEvents: an event cannot be decoded.
    """
    states, _ = await _folded(kafka, decider, None, partition)
    return states


async def _folded(
    kafka: Kafka, decider: Decider, within: Range | None, partition: int | None = None
) -> tuple[dict[str, Kept], int]:
    """The states, and of how many events."""
    states: dict[str, Kept] = {}
    count = 0
    async with aclosing(read(kafka, [kafka.name(decider.events)], only=_in(partition), within=within)) as events:
        async for _, records in events:
            count += len(records)
            _fold_into(states, decider, records)
    return {key: kept for key, kept in states.items() if kept != NOTHING}, count


async def _events(kafka: Kafka, decider: Decider, within: Range) -> AsyncGenerator[tuple[int, str, Any, int], None]:
    """Offset, key, body and bytes of each event."""
    async with aclosing(read(kafka, [kafka.name(decider.events)], within=within)) as events:
        async for _, records in events:
            for record in records:
                key, body = _event(decider, record)
                yield record.offset, key, body, len(record.value or b"")


def _in(partition: int | None) -> Callable[[TopicPartition], bool] | None:
    return None if partition is None else lambda place: place.partition == partition


def _fold_into(states: dict[str, Kept], decider: Decider, records: Sequence[Any]) -> None:
    """The inside of every replay: a call less for each event is a hundredth of it."""
    topic, record = decider.events, None
    try:
        for record in records:
            key, body = body_of(topic, record)
            states[key] = folded(decider, states.get(key, NOTHING), body)
    except Unusable as wrong:
        raise _broken(record, wrong) from wrong


def _event(decider: Decider, record: Any) -> tuple[str, Any]:
    try:
        return body_of(decider.events, record)
    except Unusable as wrong:
        raise _broken(record, wrong) from wrong


def _broken(record: Any, wrong: Unusable) -> BrokenEvents:
    return BrokenEvents(f"{record.topic}-{record.partition}@{record.offset} cannot be folded: {wrong}")
