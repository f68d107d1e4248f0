"""Fetch single records by their positions: raw frames stay in Kafka, and views keep only an index of them."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka.structs import TopicPartition

from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Position
from volt_eventlog.reading import opened, stable_bounds

DEADLINE_S = 5.0


async def fetch(kafka: Kafka, positions: Sequence[Position], deadline_s: float = DEADLINE_S) -> dict[Position, Any]:
    """The records at these positions; one that has expired, or was compacted away, is not in the answer.

    Raises:
        TimeoutError: the broker did not deliver within `deadline_s`.
        KafkaError: it cannot be reached.
    """
    wanted: dict[TopicPartition, list[int]] = {}
    for position in positions:
        place = TopicPartition(kafka.name(position.topic), position.partition)
        wanted.setdefault(place, []).append(position.offset)
    found: dict[Position, Any] = {}
    if not wanted:
        return found
    consumer = kafka.consumer(fetch_max_wait_ms=50, max_partition_fetch_bytes=256 * 1024)
    async with asyncio.timeout(deadline_s), opened(consumer):
        bounds = await stable_bounds(consumer, list(wanted))
        for place, offsets in wanted.items():
            first, end = bounds[place]
            kept = sorted(offset for offset in set(offsets) if first <= offset < end)
            await _fetch_place(consumer, place, kept, found, len(kafka.prefix))
    return found


async def _fetch_place(
    consumer: Any, place: TopicPartition, offsets: list[int], found: dict[Position, Any], prefix: int
) -> None:
    consumer.assign([place])
    while offsets:
        target = offsets[0]
        consumer.seek(place, target)
        reached = target
        while offsets and reached <= offsets[0] < reached + 2000:
            for records in (await consumer.getmany(place, timeout_ms=200)).values():
                for record in records:
                    while offsets and offsets[0] < record.offset:
                        offsets.pop(0)
                    if offsets and offsets[0] == record.offset:
                        offsets.pop(0)
                        found[Position(place.topic[prefix:], place.partition, record.offset)] = record
            reached = await consumer.position(place)
            while offsets and offsets[0] < reached:
                offsets.pop(0)
