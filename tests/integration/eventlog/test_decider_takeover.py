"""A task changes hands: whatever the former owner still does, every input has one effect."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import integration.eventlog.counting as counting
import pytest
from integration.eventlog.counting import COUNTING, Fed, everything, feed
from integration.eventlog.members import Crew, Member, effects, pour

from volt_eventlog import restore as restore_module
from volt_eventlog import task as task_module
from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.partition import partition_of
from volt_eventlog.restore import fold_events
from volt_testkit.polling import eventually

pytestmark = pytest.mark.kafka


def fresh(count: int) -> list[str]:
    """Ids of new facts."""
    return [str(uuid4()) for _ in range(count)]


async def test_what_the_old_owner_commits_between_assignment_and_fence_is_not_done_again(
    kafka: Kafka, appender: Appender, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old owner's batch is under way when the rebalance comes, and commits before the new one fences it."""
    old, new = crew.member(), crew.member()
    await old.start()
    ids = fresh(40)
    await pour(appender, ids)
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 40)
    committing, commit_now, assigned, fence_now = (asyncio.Event() for _ in range(4))
    commit, take_over = task_module.Task._commit, task_module.Task._take_over

    async def late_commit(self: Any, batch: Any) -> None:
        if self in old.host._tasks.values() and batch.outbox.count:
            committing.set()
            await commit_now.wait()
        await commit(self, batch)

    async def late_take_over(self: Any) -> None:
        if self in new.host._tasks.values():
            assigned.set()
            await fence_now.wait()
        await take_over(self)

    monkeypatch.setattr(task_module.Task, "_commit", late_commit)
    monkeypatch.setattr(task_module.Task, "_take_over", late_take_over)
    more = fresh(40)
    await pour(appender, more)
    await asyncio.wait_for(committing.wait(), 10)
    await new.begin()
    await asyncio.wait_for(assigned.wait(), 20)
    assert len(await effects(kafka)) == 40
    commit_now.set()
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 80)
    fence_now.set()
    await new.ready()
    last = fresh(40)
    await pour(appender, last)
    seen = await eventually(lambda: effects(kafka), lambda seen: len(seen) >= 120)
    assert sorted(seen) == sorted(ids + more + last)


async def test_an_open_transaction_of_a_killed_owner_counts_for_nothing(
    kafka: Kafka, appender: Appender, crew: Crew
) -> None:
    """Its records are in the log, its offsets were never committed: the new owner decides on the input itself."""
    ids = fresh(3)
    await pour(appender, ids, keys=1)
    place = partition_of("t/0", 6)
    killed = kafka.producer(transactional_id=f"{COUNTING.lane}.{place}")
    await killed.start()
    await killed.begin_transaction()
    for topic in (counting.EVENTS, counting.STATE):
        batch = killed.create_batch()
        added = counting.Added(amount=100, cause="never")
        value = b'{"type":"counting.added.v1","amount":100,"cause":"never"}'
        batch.append(timestamp=None, key=b"t/0", value=value, headers=counting.headers(added, str(uuid4())))
        await (await killed.send_batch(batch, kafka.name(topic), partition=place))
    await crew.working()
    seen = await eventually(lambda: effects(kafka), lambda seen: len(seen) >= 3, 30)
    assert sorted(seen) == sorted(ids)
    states = await fold_events(kafka, COUNTING)
    assert states["t/0"].state.total == 3
    await killed.stop()


async def test_a_frozen_process_that_wakes_after_a_takeover_writes_nothing(
    kafka: Kafka, appender: Appender, crew: Crew
) -> None:
    """15 inputs, 15 effects: five before it froze, five while it was frozen, five after it woke."""
    frozen = crew.process()
    await pour(appender, fresh(5))
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 5, 30)
    frozen.tell(signal.SIGSTOP)
    await pour(appender, fresh(5))  # some wait in its sockets when it wakes
    heir = crew.process()
    await eventually(lambda: effects(kafka), lambda seen: len(seen) >= 10, 40)
    frozen.tell(signal.SIGCONT)
    await pour(appender, fresh(5))
    seen = await eventually(lambda: effects(kafka), lambda seen: len(seen) >= 15, 40)
    assert len(seen) == len(set(seen)) == 15
    assert heir.end(signal.SIGTERM) == 0
    assert frozen.end(signal.SIGTERM) == 0
    assert len(await effects(kafka)) == 15
    states = await fold_events(kafka, COUNTING)
    assert sum(kept.state.total for kept in states.values()) == 15


