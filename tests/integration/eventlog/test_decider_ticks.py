"""Deadlines: time is what the lagging inputs have reached, and the clock only when none lags."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import integration.eventlog.counting as counting
import pytest
import pytest_asyncio
from integration.eventlog.counting import COUNTING, Fed, Slept, Total, everything
from integration.eventlog.members import Crew, effects

from volt_contracts import codec
from volt_eventlog.decider import Decider
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Deadline, Message
from volt_eventlog.partition import partition_of
from volt_eventlog.topics_admin import create_topics
from volt_testkit.polling import eventually

pytestmark = pytest.mark.kafka

MINUTE = 60_000
OLD = (("message.timestamp.type", "CreateTime"),)


def silence(state: Total, last_input_at: datetime, after: timedelta) -> Deadline | None:
    """Woken so long after the last sign of life, once."""
    return None if state.slept else Deadline("silence", last_input_at + after)


def sleeping(after: timedelta) -> Decider:
    """The counting decider with that deadline."""
    return replace(COUNTING, deadline=lambda state, last: silence(state, last, after))


@pytest_asyncio.fixture
async def past(kafka: Kafka) -> Kafka:
    """Topics whose facts may bear times of the past: an hour's outage in seconds."""
    old = replace(counting.FACTS, config=OLD)
    topics = [old if topic is counting.FACTS else topic for topic in counting.TOPICS]
    await create_topics(kafka, [COUNTING], topics=topics)
    return kafka


async def speak(kafka: Kafka, key: str, timestamps: range) -> list[str]:
    """Facts of one key, appended at these times of the past."""
    producer = kafka.producer()
    await producer.start()
    ids = [str(uuid4()) for _ in timestamps]
    partition, topic = partition_of(key, 6), kafka.name(counting.FACTS)
    batch = producer.create_batch()
    for id, timestamp in zip(ids, timestamps, strict=True):
        body = Fed(amount=1)
        record = {"key": key.encode(), "value": codec.encode(body), "headers": counting.headers(body, id)}
        if batch.append(timestamp=timestamp, **record) is None:
            await (await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(timestamp=timestamp, **record)
    await (await producer.send_batch(batch, topic, partition=partition))
    await producer.stop()
    return ids


async def slept(kafka: Kafka) -> list[Message]:
    """What deadlines caused."""
    return [m for m in await everything(kafka, counting.EVENTS) if isinstance(m.body, Slept)]


async def test_a_backlog_declares_nobody_silent_who_spoke(past: Kafka, crew: Crew) -> None:
    """Twenty hours of facts, one a minute, are read in seconds: thousands of batches' worth of time, no silence."""
    now = int(time.time() * 1000)
    ids = await speak(past, "t/talker", range(now - 1200 * MINUTE, now + 1, MINUTE))
    await crew.working(sleeping(timedelta(minutes=12.5)))
    await eventually(lambda: effects(past), lambda seen: len(seen) == len(ids))
    ids += await speak(past, "t/talker", range(now, now + 1))
    await eventually(lambda: effects(past), lambda seen: len(seen) == len(ids))
    assert await slept(past) == []


async def test_who_fell_silent_is_declared_at_a_time_that_the_inputs_had_reached(past: Kafka, crew: Crew) -> None:
    """One key of a partition ends early; the other goes on. Its silence is found, and bears a time of the log."""
    quiet = "t/quiet"
    talker = next(f"t/{n}" for n in range(100) if partition_of(f"t/{n}", 6) == partition_of(quiet, 6))
    now = int(time.time() * 1000)
    first, end = now - 1200 * MINUTE, now - 60 * MINUTE
    await speak(past, quiet, range(first, first + 1))
    ids = await speak(past, talker, range(first, now, MINUTE))
    await crew.working(sleeping(timedelta(minutes=12.5)))
    await eventually(lambda: effects(past), lambda seen: len(seen) == len(ids) + 1)
    (found,) = await eventually(lambda: slept(past), lambda found: len(found) > 0)
    assert found.key == quiet
    at = found.body.at.timestamp() * 1000
    assert first + 12.5 * MINUTE <= at < end
    header = dict(found.envelope.extra)["volt_deadline"].decode()
    assert header == f"silence@{found.body.at.isoformat()}"


async def test_without_lag_the_clock_rules(past: Kafka, crew: Crew) -> None:
    await crew.working(sleeping(timedelta(seconds=1)))
    now = int(time.time() * 1000)
    await speak(past, "t/a", range(now, now + 1))
    (found,) = await eventually(lambda: slept(past), lambda found: len(found) > 0)
    assert found.body.at >= datetime.fromtimestamp(now / 1000, UTC) + timedelta(seconds=1)
    assert found.body.at <= datetime.now(UTC)


async def test_after_a_restart_silence_counts_from_the_takeover(past: Kafka, crew: Crew) -> None:
    """Signs of life are no events; who was not heard since the take-over is given the whole time again."""
    now = int(time.time() * 1000)
    await speak(past, "t/a", range(now - 600 * MINUTE, now - 600 * MINUTE + 1))
    member = await crew.working(sleeping(timedelta(days=1)))
    await eventually(lambda: effects(past), lambda seen: len(seen) == 1)
    await member.stop()
    began = datetime.now(UTC)
    await crew.working(sleeping(timedelta(seconds=2)))
    (found,) = await eventually(lambda: slept(past), lambda found: len(found) > 0)
    assert found.body.at >= began + timedelta(seconds=2)
