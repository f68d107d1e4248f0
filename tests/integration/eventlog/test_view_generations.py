"""Generations: a changed view is built beside the one that is shown, compared, promoted, rolled back, dropped."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from operator import lt
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from integration.eventlog.counting import EVENTS, FACTS, Fed, feed
from integration.eventlog.members import Crew, effects, pour
from integration.eventlog.viewing import BAD, SUMMING, apply, rows, total

from volt_eventlog import generations
from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Message
from volt_eventlog.rebuild import promote_rebuilt, rebuild
from volt_eventlog.view import Statement, View
from volt_eventlog.view_worker import ViewWorker
from volt_runtime.ending import end
from volt_runtime.metrics import Metrics
from volt_testkit.polling import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


def doubling(batch: Sequence[Message]) -> list[Statement]:
    """The same sums, times two."""
    statements = apply(batch)
    return statements + [statement for statement in statements if "fed" in statement.sql]


NEXT = replace(SUMMING, generation=2, apply=doubling)


@pytest_asyncio.fixture
async def connection(database: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A connection of an operator."""
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as made:
        yield made


async def build(kafka: Kafka, dsn: str, view: View, **options: Any) -> None:
    """Build a generation of the view from the log as it is now."""
    await ViewWorker(view, kafka, dsn, Metrics(), min_interval_s=0, **options).catch_up()


async def tables(dsn: str) -> set[str]:
    """The tables of the view that exist."""
    found = await rows(dsn, "SELECT tablename FROM pg_tables WHERE schemaname = 'viewing' AND tablename LIKE 'sums%'")
    return {row[0] for row in found}


async def test_the_first_generation_is_shown_at_once(
    kafka: Kafka, appender: Appender, database: str, connection: psycopg.AsyncConnection[Any]
) -> None:
    await pour(appender, [str(n) for n in range(80)])
    await build(kafka, database, SUMMING)
    assert await generations.promoted(connection, SUMMING) == 1
    assert await total(database)() == 80
    await generations.prepare(connection, SUMMING, 1)
    assert await total(database)() == 80, "preparing again changes nothing"


async def test_a_new_generation_is_seen_only_when_it_is_promoted_and_can_be_rolled_back(
    kafka: Kafka, appender: Appender, database: str, connection: psycopg.AsyncConnection[Any]
) -> None:
    await pour(appender, [str(n) for n in range(80)])
    await build(kafka, database, SUMMING)
    await build(kafka, database, NEXT)
    assert await tables(database) == {"sums_g1", "sums_g2"}
    assert await total(database)() == 80
    await generations.promote(connection, NEXT, 2)
    assert (await total(database)(), await generations.promoted(connection, NEXT)) == (160, 2)
    await generations.promote(connection, NEXT, 1)
    assert (await total(database)(), await generations.promoted(connection, NEXT)) == (80, 1)
    await generations.drop(connection, NEXT, 2)
    assert await tables(database) == {"sums_g1"}
    for kept in ("view_offsets", "view_leases", "view_parked"):
        assert await rows(database, f"SELECT 1 FROM viewing.{kept} WHERE generation = 2") == []
    assert await total(database)() == 80


async def test_newer_code_promotes_its_generation_when_it_has_caught_up(
    kafka: Kafka, appender: Appender, database: str, connection: psycopg.AsyncConnection[Any]
) -> None:
    await pour(appender, [str(n) for n in range(80)])
    await build(kafka, database, SUMMING)
    worker = asyncio.create_task(ViewWorker(NEXT, kafka, database, Metrics()).run())
    try:
        await eventually(total(database), lambda found: found == 160)
        assert await generations.promoted(connection, NEXT) == 2
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def test_hashes_see_every_difference_and_no_order(
    kafka: Kafka, appender: Appender, database: str, connection: psycopg.AsyncConnection[Any]
) -> None:
    await pour(appender, [str(n) for n in range(80)])
    await build(kafka, database, SUMMING)
    before = await generations.hashes(connection, SUMMING, 1)
    assert before["sums"].endswith(":40")
    await connection.execute("UPDATE viewing.sums_g1 SET last_fed = 1 WHERE key = 't/1'")
    assert await generations.hashes(connection, SUMMING, 1) == before, "a column that is not compared"
    await connection.execute("UPDATE viewing.sums_g1 SET fed = fed")  # moves the rows within the table
    assert await generations.hashes(connection, SUMMING, 1) == before
    await connection.execute("UPDATE viewing.sums_g1 SET fed = fed + 1 WHERE key = 't/1'")
    assert await generations.hashes(connection, SUMMING, 1) != before


async def two_topics(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    """Facts, and the decider's effects of them in another topic."""
    await crew.working()
    await pour(appender, [str(n) for n in range(700)], keys=60)
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 700)


