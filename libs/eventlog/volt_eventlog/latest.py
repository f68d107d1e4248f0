"""The latest records of certain keys at a known position: what a file is checked against before it is sent.

Keeps only what is asked for: the memory is bounded by the question, not by the topic.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from volt_contracts import codec
from volt_contracts.envelope import TYPE, header
from volt_contracts.topics import Topic
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import FETCHES, opened, partitions, read_open, require_topic, stable_bounds
from volt_eventlog.records import moment

Passed = Callable[[int, int], None]
"""Told how many offsets were passed, and how many there are."""


@dataclass
class Latest:
    """What was found. `ends`: partition → offset behind the last record that was looked at."""

    topic: Topic
    ends: dict[int, int]
    records: dict[bytes, tuple[bytes, bytes, int]] = field(default_factory=dict)
    """Key → type, value, and when it was appended, in milliseconds since 1970."""

    def get(self, key: str) -> Any | None:
        """What the latest record of a key says; None when there is none, or it is a tombstone.

        Raises:
            UnknownType, Undecodable: it cannot be read.
        """
        found = self.records.get(key.encode())
        return None if found is None else codec.decode(self.topic, found[0], found[1])

    def appended(self, key: str) -> datetime | None:
        """When the latest record of a key was appended."""
        found = self.records.get(key.encode())
        return None if found is None else moment(found[2])


async def latest(
    kafka: Kafka,
    topic: Topic,
    wanted: Container[bytes],
    *,
    types: frozenset[bytes] | None = None,
    others: Callable[[bytes, bytes | None], None] | None = None,
    holding: Sequence[bytes] | None = None,
    passed: Passed | None = None,
) -> Latest:
    """Read a topic from its beginning to its stable end, and keep the latest record of each wanted key.

    `types`: only records of these types count. `others` is told key and value of every record of another key; `holding`
    as of `Kafka.consumer`.

    Raises:
        StartError: there is no such topic.
        KafkaError: the broker cannot be reached.
    """
    name = kafka.name(topic)
    async with opened(kafka.consumer(holding=holding, **FETCHES)) as consumer:
        places = await partitions(consumer, name)
        require_topic(places, name)
        bounds = await stable_bounds(consumer, places)
        found = Latest(topic, {place.partition: end for place, (_, end) in bounds.items()})
        spans = {place: span for place, span in bounds.items() if span[0] < span[1]}
        tell = _telling(passed, sum(end - first for first, end in spans.values()))
        async for _, records in read_open(consumer, spans, tell):
            _keep(found.records, records, wanted, types, others)
    return found


def _keep(
    kept: dict[bytes, tuple[bytes, bytes, int]],
    records: Sequence[Any],
    wanted: Container[bytes],
    types: frozenset[bytes] | None,
    others: Callable[[bytes, bytes | None], None] | None,
) -> None:
    for record in records:
        key = record.key
        if key in wanted:
            tag = header(record.headers, TYPE) or b""
            if record.value is None:
                kept.pop(key, None)
            elif types is None or tag in types:
                kept[key] = (tag, record.value, record.timestamp)
        elif others is not None and key is not None:
            others(key, record.value)


def _telling(passed: Passed | None, total: int) -> Callable[[int], None] | None:
    if passed is None:
        return None
    done = 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        passed(done, total)

    return tell
