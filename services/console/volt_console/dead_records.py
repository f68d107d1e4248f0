"""Records that nobody could read: fetched from the owners' dead-letter topics when somebody looks at them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from volt_contracts.envelope import TYPE, header
from volt_contracts.ids import split_key
from volt_contracts.topics import TOPICS, Topic
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import read, size_up

DEAD = tuple(topic for topic in TOPICS if topic.kind == "dead")
LOOKED_AT = 500
"""Of each owner's dead letters, the latest: what is behind them is kept, and found by `voltlog events`."""
SHOWN = 200


class DeadRecord(BaseModel):
    """A record that could not be decoded. `value` is as much of it as was kept, undecodable bytes replaced."""

    owner: str
    position: str
    """Where it lay: topic-partition@offset."""
    kept_at: str
    """Where its copy lies: `topic:partition:offset`."""
    at: datetime
    entity: str
    type: str | None
    error: str
    value: str
    size: int


DeadRecords = Callable[[str], Awaitable[list[DeadRecord]]]
"""The tenant's latest."""


async def latest(kafka: Kafka, tenant: str) -> list[DeadRecord]:
    """The tenant's dead letters among the latest of every owner, the newest first.

    Raises:
        KafkaError: the broker cannot be reached.
    """
    names = {kafka.name(topic): topic for topic in DEAD}
    span = await size_up(kafka, list(names))
    start = {place: end - LOOKED_AT for place, (first, end) in span.places.items() if end - LOOKED_AT > first}
    found = [
        _read(names[place.topic], record, kafka.prefix)
        async for place, records in read(kafka, list(names), start=start)
        for record in records
        if split_key((record.key or b"").decode("utf-8", "replace"))[0] == tenant
    ]
    return sorted(found, key=lambda record: record.at, reverse=True)[:SHOWN]


def _read(topic: Topic, record: Any, prefix: str) -> DeadRecord:
    value = record.value or b""
    cut = _text(record, "volt_cut")
    return DeadRecord(
        owner=topic.owner,
        position=(_text(record, "volt_position") or "?").removeprefix(prefix),
        kept_at=f"{topic.name}:{record.partition}:{record.offset}",
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        entity=split_key((record.key or b"").decode("utf-8", "replace"))[1],
        type=_text(record, TYPE),
        error=_text(record, "volt_error") or "no reason was kept",
        value=value.decode("utf-8", "replace"),
        size=int(cut) if cut is not None else len(value),
    )


def _text(record: Any, name: str) -> str | None:
    found = header(record.headers, name)
    return None if found is None else found.decode("utf-8", "replace")
