"""States come from snapshots; when the fold's code has changed, or snapshots are gone, from the events alone."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import integration.eventlog.counting as counting
import pytest
from integration.eventlog.counting import COUNTING, Add, Added, Done, Fed, Total, everything, feed
from integration.eventlog.members import Crew, effects, pour

from volt_contracts.eventlog import KeyParked
from volt_contracts.topics import Topic
from volt_eventlog import task as task_module
from volt_eventlog.appender import Appender
from volt_eventlog.decider import Decider
from volt_eventlog.fold import SnapshotCodec, state_hash
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import read
from volt_eventlog.restore import BrokenEvents, fold_events, restore
from volt_eventlog.topics_admin import create_topics
from volt_testkit.polling import eventually

pytestmark = pytest.mark.kafka

CHANGED = replace(COUNTING, state_version=2)


async def latest(kafka: Kafka, topic: Topic) -> dict[str, bytes]:
    """A compacted topic as a reader sees it: the last value of each key."""
    found: dict[str, bytes] = {}
    async for _, records in read(kafka, [kafka.name(topic)]):
        for record in records:
            found.pop(record.key.decode(), None)
            if record.value is not None:
                found[record.key.decode()] = record.value
    return found


async def restored(kafka: Kafka, decider: Decider) -> dict[str, Any]:
    """All tasks' states as a take-over would find them, and how many were folded anew."""
    codec, states, rebuilt = SnapshotCodec(decider), {}, 0
    for partition in range(6):
        found = await restore(kafka, decider, codec, partition)
        states.update(found.states)
        rebuilt += found.rebuilt
    return {"states": states, "rebuilt": rebuilt}


async def some_work(kafka: Kafka, appender: Appender, crew: Crew, count: int = 120) -> None:
    """Facts over forty keys, decided on; then everybody leaves."""
    member = await crew.working()
    await pour(appender, [str(uuid4()) for _ in range(count)])
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == count)
    await member.stop()


