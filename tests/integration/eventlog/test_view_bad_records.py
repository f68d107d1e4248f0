"""A record that a view cannot take: its key is parked, everything else goes on, and nothing is applied twice."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import integration.eventlog.counting as counting
import psycopg
import pytest
from integration.eventlog.counting import FACTS, Fed, feed
from integration.eventlog.viewing import BAD, SUMMING, apply, rows, total

from volt_contracts import codec
from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Message
from volt_eventlog.view import Apply, Statement
from volt_eventlog.view_worker import ViewWorker
from volt_runtime.metrics import Metrics
from volt_testkit.polling import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

STORY = [("t/a", 1), ("t/b", 1), ("t/bad", 1), ("t/bad", BAD), ("t/a", 1), ("t/bad", 1), ("t/c", 1), ("t/b", 1)]


async def tell(appender: Appender) -> None:
    """Two keys among others of which one has a bad record in the middle; all in one partition."""
    await appender.know(FACTS)
    for key, amount in STORY:
        body = Fed(amount=amount)
        value = codec.encode(body)
        await appender.append(FACTS, key, value, counting.headers(body, str(uuid4())), partition=0)


def worker(kafka: Kafka, dsn: str, applied: Apply = apply) -> ViewWorker:
    """A worker of the view with this function."""
    return ViewWorker(replace(SUMMING, apply=applied), kafka, dsn, Metrics(), min_interval_s=0)


async def test_the_bad_records_key_is_parked_and_the_others_go_on(
    kafka: Kafka, appender: Appender, database: str
) -> None:
    await tell(appender)
    await worker(kafka, database).catch_up()
    assert await rows(database) == [("t/a", 2), ("t/b", 2), ("t/bad", 1), ("t/c", 1)]
    parked = await rows(database, 'SELECT key, topic, partition, "offset", error FROM viewing.view_parked')
    assert [row[:4] for row in parked] == [("t/bad", FACTS.name, 0, 3)]
    assert "out of range" in parked[0][4]


async def test_a_parked_key_stays_parked_for_the_next_worker(kafka: Kafka, appender: Appender, database: str) -> None:
    await tell(appender)
    await worker(kafka, database).catch_up()
    await feed(appender, FACTS, "t/bad", Fed(amount=1), str(uuid4()))
    await feed(appender, FACTS, "t/c", Fed(amount=1), str(uuid4()))
    await worker(kafka, database).catch_up()
    assert await rows(database) == [("t/a", 2), ("t/b", 2), ("t/bad", 1), ("t/c", 2)]


@pytest.mark.parametrize("failure", [ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError])
async def test_whatever_apply_raises_parks_the_key(
    kafka: Kafka, appender: Appender, database: str, failure: type[Exception]
) -> None:
    def raising(batch: Sequence[Message]) -> list[Statement]:
        if any(message.body.amount == BAD for message in batch):
            raise failure("bad")
        return apply(batch)

    await tell(appender)
    await worker(kafka, database, raising).catch_up()
    assert await rows(database) == [("t/a", 2), ("t/b", 2), ("t/bad", 1), ("t/c", 1)]


async def test_a_crash_while_the_bad_record_is_looked_for_applies_nothing_twice(
    kafka: Kafka, appender: Appender, database: str
) -> None:
    """The first half is through when the database breaks: it must have moved the offsets with it."""
    crashes = iter([True])

    def crashing(batch: Sequence[Message]) -> list[Statement]:
        if batch[-1].key == "t/b" and 1 < len(batch) < len(STORY) and next(crashes, False):
            raise psycopg.OperationalError("the database is gone")
        return apply(batch)

    await tell(appender)
    task = asyncio.create_task(worker(kafka, database, crashing).run())
    try:
        await eventually(total(database), lambda found: found >= 6)
        assert next(crashes, False) is False, "it crashed"
        assert await rows(database) == [("t/a", 2), ("t/b", 2), ("t/bad", 1), ("t/c", 1)]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_bytes_that_cannot_be_read_are_left_out(kafka: Kafka, appender: Appender, database: str) -> None:
    await appender.know(FACTS)
    body = Fed(amount=1)
    await appender.append(FACTS, "t/a", b"{nonsense", counting.headers(body, str(uuid4())), partition=0)
    await tell(appender)
    await worker(kafka, database).catch_up()
    assert await rows(database, "SELECT key, fed FROM viewing.sums WHERE key = 't/a'") == [("t/a", 2)]
    assert await rows(database, "SELECT sum(next_offset)::bigint FROM viewing.view_offsets") == [(9,)]
