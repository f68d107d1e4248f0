"""A view's worker: every record once, whatever dies; the epoch keeps former writers out; pages can wait for it."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import integration.eventlog.counting as counting
import psycopg
import pytest
import pytest_asyncio
from integration.eventlog.counting import FACTS, Fed, feed
from integration.eventlog.members import Crew, pour
from integration.eventlog.viewing import SUMMING, rows, total

from volt_contracts import codec
from volt_eventlog import view_worker
from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Position
from volt_eventlog.view import View
from volt_eventlog.view_worker import ViewWorker
from volt_runtime.metrics import Metrics
from volt_testkit.polling import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


def fresh(count: int) -> list[str]:
    """Ids of new facts."""
    return [str(uuid4()) for _ in range(count)]


class Workers:
    """Workers of the summing view within this process."""

    def __init__(self, kafka: Kafka, dsn: str) -> None:
        self._kafka, self._dsn = kafka, dsn
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, **options: Any) -> ViewWorker:
        """One more, and wait until it holds a partition."""
        worker = self.begin(**options)

        async def not_ready() -> str | None:
            return worker.not_ready()

        await eventually(not_ready, lambda why: why is None)
        await eventually(_held(worker), lambda count: count == 6 or len(self._tasks) > 1)
        return worker

    def begin(self, view: View = SUMMING, **options: Any) -> ViewWorker:
        """One more."""
        worker = ViewWorker(view, self._kafka, self._dsn, Metrics(), min_interval_s=0, **options)
        self._tasks.append(asyncio.create_task(worker.run()))
        return worker

    async def stop(self) -> None:
        """End all."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest_asyncio.fixture
async def workers(kafka: Kafka, appender: Appender, database: str) -> AsyncIterator[Workers]:
    """Workers that end with the test."""
    made = Workers(kafka, database)
    yield made
    await made.stop()


async def put(appender: Appender, key: str, amount: int = 1) -> Position:
    """Append one fact, and say where."""
    await appender.know(FACTS)
    body = Fed(amount=amount)
    return await appender.append(FACTS, key, codec.encode(body), counting.headers(body, str(uuid4())))


async def test_every_record_is_applied_once(appender: Appender, database: str, workers: Workers) -> None:
    await pour(appender, fresh(520))
    await workers.start(batch=7)
    await pour(appender, fresh(480))
    await eventually(total(database), lambda found: found >= 1000)
    assert await rows(database) == sorted((f"t/{n}", 25) for n in range(40))


async def test_through_kills_of_its_process_every_record_is_applied_once(
    appender: Appender, database: str, crew: Crew
) -> None:
    await pour(appender, fresh(2000))
    for at_least in (1, 2500):
        killed = crew.view_process(database)
        await pour(appender, fresh(1000))
        await eventually(total(database), at_least.__le__, 40)
        killed.end(signal.SIGKILL)
        await pour(appender, fresh(1000))
    last = crew.view_process(database)
    found = await eventually(total(database), lambda found: found >= 6000, 40)
    assert found == 6000
    assert await rows(database) == sorted((f"t/{n}", 150) for n in range(40))
    assert last.end(signal.SIGTERM) == 0


async def test_a_writer_that_lost_its_partitions_writes_nothing_more(
    appender: Appender, database: str, workers: Workers
) -> None:
    """The zombie does not know it yet: the epoch fails its transaction, and the sums stay right."""
    zombie = await workers.start()
    await pour(appender, fresh(100))
    await eventually(total(database), lambda found: found == 100)
    held = dict(zombie._held)
    assert len(held) == 6
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("UPDATE viewing.view_leases SET expires_at = '-infinity'")
        heir = await workers.start()
        assert heir._held
        for _ in range(10):
            await pour(appender, fresh(40))
            await connection.execute("UPDATE viewing.view_leases SET expires_at = '-infinity' WHERE partition = 0")
    found = await eventually(total(database), lambda found: found >= 500, 30)
    assert found == 500
    taken = set(heir._held)
    assert all(heir._held[number].epoch > held[number].epoch for number in taken)


async def test_who_leaves_in_good_order_is_followed_at_once(
    appender: Appender, database: str, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view_worker, "RENEW_S", 0.2)
    await workers.start()
    await pour(appender, fresh(60))
    await eventually(total(database), lambda found: found == 60)
    second = workers.begin()
    leaving = workers._tasks[0]
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)

    await eventually(_held(second), lambda count: count == 6, 5)
    await pour(appender, fresh(60))
    assert await eventually(total(database), lambda found: found >= 120) == 120


async def test_a_page_can_wait_until_the_view_has_what_was_written(
    appender: Appender, database: str, workers: Workers
) -> None:
    worker = await workers.start()
    positions = [await put(appender, f"t/{n}") for n in range(5)]
    assert [await worker.wait_for(position, 10) for position in positions] == [True] * 5
    assert len(await rows(database)) == 5
    beyond = Position(FACTS.name, positions[0].partition, positions[0].offset + 1)
    assert not await worker.wait_for(beyond, 0.2)
    waiting = asyncio.create_task(worker.wait_for(beyond, 10))
    await put(appender, "t/0")
    assert await waiting


async def test_what_holds_nothing_for_a_view_is_passed_over_and_moves_it_on_all_the_same(
    appender: Appender, database: str, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a record that the view does not fold, and it begins behind it when it is taken up again."""
    monkeypatch.setattr(view_worker, "RENEW_S", 0.1)
    worker = await workers.start(view=replace(SUMMING, types=frozenset({"counting.added.v1"})))
    position = await put(appender, "t/passed")
    assert await worker.wait_for(position, 10)
    assert await rows(database) == []
    stored = "SELECT next_offset FROM viewing.view_offsets WHERE next_offset > 0"
    await eventually(partial(rows, database, stored), lambda found: found == [(position.offset + 1,)])


async def test_a_database_that_is_cut_off_is_waited_for(appender: Appender, database: str, workers: Workers) -> None:
    await workers.start()
    await pour(appender, fresh(50))
    await eventually(total(database), lambda found: found == 50)
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await pour(appender, fresh(50))
    assert await eventually(total(database), lambda found: found >= 100) == 100


async def test_pages_are_told_in_the_batchs_own_transaction(
    appender: Appender, database: str, workers: Workers
) -> None:
    await workers.start()
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("LISTEN viewing_summing")
        await put(appender, "t/told")
        async for notice in connection.notifies(timeout=10, stop_after=1):
            assert (notice.channel, notice.payload) == ("viewing_summing", "t/told")
    assert await rows(database) == [("t/told", 1)]


async def test_it_goes_on_where_it_was(kafka: Kafka, appender: Appender, database: str, workers: Workers) -> None:
    await workers.start()
    await pour(appender, fresh(80))
    await eventually(total(database), lambda found: found == 80)
    await workers.stop()
    stored = await rows(database, "SELECT sum(next_offset)::bigint FROM viewing.view_offsets")
    assert stored == [(80,)]
    await feed(appender, FACTS, "t/new", Fed(amount=1), str(uuid4()))
    await workers.start()
    assert await eventually(total(database), lambda found: found >= 81) == 81


def _held(worker: ViewWorker) -> Callable[[], Awaitable[int]]:
    async def count() -> int:
        return len(worker._held)

    return count
