"""`voltlog events tail | show | grep`: look into the log. Read-only; nothing here can write or act."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from volt_cli.causes import gathered, timeline_of
from volt_cli.environment import cluster, tenant
from volt_cli.rendering import as_json, as_sentence
from volt_cli.selection import BadSelection, Selection, moment, station_key, topics_named
from volt_cli.talk import err, fail, line, progress, run
from volt_contracts.topics import TOPICS, Topic
from volt_eventlog.kafka import Kafka
from volt_eventlog.partition import partition_of
from volt_eventlog.reading import Range, read, size_up
from volt_eventlog.tail import Tail

app = typer.Typer(help="The event log: follow it, look into it, search it.", no_args_is_help=True)

Station = Annotated[str | None, typer.Option("--station", help="A station's OCPP identity or uid.")]
Session = Annotated[str | None, typer.Option("--session", help="A session's id.")]
Types = Annotated[list[str] | None, typer.Option("--type", help="Such as session.ended; may be repeated.")]
From = Annotated[str | None, typer.Option("--from", help="ISO time, or 10m, 2h, 1d before now.")]
To = Annotated[str | None, typer.Option("--to", help="ISO time, or 10m, 2h, 1d before now.")]
Topics = Annotated[list[str] | None, typer.Option("--topic", help="Only these; all events and frames otherwise.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command()
def grep(
    station: Station = None,
    session: Session = None,
    types: Types = None,
    start: From = None,
    end: To = None,
    topics: Topics = None,
    json: Json = False,
) -> None:
    """Print the records that fit as they are read: each partition in its own order, topics and partitions mixed."""
    selection = _selection(station, session, types, start, end, topics)
    run(_grep(cluster(), selection, json=json))


@app.command()
def show(
    station: Station = None,
    session: Session = None,
    types: Types = None,
    start: From = None,
    end: To = None,
    topics: Topics = None,
    json: Json = False,
) -> None:
    """Print the records that fit as one timeline over all topics, by the time they were appended.

    Of a session that is what happened to it, the station's facts that caused that, and the frames that caused those.
    """
    if station is None and session is None:
        fail("say which --station or --session the timeline is about", 2)
    selection = _selection(station, session, types, start, end, topics)
    run(_show(cluster(), selection, json=json))


@app.command()
def tail(
    station: Station = None,
    session: Session = None,
    types: Types = None,
    topics: Topics = None,
    json: Json = False,
    seconds: Annotated[float | None, typer.Option(help="Stop by itself after so long.")] = None,
) -> None:
    """Follow the log from now on, until Ctrl-C."""
    selection = _selection(station, session, types, None, None, topics)
    run(_tail(cluster(), selection, json=json, seconds=seconds))


def _selection(
    station: str | None,
    session: str | None,
    types: list[str] | None,
    start: str | None,
    end: str | None,
    topics: list[str] | None,
) -> Selection:
    now = datetime.now(UTC)
    try:
        return Selection(
            topics=topics_named(topics or []),
            key=None if station is None else station_key(tenant(), station),
            session=session,
            types=tuple(types or ()),
            start=moment(start, now),
            end=moment(end, now),
        )
    except BadSelection as wrong:
        fail(str(wrong), 2)


async def selected(kafka: Kafka, selection: Selection) -> AsyncGenerator[tuple[Topic, Any], None]:
    """Yields (topic, record) of all that fits; says the range and its size first, and shows how far it is."""
    names = {kafka.name(topic): topic for topic in selection.topics}
    wanted = await size_up(kafka, list(names), start=selection.start, end=selection.end)
    only = _places(wanted, selection.key, kafka, names)
    err.print(f"reading {only.count} records of {len(names)} topics", markup=False)
    with progress("reading", only.count) as advance:
        async with aclosing(read(kafka, list(names), within=only, progress=advance)) as batches:
            async for place, records in batches:
                for record in records:
                    if selection.takes(record):
                        yield names[place.topic], record


def _places(wanted: Range, key: str | None, kafka: Kafka, names: dict[str, Any]) -> Range:
    if key is None:
        return wanted
    counts = wanted.partition_counts()
    return wanted.only(lambda place: place.partition == partition_of(key, counts[place.topic]))


async def _grep(kafka: Kafka, selection: Selection, *, json: bool) -> None:
    found = 0
    async with aclosing(selected(kafka, selection)) as records:
        async for topic, record in records:
            line(as_json(topic, record) if json else as_sentence(topic, record))
            found += 1
    err.print(f"{found} records fit", markup=False)


async def _show(kafka: Kafka, selection: Selection, *, json: bool) -> None:
    if selection.session is None:
        records = await gathered(selected(kafka, selection))
    else:
        timeline = await timeline_of(kafka, selection, selected)
        records = timeline.records
        if timeline.missing:
            err.print(f"{timeline.missing} causes lie outside of what was read, or have expired", markup=False)
    for topic, record in sorted(records, key=_when):
        line(as_json(topic, record) if json else as_sentence(topic, record))


def _when(found: tuple[Topic, Any]) -> tuple[int, int, int]:
    """By the time of appending; what a batch appended within one millisecond, cause before effect."""
    topic, record = found
    return record.timestamp, TOPICS.index(topic), record.offset


async def _tail(kafka: Kafka, selection: Selection, *, json: bool, seconds: float | None) -> None:
    tails = [(topic, Tail(kafka, topic)) for topic in selection.topics]
    end = None if seconds is None else time.monotonic() + seconds

    async def follow(topic: Any, one: Tail) -> None:
        async for records in one.batches(200):
            for record in records:
                if selection.takes(record):
                    line(as_json(topic, record) if json else as_sentence(topic, record))
            if end is not None and time.monotonic() > end:
                return

    try:
        await asyncio.gather(*(one.start() for _, one in tails))
        err.print(f"following {len(tails)} topics", markup=False)
        await asyncio.gather(*(follow(topic, one) for topic, one in tails))
    finally:
        await asyncio.gather(*(one.stop() for _, one in tails))
