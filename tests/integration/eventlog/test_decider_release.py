"""A parked key on a real log: others go on, what it missed comes in slices after its release, all ids are unique."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import integration.eventlog.counting as counting
import pytest
from integration.eventlog.counting import ACTOR, COMMANDS, COUNTING, EVENTS, FACTS, Add, Added, Fed, everything, feed
from integration.eventlog.members import Crew, effects
from unit.eventlog import tally

from volt_contracts.eventlog import CommandRefused, KeyCatchingUp, KeyCaughtUp, KeyParked, KeyReleased, ReleaseKey
from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Message
from volt_eventlog.partition import partition_of
from volt_eventlog.replay import verify
from volt_eventlog.restore import fold_events
from volt_eventlog.sizes import STATE_MAX_BYTES
from volt_eventlog.topics_admin import create_topics
from volt_testkit.polling import eventually

pytestmark = pytest.mark.kafka

KEY = "t/parked"
OTHER = next(f"t/{n}" for n in range(100) if partition_of(f"t/{n}", 6) == partition_of(KEY, 6))


def names(messages: Sequence[Message], key: str = KEY) -> list[str]:
    """The kinds of a key's events, without repetitions."""
    kinds = [type(message.body).__name__ for message in messages if message.key == key]
    return [kind for number, kind in enumerate(kinds) if number == 0 or kinds[number - 1] != kind]


async def until(kafka: Kafka, kind: type[Any], count: int = 1) -> list[Message]:
    """All events, as soon as so many of this kind are there."""
    return await eventually(
        lambda: everything(kafka, EVENTS),
        lambda seen: sum(isinstance(message.body, kind) for message in seen) >= count,
        30,
    )


async def many(appender: Appender, key: str, count: int) -> list[str]:
    """So many facts of one key."""
    await appender.know(FACTS)
    ids = [str(uuid4()) for _ in range(count)]
    for id in ids[:-1]:
        appender.append(FACTS, key, b'{"type":"counting.fed.v1","amount":1}', counting.headers(Fed(amount=1), id))
    await feed(appender, FACTS, key, Fed(amount=1), ids[-1])
    return ids


async def release(appender: Appender) -> None:
    """Somebody mended the cause, or thinks so."""
    await feed(appender, COMMANDS, KEY, ReleaseKey(actor=ACTOR), str(uuid4()))


async def test_what_a_key_missed_comes_in_slices_while_others_go_on(
    kafka: Kafka, appender: Appender, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await crew.working()
    await feed(appender, FACTS, KEY, Fed(amount=counting.POISON), "poison")
    missed = await many(appender, KEY, 450)
    others = await many(appender, OTHER, 30)
    await until(kafka, Added, 30)
    assert [m.body.cause for m in await everything(kafka, EVENTS) if m.key == OTHER] == others
    monkeypatch.setattr(counting, "healthy", True)
    await release(appender)
    newer = await many(appender, KEY, 20)
    seen = await until(kafka, Added, 30 + 1 + 450 + 20)
    assert [m.body.cause for m in seen if m.key == KEY and isinstance(m.body, Added)] == ["poison", *missed, *newer]
    slices = sum(isinstance(message.body, KeyCatchingUp) for message in seen)
    assert slices >= 2
    assert sum(isinstance(message.body, KeyCaughtUp) for message in seen) == 1
    ids = [message.id for message in seen]
    assert len(ids) == len(set(ids))
    await member.stop()
    assert (await verify(kafka, COUNTING)).ok
    states = await fold_events(kafka, COUNTING)
    assert states[KEY].parked is None
    assert states[KEY].state.total == counting.POISON + 470


async def test_a_release_too_early_parks_it_again_and_nothing_is_doubled(
    kafka: Kafka, appender: Appender, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await crew.working()
    first = await many(appender, KEY, 3)
    await feed(appender, FACTS, KEY, Fed(amount=counting.POISON), "poison")
    missed = await many(appender, KEY, 5)
    await until(kafka, KeyParked)
    await release(appender)
    seen = await until(kafka, KeyParked, 2)
    assert names(seen) == ["Added", "KeyParked", "KeyReleased", "CommandRefused", "KeyParked"]
    monkeypatch.setattr(counting, "healthy", True)
    await release(appender)
    seen = await until(kafka, KeyCaughtUp)
    assert [m.body.cause for m in seen if isinstance(m.body, Added)] == [*first, "poison", *missed]
    ids = [message.id for message in seen]
    assert len(ids) == len(set(ids))
    await member.stop()
    assert (await verify(kafka, COUNTING)).ok


async def test_a_catching_up_goes_on_in_another_process(
    kafka: Kafka, appender: Appender, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it stands is folded from the events like everything else."""
    killed = await crew.working()
    await feed(appender, FACTS, KEY, Fed(amount=counting.POISON), "poison")
    missed = await many(appender, KEY, 900)
    await until(kafka, KeyParked)
    monkeypatch.setattr(counting, "healthy", True)
    await release(appender)
    await until(kafka, KeyReleased)
    await killed.kill()
    await crew.working()
    seen = await until(kafka, KeyCaughtUp)
    assert [m.body.cause for m in seen if isinstance(m.body, Added)] == ["poison", *missed]


async def test_commands_of_a_parked_key_are_answered_once_and_never_again(
    kafka: Kafka, appender: Appender, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crew.working()
    await feed(appender, FACTS, KEY, Fed(amount=counting.POISON), "poison")
    await feed(appender, COMMANDS, KEY, Add(amount=5, actor=ACTOR), "command")
    seen = await until(kafka, CommandRefused)
    assert [m.body.command_id for m in seen if isinstance(m.body, CommandRefused)] == ["command"]
    monkeypatch.setattr(counting, "healthy", True)
    await release(appender)
    await until(kafka, KeyCaughtUp)
    assert await effects(kafka) == ["poison"], "what was refused is not done after all"


async def test_a_state_that_grows_too_large_parks_its_key_and_no_other(kafka: Kafka, crew: Crew) -> None:
    await create_topics(kafka, [tally.TALLY], topics=tally.TOPICS)
    member = await crew.working(tally.TALLY)
    appender = Appender(kafka)
    await appender.start()
    for key, filling in (("t/a", 100), ("t/big", STATE_MAX_BYTES + 1), ("t/b", 100), ("t/big", 1), ("t/a", 100)):
        await feed(appender, tally.FACTS, key, tally.Fed(filling=filling), str(uuid4()))
    await appender.stop()

    async def events() -> list[Message]:
        member.check()
        return await everything(kafka, tally.EVENTS)

    seen = await eventually(events, lambda seen: len(seen) >= 4)
    assert sorted((m.key, type(m.body).__name__) for m in seen) == [
        ("t/a", "Added"), ("t/a", "Added"), ("t/b", "Added"), ("t/big", "KeyParked"),
    ]  # fmt: skip
    (parked,) = [m.body for m in seen if isinstance(m.body, KeyParked)]
    assert f"over {STATE_MAX_BYTES}" in parked.error
