"""Folding the log again: a key's state at a moment, and the proof that live states are what the log says.

Reads only. Nothing here can load a reactor or write a record.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka.structs import TopicPartition

from volt_contracts.envelope import CAUSATION, DEADLINE, ID, header
from volt_contracts.topics import Topic
from volt_eventlog.decider import Decider
from volt_eventlog.fold import NOTHING, Kept, SnapshotCodec, folded, state_hash
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Position
from volt_eventlog.partition import partition_of
from volt_eventlog.reading import Range, opened, partitions, read, size_up, stable_bounds
from volt_eventlog.records import body_of, message_of, moment
from volt_eventlog.restore import stored_states
from volt_eventlog.stored import StoredStates

Progress = Callable[[int], None]
LOOKS = 5


@dataclass(frozen=True)
class StateAt:
    """A key's state after the last of its events up to a moment."""

    kept: Kept
    events: int
    last: Position | None
    last_at: datetime | None


@dataclass
class Verdict:
    """What the proof of one decider found; `ok` when live states equal the fold and nothing is double or missing."""

    decider: str
    keys: int = 0
    events: int = 0
    live_hash: str = ""
    folded_hash: str = ""
    different: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    causeless: list[str] = field(default_factory=list)
    causes_expired: int = 0
    stale: list[str] = field(default_factory=list)
    """Keys whose snapshot another fold has written: the decider has to be started with this code first."""

    @property
    def ok(self) -> bool:
        """Whether the log and the live states agree."""
        return not (self.different or self.duplicates or self.causeless or self.stale)


async def key_range(kafka: Kafka, topic: Topic, key: str, as_of: datetime | None) -> Range:
    """Where the events of one key lie."""
    wanted = await size_up(kafka, [kafka.name(topic)], end=as_of)
    number = partition_of(key, len(wanted.all_places))
    return wanted.only(lambda place: place.partition == number)


async def state_at(
    kafka: Kafka, decider: Decider, key: str, within: Range, progress: Progress | None = None
) -> StateAt:
    """Fold the events of one key within a range."""
    kept, count, last, last_at = NOTHING, 0, None, None
    raw_key = key.encode()
    async with aclosing(read(kafka, [], within=within, progress=progress)) as events:
        async for place, records in events:
            for record in (record for record in records if record.key == raw_key):
                message = message_of(decider.events, record)
                kept = folded(decider, kept, message.body)
                count, last_at = count + 1, message.at
                last = Position(decider.events.name, place.partition, record.offset)
    return StateAt(kept, count, last, last_at)


async def verify(kafka: Kafka, decider: Decider, progress: Progress | None = None) -> Verdict:
    """Compare the states that a task would restore with the fold of all events; look for doubles and for lost causes.

    A snapshot is written after the events in it, so the events are read to an end that is looked for after the
    snapshots were. A broker that tidies the state topic meanwhile may take a snapshot away before it is read, because a
    newer one is there: a key counts as different only when it is at every look.
    """
    verdict = await _look(kafka, decider, progress)
    for _ in range(LOOKS - 1):
        if not verdict.different:
            break
        again = await _look(kafka, decider, None)
        again.different = sorted(set(again.different) & set(verdict.different))
        verdict = again
    return verdict


async def _look(kafka: Kafka, decider: Decider, progress: Progress | None) -> Verdict:
    snapshots = SnapshotCodec(decider)
    verdict = Verdict(decider.lane)
    stored = await stored_states(kafka, decider, snapshots)
    states, verdict.duplicates, causes = await _fold(kafka, decider, stored, verdict, progress)
    live = {key: kept for one in stored.values() for key, kept in one.states.items()}
    verdict.stale = sorted(key for one in stored.values() for key in one.stale)
    verdict.keys = len(states)
    verdict.live_hash, verdict.folded_hash = state_hash(snapshots, live), state_hash(snapshots, states)
    if verdict.live_hash != verdict.folded_hash:
        verdict.different = sorted(
            key
            for key in {*live, *states}
            if snapshots.encode(live.get(key, NOTHING)) != snapshots.encode(states.get(key, NOTHING))
        )
    await _find_causes(kafka, decider, causes, verdict)
    return verdict


async def _fold(
    kafka: Kafka,
    decider: Decider,
    stored: dict[int, StoredStates],
    verdict: Verdict,
    progress: Progress | None,
) -> tuple[dict[str, Kept], list[str], dict[bytes, str]]:
    """All states from their events; and those that are stored, brought up to the same end."""
    states: dict[str, Kept] = {}
    seen: set[bytes] = set()
    doubles: list[str] = []
    causes: dict[bytes, str] = {}
    snapshots = SnapshotCodec(decider)
    async for place, records in read(kafka, [kafka.name(decider.events)], progress=progress):
        tail = stored.setdefault(place.partition, StoredStates(decider, snapshots))
        for record in records:
            verdict.events += 1
            where = f"{decider.events.name}-{place.partition}@{record.offset}"
            event_id = header(record.headers, ID) or b""
            if event_id in seen:
                doubles.append(where)
            seen.add(event_id)
            cause = header(record.headers, CAUSATION)
            if cause is not None and header(record.headers, DEADLINE) is None:
                causes.setdefault(cause, where)
            key, body = body_of(decider.events, record)
            states[key] = folded(decider, states.get(key, NOTHING), body)
            tail.fold(record.offset, key, body, len(record.value or b""))
    return {key: kept for key, kept in states.items() if kept != NOTHING}, doubles, causes


async def _find_causes(kafka: Kafka, decider: Decider, causes: dict[bytes, str], verdict: Verdict) -> None:
    """Every event has its cause in the inputs, unless inputs have expired since."""
    inputs = [kafka.name(topic) for topic in decider.inputs]
    async for _, records in read(kafka, inputs):
        for record in records:
            causes.pop(header(record.headers, ID) or b"", None)
    async with opened(kafka.consumer()) as consumer:
        places = [place for name in inputs for place in await partitions(consumer, name)]
        bounds = await stable_bounds(consumer, places)
    if any(first > 0 for first, _ in bounds.values()):
        verdict.causes_expired = len(causes)
    else:
        verdict.causeless = sorted(causes.values())


async def export(kafka: Kafka, topics: dict[str, Topic], within: Range, progress: Progress) -> AsyncIterator[Any]:
    """Yield (topic, record) of a range, as the log has them."""
    async for place, records in read(kafka, [], within=within, progress=progress):
        for record in records:
            yield topics[place.topic], record


def place_of(place: TopicPartition, offset: int) -> str:
    """A position as people write it."""
    return f"{place.topic}-{place.partition}@{offset}"


__all__ = ["StateAt", "Verdict", "export", "key_range", "moment", "state_at", "verify"]
