"""The state of a task's keys: from its snapshots when they are of this fold, otherwise from its events."""

import time
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from aiokafka.structs import TopicPartition

from volt_contracts.envelope import header
from volt_contracts.topics import Topic
from volt_eventlog.decider import Decider
from volt_eventlog.fold import NOTHING, Kept, SnapshotCodec, folded
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import read
from volt_eventlog.records import Unusable, body_of
from volt_runtime.run import StartError


class BrokenEvents(StartError):
    """An event of the decider's own topic cannot be read: its state cannot be known, and guessing it is no option."""


@dataclass
class Restored:
    """States by key. `rebuilt` when they were folded from the events, so that snapshots have to be written anew."""

    states: dict[str, Kept] = field(default_factory=dict)
    rebuilt: bool = False
    gone: set[str] = field(default_factory=set)
    """Keys that have a snapshot of another fold, and nothing left in this one."""
    records: int = 0
    seconds: float = 0.0


async def restore(kafka: Kafka, decider: Decider, codec: SnapshotCodec, partition: int) -> Restored:
    """The states of one task. Read only after its transactional id was fenced: an open transaction would be missed.

    Raises:
        BrokenEvents: an event cannot be decoded.
    """
    began = time.monotonic()
    restored, known = await _from_snapshots(kafka, decider, codec, partition)
    if restored is None:
        states = await fold_events(kafka, decider, partition)
        restored = Restored(states, rebuilt=True, gone=known - set(states))
    restored.seconds = time.monotonic() - began
    return restored


async def _from_snapshots(
    kafka: Kafka, decider: Decider, codec: SnapshotCodec, partition: int
) -> tuple[Restored | None, set[str]]:
    """The latest snapshot of each key, or None when one is of another fold or there is none; and all their keys."""
    restored = Restored()
    latest: dict[str, bytes] = {}
    stale: set[str] = set()
    async for _, records in read(kafka, [kafka.name(decider.state)], only=lambda place: place.partition == partition):
        for record in records:
            restored.records += 1
            key = record.key.decode()
            latest.pop(key, None)
            stale.discard(key)
            if record.value is None:
                continue
            if header(record.headers, codec.header[0]) == codec.header[1]:
                latest[key] = record.value
            else:
                stale.add(key)
    if stale or (restored.records == 0 and await _has_records(kafka, decider.events, partition)):
        return None, {*latest, *stale}
    restored.states = {key: codec.decode(value) for key, value in latest.items()}
    return restored, set(latest)


async def _has_records(kafka: Kafka, topic: Topic, partition: int) -> bool:
    found = read(kafka, [kafka.name(topic)], only=lambda place: place.partition == partition)
    async with aclosing(found):
        async for _ in found:
            return True
    return False


async def fold_events(kafka: Kafka, decider: Decider, partition: int | None = None) -> dict[str, Kept]:
    """Every key's state, folded from the decider's events and nothing else.

    Raises:
        BrokenEvents: an event cannot be decoded.
    """

    def wanted(place: TopicPartition) -> bool:
        return partition is None or place.partition == partition

    states: dict[str, Kept] = {}
    async with aclosing(read(kafka, [kafka.name(decider.events)], only=wanted)) as events:
        async for _, records in events:
            for record in records:
                key, body = _event(decider, record)
                states[key] = folded(decider, states.get(key, NOTHING), body)
    return {key: kept for key, kept in states.items() if kept != NOTHING}


def _event(decider: Decider, record: Any) -> tuple[str, Any]:
    try:
        return body_of(decider.events, record)
    except Unusable as wrong:
        where = f"{record.topic}-{record.partition}@{record.offset}"
        raise BrokenEvents(f"{where} cannot be folded: {wrong}") from wrong
