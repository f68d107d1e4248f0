"""What is known of one token: its latest event and its clear value, read from its own partition of the log."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from volt_contracts import codec
from volt_contracts.drivers import TokenErased, TokenProfile, TokenRegistered
from volt_contracts.topics import DRIVERS_PROFILES, DRIVERS_TOKEN_EVENTS, Topic
from volt_eventlog.kafka import Kafka
from volt_eventlog.partition import partition_of
from volt_eventlog.reading import partitions, read
from volt_eventlog.records import type_of
from volt_runtime.run import StartError


@dataclass
class Known:
    """The last that was said of a token, and its profile unless that was erased."""

    latest: TokenRegistered | TokenErased | None = None
    profile: TokenProfile | None = None


async def look_up(kafka: Kafka, key: str) -> Known:
    """Read the key's partition of the token events and of the profiles from the beginning to their ends.

    Raises:
        KafkaError: the broker cannot be reached.
        StartError: the topics were never made.
    """
    known = Known()
    async for record in _of(kafka, DRIVERS_TOKEN_EVENTS, key):
        event = _decoded(DRIVERS_TOKEN_EVENTS, record)
        if isinstance(event, TokenRegistered | TokenErased):
            known.latest = event
    async for record in _of(kafka, DRIVERS_PROFILES, key):
        known.profile = _decoded(DRIVERS_PROFILES, record)
    return known


async def _of(kafka: Kafka, topic: Topic, key: str) -> AsyncIterator[Any]:
    """The records of one key."""
    count = await _partition_count(kafka, topic)
    if not count:
        raise StartError(f"there is no topic {kafka.name(topic)}; run `voltlog topics create` first")
    number = partition_of(key, count)
    wanted = key.encode()
    async for _, records in read(kafka, [kafka.name(topic)], only=lambda place: place.partition == number):
        for record in records:
            if record.key == wanted:
                yield record


async def _partition_count(kafka: Kafka, topic: Topic) -> int:
    consumer = kafka.consumer()
    await consumer.start()
    try:
        return len(await partitions(consumer, kafka.name(topic)))
    finally:
        await consumer.stop()


def _decoded(topic: Topic, record: Any) -> Any:
    return None if record.value is None else codec.decode(topic, type_of(record) or "", record.value)
