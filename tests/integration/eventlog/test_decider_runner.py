"""The decider's runner on a real broker: effects, takeovers, zombies, poison, rejected records."""

from typing import Any
from uuid import uuid4

import integration.eventlog.counting as counting
import pytest
from integration.eventlog.counting import ACTOR, COUNTING, Add, Fed, everything, feed
from integration.eventlog.members import Crew, effects, pour

from volt_contracts.eventlog import CommandRefused, KeyCaughtUp, KeyParked, ReleaseKey
from volt_eventlog import batch
from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import read
from volt_eventlog.restore import fold_events
from volt_testkit.polling import eventually

pytestmark = pytest.mark.kafka


async def test_every_input_has_one_effect_through_joins_and_leaves(
    kafka: Kafka, appender: Appender, crew: Crew
) -> None:
    ids = [str(uuid4()) for _ in range(600)]
    first = await crew.working()
    await pour(appender, ids[:200])
    second = await crew.working()
    await pour(appender, ids[200:400])
    await first.stop()
    await pour(appender, ids[400:])
    seen = await eventually(lambda: effects(kafka), lambda seen: len(seen) >= len(ids), 30)
    assert sorted(seen) == sorted(ids)
    await second.stop()
    states = await fold_events(kafka, COUNTING)
    assert sum(kept.state.total for kept in states.values()) == len(ids)


async def test_an_owner_that_was_fenced_cannot_write(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    zombie = await crew.working()
    await feed(appender, counting.FACTS, "t/a", Fed(amount=1), str(uuid4()))
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 1)
    task = next(task for task in zombie.host._tasks.values() if task._keys and task._keys.states)
    other = kafka.producer(transactional_id=f"{COUNTING.lane}.{task.partition}")
    await other.start()
    await feed(appender, counting.FACTS, "t/a", Fed(amount=1), str(uuid4()))
    before = task._producer
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 2)
    assert task._producer is not before, "a fenced producer is thrown away, never used again"
    await other.stop()


async def test_a_record_that_is_too_large_parks_its_key_and_moves_nothing_else(
    kafka: Kafka, appender: Appender, crew: Crew
) -> None:
    await crew.working()
    await feed(appender, counting.FACTS, "t/big", Fed(amount=counting.GIANT), str(uuid4()))
    await feed(appender, counting.FACTS, "t/ok", Fed(amount=1), str(uuid4()))
    seen = await eventually(lambda: everything(kafka, counting.EVENTS), lambda seen: len(seen) >= 2)
    assert {type(m.body) for m in seen if m.key == "t/big"} == {KeyParked}
    assert [type(m.body) for m in seen if m.key == "t/ok"] == [counting.Added]
    assert await everything(kafka, counting.OTHER) == []


async def test_a_record_that_the_broker_rejects_moves_neither_offset_nor_output(
    kafka: Kafka, appender: Appender, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "check_size", lambda *_: None)
    member = await crew.working()
    await feed(appender, counting.FACTS, "t/ok", Fed(amount=1), str(uuid4()))
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 1)
    await feed(appender, counting.FACTS, "t/ok", Fed(amount=counting.GIANT), str(uuid4()))
    await feed(appender, counting.FACTS, "t/ok", Fed(amount=2), str(uuid4()))
    task = next(task for task in member.host._tasks.values() if task._keys and task._keys.states)
    producer = task._producer

    async def taken_over() -> bool:
        return task._producer is not None and task._producer is not producer

    await eventually(taken_over, bool, 30)
    assert len(await effects(kafka)) == 1
    monkeypatch.undo()
    seen = await eventually(lambda: everything(kafka, counting.EVENTS), lambda seen: len(seen) >= 2, 30)
    assert [type(m.body) for m in seen] == [counting.Added, KeyParked]


async def test_poison_parks_the_key_and_release_catches_it_up(
    kafka: Kafka, appender: Appender, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crew.working()
    for amount in (1, counting.POISON, 2, 3):
        await feed(appender, counting.FACTS, "t/p", Fed(amount=amount), str(uuid4()))
    await feed(appender, counting.COMMANDS, "t/p", Add(amount=9, actor=ACTOR), str(uuid4()))

    def refused(seen: list[Any]) -> bool:
        return any(isinstance(m.body, CommandRefused) for m in seen)

    seen = await eventually(lambda: everything(kafka, counting.EVENTS), refused)
    assert [type(m.body).__name__ for m in seen] == ["Added", "KeyParked", "CommandRefused"]
    monkeypatch.setattr(counting, "healthy", True)
    await feed(appender, counting.COMMANDS, "t/p", ReleaseKey(actor=ACTOR), str(uuid4()))
    seen = await eventually(
        lambda: everything(kafka, counting.EVENTS),
        lambda seen: any(isinstance(m.body, KeyCaughtUp) for m in seen),
    )
    states = await fold_events(kafka, COUNTING)
    assert states["t/p"].state.total == 1 + counting.POISON + 2 + 3
    assert states["t/p"].parked is None
    await feed(appender, counting.FACTS, "t/p", Fed(amount=4), str(uuid4()))
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 5)


async def test_undecodable_bytes_go_to_the_dead_letters_and_the_task_goes_on(
    kafka: Kafka, appender: Appender, crew: Crew
) -> None:
    await crew.working()
    await appender.know(counting.FACTS)
    await appender.append(counting.FACTS, "t/x", b"{nonsense", counting.headers(Fed(amount=1), str(uuid4())))
    await feed(appender, counting.FACTS, "t/x", Fed(amount=1), str(uuid4()))
    assert len(await eventually(lambda: effects(kafka), lambda seen: len(seen) == 1)) == 1
    dead = [r async for _, records in read(kafka, [kafka.name(counting.DEAD)]) for r in records]
    assert [record.value for record in dead] == [b"{nonsense"]