async def test_a_rebalance_during_the_restore_is_survived(
    kafka: Kafka, appender: Appender, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Partitions that were taken away while they were being restored, and come back later, are worked on."""
    go = asyncio.Event()
    restore = restore_module.restore

    async def slow(*args: Any) -> Any:
        await go.wait()
        return await restore(*args)

    first, second = crew.member(), crew.member()
    monkeypatch.setattr(task_module, "restore", slow)
    await first.begin()
    await eventually(_assigned(first), lambda count: count == 6)
    await second.begin()
    await eventually(_assigned(first), lambda count: count == 3)
    go.set()
    await first.ready()
    await second.ready()
    await second.stop()
    await eventually(_assigned(first), lambda count: count == 6)
    ids = fresh(60)
    await pour(appender, ids)

    async def seen() -> list[str]:
        first.check()
        return await effects(kafka)

    found = await eventually(seen, lambda found: len(found) >= 60)
    assert sorted(found) == sorted(ids)


def _assigned(one: Member) -> Callable[[], Awaitable[int]]:
    async def count() -> int:
        one.check()
        return sum(1 for task in one.host._tasks.values() if task._assigned.is_set())

    return count


async def test_partitions_that_come_back_soon_go_on_warm(
    kafka: Kafka, appender: Appender, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever keeps a partition through a rebalance restores nothing: its producer was not fenced."""
    restored: list[int] = []
    restore = restore_module.restore

    async def counted(*args: Any) -> Any:
        restored.append(args[3])
        return await restore(*args)

    monkeypatch.setattr(task_module, "restore", counted)
    first, second = crew.member(), crew.member()
    await first.start()
    assert sorted(restored) == [0, 1, 2, 3, 4, 5]
    await second.start()
    await eventually(_assigned(first), lambda count: count == 3)
    ids = fresh(40)
    await pour(appender, ids)
    seen = await eventually(lambda: effects(kafka), lambda seen: len(seen) >= 40)
    assert sorted(seen) == sorted(ids)
    assert len(restored) == 9, "the second member restored its three, the first none again"
    await second.stop()
    more = fresh(40)
    await eventually(_assigned(first), lambda count: count == 6)
    await pour(appender, more)
    seen = await eventually(lambda: effects(kafka), lambda seen: len(seen) >= 80)
    assert sorted(seen) == sorted(ids + more), "a fenced producer's state is not gone on with"


async def test_a_process_that_is_asked_to_stop_ends_with_zero(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    asked = crew.process()
    ids = fresh(200)
    await pour(appender, ids)
    await eventually(lambda: effects(kafka), lambda seen: len(seen) >= 1, 30)
    assert asked.end(signal.SIGTERM) == 0, asked.log.read_text()
    assert "failed" not in asked.log.read_text()
    await crew.working()
    seen = await eventually(lambda: effects(kafka), lambda seen: len(seen) >= len(ids))
    assert sorted(seen) == sorted(ids)


async def test_a_producer_is_not_used_again_after_it_was_fenced(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    zombie = await crew.working()
    await feed(appender, counting.FACTS, "t/a", Fed(amount=1), fresh(1)[0])
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 1)
    owner = zombie.owner_of("t/a")
    before = owner._producer
    other = kafka.producer(transactional_id=f"{COUNTING.lane}.{owner.partition}")
    await other.start()
    await feed(appender, counting.FACTS, "t/a", Fed(amount=1), fresh(1)[0])
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 2)
    assert owner._producer is not before
    await other.stop()
    assert len(await everything(kafka, counting.EVENTS)) == 2
