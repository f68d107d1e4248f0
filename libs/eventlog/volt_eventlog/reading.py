"""Reading a stretch of partitions from an offset to an end: restore, replay, fetch and rebuilds."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka.structs import TopicPartition

from volt_eventlog.kafka import Kafka
from volt_runtime.run import StartError

FETCHES: dict[str, Any] = {"max_partition_fetch_bytes": 256 << 10, "fetch_max_bytes": 1 << 20, "fetch_max_wait_ms": 50}
"""So much as caches hold: fetches of megabytes a partition took almost twice the CPU, most of it for fresh memory."""


@dataclass(frozen=True)
class Range:
    """Partition → (first offset, end offset: not included)."""

    places: Mapping[TopicPartition, tuple[int, int]] = field(default_factory=dict)
    all_places: frozenset[TopicPartition] = frozenset()

    @property
    def count(self) -> int:
        """How many offsets it spans; transactions' markers count as well."""
        return sum(end - first for first, end in self.places.values())

    def partition_counts(self) -> dict[str, int]:
        """Topic → how many partitions it has."""
        counts: dict[str, int] = {}
        for place in self.all_places:
            counts[place.topic] = counts.get(place.topic, 0) + 1
        return counts

    def only(self, wanted: Callable[[TopicPartition], bool]) -> "Range":
        """The part of it in those partitions."""
        return Range({place: span for place, span in self.places.items() if wanted(place)}, self.all_places)


@asynccontextmanager
async def opened(consumer: Any) -> AsyncIterator[Any]:
    """A consumer from its start to its stop, whatever happens between."""
    try:
        await consumer.start()
        await asyncio.sleep(0)  # aiokafka cannot stop a consumer whose own tasks have not had a turn yet
        yield consumer
    finally:
        await consumer.stop()


async def stable_bounds(consumer: Any, places: Sequence[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
    """First offset and read-committed end of each partition; on a read-committed consumer the end is stable."""
    if not places:
        return {}
    first, end = await asyncio.gather(consumer.beginning_offsets(list(places)), consumer.end_offsets(list(places)))
    return {place: (first[place], end[place]) for place in places}


async def bounds_of(kafka: Kafka, place: TopicPartition) -> tuple[int, int]:
    """First offset and read-committed end of one partition, as they are now."""
    async with opened(kafka.consumer()) as consumer:
        await partitions(consumer, place.topic)
        return (await stable_bounds(consumer, [place]))[place]


async def partitions(consumer: Any, topic: str) -> list[TopicPartition]:
    """The partitions of a topic, in order; none when there is no such topic."""
    await consumer._client.add_topic(topic)  # without a subscription a consumer knows of no topic
    return [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]


def require_topic(places: Sequence[TopicPartition], topic: str) -> None:
    """Refuse to follow a topic that is not there: aiokafka would wait for partitions for ever.

    Raises:
        StartError: it has no partitions.
    """
    if not places:
        raise StartError(f"there is no topic {topic}; run `voltlog topics create` first")


async def size_up(
    kafka: Kafka, topics: Sequence[str], *, start: datetime | None = None, end: datetime | None = None
) -> Range:
    """The offsets of the topics as they are now, from the first record appended at `start` to the last before `end`."""
    async with opened(kafka.consumer()) as consumer:
        return await _range(consumer, topics, start, end)


async def since(kafka: Kafka, topic: str, at: datetime) -> dict[int, int]:
    """Partition → the offset of its first record appended at that time or later; its stable end when there is none."""
    async with opened(kafka.consumer()) as consumer:
        places = await partitions(consumer, topic)
        bounds = await stable_bounds(consumer, places)
        found = await _offsets_at(consumer, places, at)
        return {place.partition: min(found.get(place, end), end) for place, (_, end) in bounds.items()}


async def _range(consumer: Any, topics: Sequence[str], start: datetime | None, end: datetime | None) -> Range:
    places = [place for topic in topics for place in await partitions(consumer, topic)]
    bounds = await stable_bounds(consumer, places)
    firsts = await _offsets_at(consumer, places, start)
    ends = await _offsets_at(consumer, places, end)
    spans = {}
    for place, (first, stable) in bounds.items():
        begin = first if start is None else firsts.get(place, stable)
        until = min(stable, ends.get(place, stable))
        if begin < until:
            spans[place] = (begin, until)
    return Range(spans, frozenset(places))


async def _offsets_at(
    consumer: Any, places: Sequence[TopicPartition], at: datetime | None
) -> dict[TopicPartition, int]:
    if at is None or not places:
        return {}
    found = await consumer.offsets_for_times({place: max(0, int(at.timestamp() * 1000)) for place in places})
    return {place: entry.offset for place, entry in found.items() if entry is not None}


async def read(
    kafka: Kafka,
    topics: Sequence[str],
    *,
    only: Callable[[TopicPartition], bool] | None = None,
    start: Mapping[TopicPartition, int] | None = None,
    within: Range | None = None,
    progress: Callable[[int], None] | None = None,
) -> AsyncGenerator[tuple[TopicPartition, list[Any]], None]:
    """Every committed record of the topics up to their ends as they are now, in batches of one partition.

    `within` is a range that was sized up before; without it, `only` chooses partitions and `start` first offsets.
    `progress` is told how many offsets were passed.
    """
    async with opened(kafka.consumer(**FETCHES)) as consumer:
        if within is None:
            within = await _range(consumer, topics, None, None)
        spans = dict((within.only(only) if only is not None else within).places)
        for place, first in (start or {}).items():
            if place in spans:
                spans[place] = (max(first, spans[place][0]), spans[place][1])
        spans = {place: span for place, span in spans.items() if span[0] < span[1]}
        async for batch in read_open(consumer, spans, progress):
            yield batch


async def read_open(
    consumer: Any, places: dict[TopicPartition, tuple[int, int]], progress: Callable[[int], None] | None
) -> AsyncGenerator[tuple[TopicPartition, list[Any]], None]:
    """The records of these spans, by a consumer that is open; `places` is empty when all of them were read."""
    consumer.assign(list(places))
    reached = {}
    for place, (begin, _) in places.items():
        consumer.seek(place, begin)
        reached[place] = begin
    while places:
        for place, records in (await consumer.getmany(timeout_ms=100)).items():
            end = places[place][1] if place in places else 0
            wanted = records if records[-1].offset < end else [record for record in records if record.offset < end]
            if wanted:
                yield place, wanted
        for place in list(places):
            position = min(await consumer.position(place), places[place][1])
            if progress is not None and position > reached[place]:
                progress(position - reached[place])
                reached[place] = position
            if position >= places[place][1]:
                consumer.pause(place)
                del places[place]