async def test_snapshots_are_the_fold_of_the_events(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    await some_work(kafka, appender, crew)
    found = await restored(kafka, COUNTING)
    assert found["rebuilt"] == 0
    folded = await fold_events(kafka, COUNTING)
    codec = SnapshotCodec(COUNTING)
    assert state_hash(codec, found["states"]) == state_hash(codec, folded)
    assert len(folded) == 40


async def test_stale_snapshots_are_folded_anew_once(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    await some_work(kafka, appender, crew)
    assert (await restored(kafka, CHANGED))["rebuilt"] == 6
    member = await crew.working(CHANGED)
    await pour(appender, [str(uuid4()) for _ in range(40)])
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 160)
    await member.stop()
    again = await restored(kafka, CHANGED)
    assert again["rebuilt"] == 0, "the next start finds snapshots of its own"
    assert sum(kept.state.total for kept in again["states"].values()) == 160
    assert (await restored(kafka, COUNTING))["rebuilt"] == 6, "and the former code would fold anew"


async def test_a_key_that_the_new_fold_forgets_is_forgotten_everywhere(
    kafka: Kafka, appender: Appender, crew: Crew
) -> None:
    await some_work(kafka, appender, crew)
    assert set(await latest(kafka, counting.ROWS)) == {f"t/{n}" for n in range(40)}

    def forgets(state: Total | None, event: Any) -> Total | None:
        total = counting.evolve(state, event)
        return None if total.inputs == 3 else total

    forgetful = replace(CHANGED, evolve=forgets)
    member = await crew.working(forgetful)
    await eventually(lambda: latest(kafka, counting.STATE), lambda found: found == {})
    await eventually(lambda: latest(kafka, counting.ROWS), lambda found: found == {})
    await member.stop()
    assert (await restored(kafka, forgetful))["rebuilt"] == 0


async def forget_state(kafka: Kafka) -> None:
    """Delete the state topic and the public one, and make them anew."""
    admin = kafka.admin()
    await admin.start()
    await admin.delete_topics([kafka.name(counting.STATE), kafka.name(counting.ROWS)])
    await eventually(admin.list_topics, lambda names: kafka.name(counting.ROWS) not in names)
    await admin.close()
    await create_topics(kafka, [COUNTING], topics=counting.TOPICS)


async def test_lost_state_and_rows_come_back_from_the_events(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    await some_work(kafka, appender, crew)
    state, rows = await latest(kafka, counting.STATE), await latest(kafka, counting.ROWS)
    await forget_state(kafka)
    await crew.working()
    await eventually(lambda: latest(kafka, counting.STATE), lambda found: found == state)
    await eventually(lambda: latest(kafka, counting.ROWS), lambda found: found == rows)
    assert len(await effects(kafka)) == 120, "inputs are not decided on again"


async def test_a_rebuild_that_was_broken_off_is_not_taken_for_a_whole_one(
    kafka: Kafka, appender: Appender, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Snapshots are written anew in several transactions; after a kill between two of them nothing may be missing."""
    await some_work(kafka, appender, crew)
    rows = await latest(kafka, counting.ROWS)
    await forget_state(kafka)
    monkeypatch.setattr(task_module, "BATCH_RECORDS", 2)
    commit, written = task_module.Task._commit, asyncio.Event()

    async def broken_off(self: Any, batch: Any) -> None:
        if written.is_set():
            await asyncio.Event().wait()
        await commit(self, batch)
        if batch.changed:
            written.set()

    monkeypatch.setattr(task_module.Task, "_commit", broken_off)
    killed = crew.member()
    await killed.begin()
    await asyncio.wait_for(written.wait(), 20)
    await killed.kill()
    monkeypatch.undo()
    found = await latest(kafka, counting.STATE)
    assert 0 < len(found) < 40
    await crew.working()
    await eventually(lambda: latest(kafka, counting.ROWS), lambda found: found == rows)
    ids = [str(uuid4()) for _ in range(40)]
    await pour(appender, ids)
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 160)
    codec = SnapshotCodec(COUNTING)
    states = {key: codec.decode(value) for key, value in (await latest(kafka, counting.STATE)).items()}
    assert sum(kept.state.total for kept in states.values()) == 160


async def test_a_parked_key_stays_parked_through_a_rebuild(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    member = await crew.working()
    await feed(appender, counting.FACTS, "t/p", Fed(amount=counting.POISON), str(uuid4()))
    seen = await eventually(lambda: everything(kafka, counting.EVENTS), lambda seen: len(seen) == 1)
    assert isinstance(seen[0].body, KeyParked)
    await member.stop()
    member = await crew.working(CHANGED)
    kept = member.owner_of("t/p")._keys
    assert kept is not None
    assert kept.states["t/p"].parked is not None
    await feed(appender, counting.COMMANDS, "t/p", Add(amount=1, actor=counting.ACTOR), str(uuid4()))
    seen = await eventually(lambda: everything(kafka, counting.EVENTS), lambda seen: len(seen) == 2)
    assert seen[-1].body.outcome == "rejected"


async def test_no_event_that_cannot_be_read_is_guessed_at(kafka: Kafka, appender: Appender) -> None:
    await appender.know(counting.EVENTS)
    await appender.append(counting.EVENTS, "t/x", b"{nonsense", counting.headers(Added(amount=1, cause=""), "id"))
    with pytest.raises(BrokenEvents, match=r"counting\.events-\d@0 cannot be folded"):
        await fold_events(kafka, COUNTING)


async def test_an_aborted_transaction_is_no_history(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    """Reading to the stable end passes what was aborted, also where that is the last thing in the log."""
    await some_work(kafka, appender, crew, 40)
    aborted = kafka.producer(transactional_id="somebody")
    await aborted.start()
    await aborted.begin_transaction()
    added = Added(amount=1000, cause="aborted")
    for topic in (counting.EVENTS, counting.STATE):
        for partition in range(6):
            batch = aborted.create_batch()
            value = b'{"type":"counting.added.v1","amount":1000,"cause":"aborted"}'
            batch.append(timestamp=None, key=b"t/0", value=value, headers=counting.headers(added, str(uuid4())))
            await (await aborted.send_batch(batch, kafka.name(topic), partition=partition))
    await aborted.abort_transaction()
    await aborted.stop()
    assert "aborted" not in await effects(kafka)
    found = await restored(kafka, COUNTING)
    assert found["rebuilt"] == 0
    assert sum(kept.state.total for kept in found["states"].values()) == 40


async def test_commands_have_one_outcome_also_across_a_rebuild(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    member = await crew.working()
    ids = [str(uuid4()) for _ in range(20)]
    for number, id in enumerate(ids):
        await feed(appender, counting.COMMANDS, f"t/{number % 3}", Add(amount=1, actor=counting.ACTOR), id)
        if number == 10:
            await member.stop()
            member = await crew.working(CHANGED)

    async def outcomes() -> list[str]:
        return [m.body.command_id for m in await everything(kafka, counting.EVENTS) if isinstance(m.body, Done)]

    found = await eventually(outcomes, lambda found: len(found) >= 20)
    assert sorted(found) == sorted(ids)
