"""What is read back from the log: views into Postgres, and the fold of `station.events` into every state."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any

import uvloop
from psycopg import AsyncConnection

from benchmarks.cost import Cost
from benchmarks.figure import Figure, NotMeasured, at_least
from benchmarks.lags import drained
from benchmarks.load import Flags, measured
from benchmarks.plan import Plan
from benchmarks.stage import TOKENS, Stage
from volt_console.views import VIEWS
from volt_contracts.topics import GATEWAY_FRAMES, STATION_EVENTS
from volt_eventlog import generations
from volt_eventlog.reading import read
from volt_eventlog.rebuild import SHADOW
from volt_eventlog.restore import fold_events
from volt_eventlog.view import View
from volt_eventlog.view_worker import ViewWorker
from volt_runtime.metrics import Metrics
from volt_station.decider import STATION

VIEW_S = 25.0
REPLAY_PER_S = 100_000
RUNS = 3
"""Of which the one in the middle counts: the first one still waits for the broker to read its files."""


def views(stage: Stage, plan: Plan) -> Iterator[Figure]:
    """Each view built anew beside the promoted one, as a rebuild does."""
    _fill(stage, plan)
    for view in VIEWS:
        yield asyncio.run(_view(stage, view))


def replay(stage: Stage, plan: Plan) -> Iterator[Figure]:
    """Every station's state from its events alone, on one core."""
    _fill(stage, plan)
    kafka = stage.kafka
    records, _, reading = sorted((_timed(_read(stage)) for _ in range(RUNS)), key=_cpu)[RUNS // 2]
    states, elapsed, folding = sorted((_timed(fold_events(kafka, STATION)) for _ in range(RUNS)), key=_cpu)[RUNS // 2]
    if not records:
        raise NotMeasured("station.events is empty")
    per_s = records / folding
    yield Figure(
        "replay",
        "fold of station.events from Kafka",
        f"{per_s:,.0f} events/s a core ({records / elapsed:,.0f}/s of the clock), {len(states):,} stations",
        {"per_s_a_core": per_s, "events": records, "seconds": elapsed, "stations": len(states)},
        {"python": round(1e6 * folding / records, 1), "of it reading": round(1e6 * reading / records, 1)},
        (at_least(per_s, REPLAY_PER_S, "events/s a core"),),
    )


def _fill(stage: Stage, plan: Plan) -> None:
    """Charges enough for a measurement, where no other figure has left them."""
    missing = plan.view_records - stage.count(GATEWAY_FRAMES)
    if missing <= 0:
        return
    flags: Flags = {
        "mode": "visit",
        "stations": 100,
        "readings": 40,
        "seconds": 30,
        "frames": missing,
        "tokens": TOKENS,
    }
    measured(stage.url, {}, identity="FILL-", **flags)
    if drained(stage, 2 * plan.drain_s) is None:
        raise NotMeasured("the pipe did not take in what the measurement needs")


async def _view(stage: Stage, view: View) -> Figure:
    metrics, built = Metrics(), SHADOW + view.generation
    applied = metrics.counter("volt_view_messages_total", "messages applied", view=view.name)
    worker = ViewWorker(view, stage.kafka, stage.dsn, metrics, generation=built, min_interval_s=0)
    cost = Cost(stage.roles("postgres"))
    cost.begin()
    began, spent = time.perf_counter(), time.process_time()
    with suppress(TimeoutError):  # a long log: the rate so far is as good
        async with asyncio.timeout(VIEW_S):
            await worker.catch_up()
    elapsed, spent = time.perf_counter() - began, time.process_time() - spent
    async with await AsyncConnection.connect(stage.dsn, autocommit=True) as connection:
        # Postgres counts a connection's process when it has ended, which is now.
        await connection.execute("SELECT pg_sleep(0.3)")
        cost.end()
        await generations.drop(connection, view, built)
    count = applied.value
    if not count:
        return Figure("views", f"view {view.name}", f"nothing to apply, found out in {elapsed:.1f} s", {"messages": 0})
    return Figure(
        "views",
        f"view {view.name}",
        f"{count / elapsed:,.0f} messages/s that it folds",
        {"per_s": count / elapsed, "messages": count, "seconds": elapsed},
        {"python": round(1e6 * spent / count, 1), **cost.each(count)},
    )


async def _read(stage: Stage) -> int:
    records = 0
    async for _, batch in read(stage.kafka, [STATION_EVENTS.name]):
        records += len(batch)
    return records


def _cpu(timed: tuple[Any, float, float]) -> float:
    return timed[2]


def _timed(work: Coroutine[Any, Any, Any]) -> tuple[Any, float, float]:
    """The result of what ran on the loop that services run on, and its seconds by the clock and of CPU."""
    began, spent = time.perf_counter(), time.process_time()
    result = uvloop.run(work)
    return result, time.perf_counter() - began, time.process_time() - spent
