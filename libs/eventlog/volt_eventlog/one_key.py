"""Every record of one key, read from its own partition of a topic: for the few who need one key, once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from volt_contracts import codec
from volt_contracts.topics import Topic
from volt_eventlog.kafka import Kafka
from volt_eventlog.partition import partition_of
from volt_eventlog.reading import opened, partitions, read, require_topic
from volt_eventlog.records import type_of

DEADLINE_S = 10.0


async def of_key(kafka: Kafka, topic: Topic, key: str) -> AsyncGenerator[Any, None]:
    """The bodies of the key's records, in order; None is a tombstone. Reads its whole partition.

    Raises:
        KafkaError: the broker cannot be reached.
        StartError: the topic was never made.
    """
    name = kafka.name(topic)
    async with opened(kafka.consumer()) as consumer:
        places = await partitions(consumer, name)
    require_topic(places, name)
    number = partition_of(key, len(places))
    wanted = key.encode()
    async for _, records in read(kafka, [name], only=lambda place: place.partition == number):
        for record in records:
            if record.key == wanted:
                yield None if record.value is None else codec.decode(topic, type_of(record) or "", record.value)


async def latest_row(kafka: Kafka, topic: Topic, key: str, deadline_s: float = DEADLINE_S) -> Any | None:
    """The latest row of a compacted topic's key; None where there is none (any more).

    Raises:
        TimeoutError: the partition could not be read within `deadline_s`.
        KafkaError, StartError: as `of_key`.
    """
    row = None
    async with asyncio.timeout(deadline_s), aclosing(of_key(kafka, topic, key)) as bodies:
        async for body in bodies:
            row = body
    return row