async def test_five_rebuilds_in_batches_of_any_size_with_one_topic_late_are_equal(
    kafka: Kafka, appender: Appender, database: str, crew: Crew, connection: psycopg.AsyncConnection[Any]
) -> None:
    await two_topics(kafka, appender, crew)
    await build(kafka, database, SUMMING)
    expected = await generations.hashes(connection, SUMMING, 1)
    dice = random.Random(5)
    for number in range(5):
        late, generation = SUMMING.topics[number % 2], 10 + number
        early = tuple(topic for topic in SUMMING.topics if topic is not late)
        for topics in (early, SUMMING.topics):
            view = replace(SUMMING, topics=topics)
            await build(kafka, database, view, generation=generation, batch=dice.randint(1, 90))
        assert await generations.hashes(connection, SUMMING, generation) == expected
    assert await rows(database, "SELECT sum(fed)::bigint, sum(added)::bigint FROM viewing.sums") == [(700, 700)]


async def test_a_rebuild_says_whether_it_is_equal_and_leaves_nothing_behind(
    kafka: Kafka, appender: Appender, database: str, crew: Crew, connection: psycopg.AsyncConnection[Any]
) -> None:
    await two_topics(kafka, appender, crew)
    await build(kafka, database, SUMMING)
    found = await rebuild(SUMMING, kafka, database, batch=17)
    assert found.equal
    assert found.hashes["sums"][0].endswith(":60")
    await connection.execute("UPDATE viewing.sums_g1 SET fed = 0 WHERE key = 't/1'")
    assert not (await rebuild(SUMMING, kafka, database)).equal
    assert await tables(database) == {"sums_g1"}


async def test_a_rebuild_compares_what_both_have_made_of_the_same_records_while_more_come(
    kafka: Kafka, appender: Appender, database: str, connection: psycopg.AsyncConnection[Any]
) -> None:
    async def traffic() -> None:
        for number in count():
            await pour(appender, [f"{number}-{n}" for n in range(20)], keys=60)

    worker = asyncio.create_task(ViewWorker(SUMMING, kafka, database, Metrics(), min_interval_s=0).run())
    pouring = asyncio.create_task(traffic())
    try:
        await eventually(total(database), lambda found: found > 200)
        for _ in range(3):
            before = await total(database)()
            assert (await rebuild(SUMMING, kafka, database)).equal
            await eventually(total(database), partial(lt, before))
        await connection.execute("UPDATE viewing.sums_g1 SET fed = fed + 1 WHERE key = 't/1'")
        assert not (await rebuild(SUMMING, kafka, database)).equal
    finally:
        await end(pouring, worker)


async def test_a_rebuild_takes_the_place_of_wrong_rows_while_the_view_is_written(
    kafka: Kafka, appender: Appender, database: str, crew: Crew, connection: psycopg.AsyncConnection[Any]
) -> None:
    await two_topics(kafka, appender, crew)
    worker = asyncio.create_task(ViewWorker(SUMMING, kafka, database, Metrics()).run())
    try:
        await eventually(total(database, "added"), lambda found: found == 700)
        await connection.execute("UPDATE viewing.sums_g1 SET fed = 0")
        assert not (await rebuild(SUMMING, kafka, database, keep=True)).equal
        await pour(appender, [f"more-{n}" for n in range(300)], keys=60)
        await promote_rebuilt(SUMMING, database)
        await eventually(total(database), lambda found: found == 1000)
        await eventually(total(database, "added"), lambda found: found == 1000)
        assert await tables(database) == {"sums_g1"}
    finally:
        await end(worker)
    assert (await rebuild(SUMMING, kafka, database)).equal


async def test_what_a_rebuild_parked_is_parked_after_its_promotion(
    kafka: Kafka, appender: Appender, database: str
) -> None:
    """Otherwise the key would go on behind the record that it could not take, with a hole."""
    await build(kafka, database, SUMMING)
    for amount in (1, BAD, 1):
        await feed(appender, FACTS, "t/bad", Fed(amount=amount), str(uuid4()))
    await rebuild(SUMMING, kafka, database, keep=True)
    await promote_rebuilt(SUMMING, database)
    await feed(appender, FACTS, "t/bad", Fed(amount=1), str(uuid4()))
    await feed(appender, FACTS, "t/good", Fed(amount=1), str(uuid4()))
    await build(kafka, database, SUMMING)
    assert await rows(database) == [("t/bad", 1), ("t/good", 1)]


async def test_a_view_of_one_topic_does_not_read_the_other(
    kafka: Kafka, appender: Appender, database: str, crew: Crew
) -> None:
    await two_topics(kafka, appender, crew)
    await build(kafka, database, replace(SUMMING, topics=(EVENTS,)))
    assert await rows(database, "SELECT sum(fed)::bigint, sum(added)::bigint FROM viewing.sums") == [(0, 700)]
