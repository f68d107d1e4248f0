"""One visit over all services: its own events, and what caused them, back to the frames on the wire."""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from volt_cli.selection import Selection
from volt_contracts.envelope import CAUSATION, DEADLINE, ID, header
from volt_contracts.topics import SESSION_EVENTS, Topic
from volt_eventlog.kafka import Kafka
from volt_eventlog.records import moment

BEFORE = timedelta(days=1)
"""How long before the first event of a visit its causes are looked for: a decider may have been behind."""

Found = tuple[Topic, Any]
Select = Callable[[Kafka, Selection], AsyncGenerator[Found, None]]
"""Reads the records of a selection."""


@dataclass(frozen=True)
class Timeline:
    """The records of a visit, and how many causes lie further back or have expired."""

    records: list[Found]
    missing: int


async def timeline_of(kafka: Kafka, selection: Selection, select: Select) -> Timeline:
    """Read a visit's events, then the same station's records around them, and keep those that caused them."""
    own = await gathered(select(kafka, replace(selection, topics=(SESSION_EVENTS,), types=())))
    if not own:
        return Timeline([], 0)
    times = [record.timestamp for _, record in own]
    around = replace(
        selection,
        topics=tuple(topic for topic in selection.topics if topic is not SESSION_EVENTS),
        key=own[0][1].key.decode(),
        session=None,
        types=(),
        start=selection.start or moment(min(times)) - BEFORE,
        end=selection.end or moment(max(times)),
    )
    others = await gathered(select(kafka, around)) if around.topics else []
    causes, missing = caused_by(own, others)
    return Timeline([one for one in own + causes if selection.takes_type(one[1])], missing)


def caused_by(effects: Iterable[Found], records: Iterable[Found]) -> tuple[list[Found], int]:
    """Those of `records` that caused the effects, directly or through others, and how many causes are not there."""
    by_id = {header(record.headers, ID): (topic, record) for topic, record in records}
    wanted = [cause for _, record in effects if (cause := _cause(record)) is not None]
    kept: dict[bytes, Found] = {}
    missing: set[bytes] = set()
    while wanted:
        cause = wanted.pop()
        if cause in kept or cause in missing:
            continue
        found = by_id.get(cause)
        if found is None:
            missing.add(cause)
            continue
        kept[cause] = found
        further = _cause(found[1])
        if further is not None:
            wanted.append(further)
    return list(kept.values()), len(missing)


def _cause(record: Any) -> bytes | None:
    """What caused an event, unless it was a deadline."""
    return None if header(record.headers, DEADLINE) is not None else header(record.headers, CAUSATION)


async def gathered(found: AsyncGenerator[Found, None]) -> list[Found]:
    """All that is read, in one list."""
    async with aclosing(found) as records:
        return [one async for one in records]
