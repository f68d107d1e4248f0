"""Deciders on one core, in memory: pure decide and evolve, and the same in the runner's batches with all encoding."""

import asyncio
import gc
import time
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from benchmarks.figure import Figure, NotMeasured
from benchmarks.frames import BEGIN, LogRecord, Teller
from benchmarks.lane import Lane, NoTables, Sink
from benchmarks.plan import Plan
from volt_contracts.message import Event
from volt_contracts.topics import GATEWAY_FRAMES, STATION_EVENTS, Topic
from volt_eventlog.decider import Decided, Decider, Output
from volt_eventlog.message import Message
from volt_eventlog.records import message_of
from volt_session.decider import SESSION
from volt_station.decider import STATION

GROUP = "fold"
STATIONS = 83
"""Of 500 stations, what falls to one of six partitions."""
CHARGES_BEFORE = 10
BATCH = 500


def figures(plan: Plan) -> Iterator[Figure]:
    """Station on MeterValues, then session on what station made of them."""
    before, readings = _story(plan.fold_messages)
    station, session = Lane(STATION), Lane(SESSION)
    session.run(STATION_EVENTS, facts := asyncio.run(_facts(station, before)), len(facts))
    yield _decided(STATION, GATEWAY_FRAMES, station, readings)
    facts = asyncio.run(_facts(Lane(STATION), [*before, *readings]))[len(facts) :]
    yield from _batched(STATION, GATEWAY_FRAMES, station, readings)
    yield _decided(SESSION, STATION_EVENTS, session, facts)
    yield from _batched(SESSION, STATION_EVENTS, session, facts)


def _story(readings: int) -> tuple[list[LogRecord], list[LogRecord]]:
    """What every station did before, and then its readings inside one more charge, the stations taking turns."""
    offsets = count()
    tellers = [Teller(number, offsets) for number in range(STATIONS)]
    before = [record for teller in tellers for record in teller.connect()]
    for _ in range(CHARGES_BEFORE):
        before += [
            record for together in zip(*(teller.charge() for teller in tellers), strict=True) for record in together
        ]
    before += [record for number, teller in enumerate(tellers) for record in teller.start(number + 1)]
    return before, [
        teller.reading(number + 1) for _ in range(readings // STATIONS) for number, teller in enumerate(tellers)
    ]


async def _facts(lane: Lane, records: Sequence[LogRecord]) -> list[LogRecord]:
    """The records of `station.events` that the lane writes on these frames."""
    sink = Sink()
    for begin in range(0, len(records), BATCH):
        await lane.run(GATEWAY_FRAMES, records[begin : begin + BATCH], BATCH).outbox.send(sink)
    begin_ms = int(BEGIN.timestamp() * 1000)
    if STATION_EVENTS.name not in sink.sent:
        raise NotMeasured(f"{len(records)} frames made no event of a station")
    return [
        LogRecord(STATION_EVENTS.name, 0, offset, key, value or b"", tuple(headers), begin_ms + offset)
        for offset, (key, value, headers) in enumerate(sink.sent[STATION_EVENTS.name])
    ]


def _decided(decider: Decider, topic: Topic, lane: Lane, records: Sequence[LogRecord]) -> Figure:
    """Nothing but the pure functions, on decoded messages."""
    messages = [message_of(topic, record, decider.lane) for record in records]
    began = time.process_time()
    events = _decide_all(decider, lane.states(), messages)
    spent = time.process_time() - began
    return _figure(f"{decider.lane}: decide and evolve", len(messages), events, spent, {})


def _decide_all(decider: Decider, states: dict[str, Any], messages: Sequence[Message]) -> int:
    tables, count_of_events = NoTables(), 0
    for message in messages:
        state = states.get(message.key)
        decided = decider.decide(state, message, tables)
        outputs = decided.outputs if isinstance(decided, Decided) else decided
        events = [output for output in outputs if isinstance(output, Event)]
        if events:
            states[message.key] = _after(decider, state, decided, events)
        count_of_events += len(events)
    return count_of_events


def _after(decider: Decider, state: Any, decided: Sequence[Output] | Decided, events: Sequence[Event]) -> Any:
    """The state that the runner goes on with: the decider's own, or the fold."""
    if isinstance(decided, Decided):
        return decided.state
    for event in events:
        state = decider.evolve(state, event)
    return state


def _batched(decider: Decider, topic: Topic, lane: Lane, records: Sequence[LogRecord]) -> Iterator[Figure]:
    """The runner's batches: decoding, spans, ids, headers, encoding, checkpoints, public rows, timers."""
    half = len(records) // 2
    gc.collect()
    gc.freeze()  # the messages are no part of a task: the collector shall not walk over them again and again
    for at_once, part in ((BATCH, records[:half]), (STATIONS, records[half:])):
        outputs = lane.outputs
        began = time.process_time()
        for begin in range(0, len(part), at_once):
            lane.run(topic, part[begin : begin + at_once], at_once)
        spent = time.process_time() - began
        name = f"{decider.lane}: runner's batches of {at_once}, {at_once / STATIONS:.0f} a key"
        yield _figure(name, len(part), lane.outputs - outputs, spent, {"state_bytes": round(lane.state_bytes)})


def _figure(name: str, messages: int, outputs: int, spent: float, more: dict[str, Any]) -> Figure:
    per_s, each = messages / spent, 1e6 * spent / messages
    shown = f"{per_s:,.0f}/s a core, {outputs / messages:.1f} outputs each"
    if more:
        shown += f", state {more['state_bytes']:,} bytes"
    values = {"per_s_a_core": per_s, "messages": messages, "outputs": outputs, **more}
    return Figure(GROUP, name, shown, values, {"python": round(each, 1)})
