"""Members are killed in the middle of their batches: every input has exactly one effect all the same."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from uuid import uuid4

import integration.eventlog.counting as counting
import pytest
from integration.eventlog.counting import COUNTING
from integration.eventlog.members import Crew, effects, pour

from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import size_up
from volt_eventlog.replay import verify
from volt_eventlog.restore import fold_events
from volt_testkit.polling import eventually

pytestmark = pytest.mark.kafka

INPUTS, KILLS = 20_000, 3


async def test_no_duplicate_and_no_gap_through_kills(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    members = [crew.process(), crew.process()]
    ids = [str(uuid4()) for _ in range(INPUTS)]
    pouring = asyncio.create_task(_pour_slowly(appender, ids))
    for kill in range(KILLS):
        reached = (kill + 1) * INPUTS // 8
        await eventually(_written(kafka), reached.__lt__, 60)
        members.pop(0).end(signal.SIGKILL)
        members.append(crew.process())
    await pouring
    seen = await eventually(lambda: effects(kafka), lambda seen: len(seen) >= INPUTS, 90)
    assert len(seen) == INPUTS
    assert sorted(seen) == sorted(ids)
    assert [member.end(signal.SIGTERM) for member in members] == [0, 0]
    states = await fold_events(kafka, COUNTING)
    assert sum(kept.state.total for kept in states.values()) == INPUTS
    verdict = await verify(kafka, COUNTING)
    assert verdict.ok, verdict
    assert (verdict.keys, verdict.events) == (40, INPUTS)


async def _pour_slowly(appender: Appender, ids: list[str]) -> None:
    """So that members are killed while they work, and not while they wait."""
    for start in range(0, len(ids), 200):
        await pour(appender, ids[start : start + 200])
        await asyncio.sleep(0.1)


def _written(kafka: Kafka) -> Callable[[], Awaitable[int]]:
    async def count() -> int:
        return (await size_up(kafka, [kafka.name(counting.EVENTS)])).count

    return count


async def test_a_killed_members_keys_are_working_elsewhere_within_15_seconds(
    kafka: Kafka, appender: Appender, crew: Crew
) -> None:
    killed, heir = crew.process(), crew.process()
    ids = [str(uuid4()) for _ in range(40)]
    await pour(appender, ids)
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 40, 30)
    killed.end(signal.SIGKILL)
    await pour(appender, more := [str(uuid4()) for _ in range(40)])
    seen = await eventually(lambda: effects(kafka), lambda seen: len(seen) >= 80, 15)
    assert sorted(seen) == sorted(ids + more)
    assert heir.end(signal.SIGTERM) == 0
