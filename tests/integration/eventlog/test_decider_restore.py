"""States come from snapshots and the events since; when the fold has changed or they are gone, from events alone."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import integration.eventlog.counting as counting
import pytest
from integration.eventlog.counting import COUNTING, Add, Added, Done, Fed, Total, everything, feed
from integration.eventlog.members import Crew, effects, pour
from unit.eventlog import tally

from volt_contracts.eventlog import KeyParked
from volt_contracts.topics import Topic
from volt_eventlog import checkpoints as checkpoints_module
from volt_eventlog import restore as restore_module
from volt_eventlog import task as task_module
from volt_eventlog.appender import Appender
from volt_eventlog.decider import Decider
from volt_eventlog.fold import CHECKPOINT, UNFINISHED, SnapshotCodec, state_hash
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import read
from volt_eventlog.replay import verify
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


async def snapshots(kafka: Kafka) -> dict[str, bytes]:
    """The snapshots of all keys, without the marks that stand beside them."""
    found = await latest(kafka, counting.STATE)
    return {key: value for key, value in found.items() if key not in (CHECKPOINT, UNFINISHED)}


async def fence(kafka: Kafka, decider: Decider) -> None:
    """Wait until what the former owners have committed can be read, as every take-over begins.

    The broker says that a transaction is committed before all partitions know it.
    """
    for partition in range(6):
        producer = kafka.producer(transactional_id=f"{decider.lane}.{partition}")
        await producer.start()
        await producer.stop()


async def restored(kafka: Kafka, decider: Decider) -> dict[str, Any]:
    """All tasks' states as a take-over would find them, the keys that events since were folded into, and how many tasks
    were folded anew."""
    await fence(kafka, decider)
    codec, states, tail, rebuilt = SnapshotCodec(decider), {}, set(), 0
    for partition in range(6):
        found = await restore(kafka, decider, codec, partition)
        states.update(found.states)
        tail |= set() if found.rebuilt else set(found.waiting)
        rebuilt += found.rebuilt
    return {"states": states, "tail": tail, "rebuilt": rebuilt}


async def assert_folded(kafka: Kafka, decider: Decider, found: dict[str, Any]) -> None:
    """What was restored is the fold of all events."""
    codec = SnapshotCodec(decider)
    assert state_hash(codec, found["states"]) == state_hash(codec, await fold_events(kafka, decider))
    assert (await verify(kafka, decider)).different == []


async def some_work(kafka: Kafka, appender: Appender, crew: Crew, count: int = 120) -> None:
    """Facts over forty keys, decided on; then everybody leaves."""
    member = await crew.working()
    await pour(appender, [str(uuid4()) for _ in range(count)])
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == count)
    await member.stop()
    await fence(kafka, COUNTING)


async def test_snapshots_are_the_fold_of_the_events(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    await some_work(kafka, appender, crew)
    found = await restored(kafka, COUNTING)
    assert (found["rebuilt"], found["tail"]) == (0, set()), "whoever leaves in good order leaves nothing to fold"
    await assert_folded(kafka, COUNTING, found)
    assert len(found["states"]) == len(await snapshots(kafka)) == 40


async def test_events_since_the_last_checkpoint_are_folded_onto_it(
    kafka: Kafka, appender: Appender, crew: Crew
) -> None:
    """Whoever is killed leaves snapshots that are older than its events."""
    await some_work(kafka, appender, crew)
    before = await snapshots(kafka)
    killed = await crew.working(checkpoint_s=3600)
    await pour(appender, [str(uuid4()) for _ in range(25)], keys=5)
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 145)
    await killed.kill()
    assert await snapshots(kafka) == before
    found = await restored(kafka, COUNTING)
    assert (found["rebuilt"], found["tail"]) == (0, {f"t/{n}" for n in range(5)})
    await assert_folded(kafka, COUNTING, found)
    await crew.working(checkpoint_s=3600)
    await feed(appender, counting.COMMANDS, "t/0", Add(amount=1, actor=counting.ACTOR), str(uuid4()))
    seen = await eventually(lambda: everything(kafka, counting.EVENTS), lambda seen: len(seen) == 147)
    assert [m.body.total for m in seen if isinstance(m.body, Done)] == [3 + 5 + 1]


async def test_a_checkpoint_comes_though_nothing_else_does(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    await crew.working(checkpoint_s=0.3)
    await pour(appender, [str(uuid4()) for _ in range(120)])
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 120)
    await eventually(lambda: snapshots(kafka), lambda found: len(found) == 40, 10)
    found = await restored(kafka, COUNTING)
    assert (found["rebuilt"], found["tail"]) == (0, set())


async def test_a_checkpoint_that_was_broken_off_between_two_transactions(
    kafka: Kafka, appender: Appender, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some snapshots are newer than others: each says which events are in it."""
    await some_work(kafka, appender, crew)
    monkeypatch.setattr(checkpoints_module, "PART_KEYS", 2)
    checkpoint, parts, broken = task_module.Task._checkpoint, 0, asyncio.Event()

    async def broken_off(self: Any) -> None:
        nonlocal parts
        if parts == 3:
            broken.set()
            await asyncio.Event().wait()
        parts += 1
        await checkpoint(self)

    monkeypatch.setattr(task_module.Task, "_checkpoint", broken_off)
    killed = await crew.working(checkpoint_s=0.5)
    await pour(appender, [str(uuid4()) for _ in range(80)])
    await asyncio.wait_for(broken.wait(), 20)
    await eventually(lambda: effects(kafka), lambda seen: len(seen) >= 160)
    await killed.kill()
    monkeypatch.undo()
    found = await restored(kafka, COUNTING)
    assert found["rebuilt"] == 0
    assert 0 < len(found["tail"]) < 40
    await assert_folded(kafka, COUNTING, found)


async def test_a_key_that_ended_and_began_anew_since_the_checkpoint(kafka: Kafka, crew: Crew) -> None:
    """Once its tombstone is in a checkpoint before it begins anew, once both come after the checkpoint."""
    await create_topics(kafka, [tally.TALLY], topics=tally.TOPICS)
    appender = Appender(kafka)
    await appender.start()

    async def worked(*facts: tuple[str, int], kill: bool) -> None:
        member = await crew.working(tally.TALLY, checkpoint_s=3600)
        before = len(await everything(kafka, tally.EVENTS))
        for key, amount in facts:
            await feed(appender, tally.FACTS, key, tally.Fed(amount=amount), str(uuid4()))
        await eventually(lambda: everything(kafka, tally.EVENTS), lambda seen: len(seen) == before + len(facts))
        await (member.kill() if kill else member.stop())

    await worked(("t/a", 2), ("t/b", 3), kill=False)
    await worked(("t/a", 0), kill=False)
    await worked(("t/a", 4), ("t/b", 0), ("t/b", 6), kill=True)
    await appender.stop()
    found = await restored(kafka, tally.TALLY)
    assert (found["rebuilt"], found["tail"]) == (0, {"t/a", "t/b"})
    assert {key: kept.state.total for key, kept in found["states"].items()} == {"t/a": 4, "t/b": 6}
    await assert_folded(kafka, tally.TALLY, found)


async def test_snapshots_of_before_checkpoints_are_folded_anew(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    """They do not say which events are in them."""
    await some_work(kafka, appender, crew)
    codec = SnapshotCodec(COUNTING)
    value = codec.encode((await fold_events(kafka, COUNTING))["t/0"])
    await appender.know(counting.STATE)
    await appender.append(counting.STATE, "t/0", value, [codec.header])
    assert (await restored(kafka, COUNTING))["rebuilt"] == 1
    assert (await verify(kafka, COUNTING)).stale == ["t/0"]
    await crew.working()
    found = await eventually(lambda: restored(kafka, COUNTING), lambda found: found["rebuilt"] == 0, 20)
    assert found["tail"] == set()
    await assert_folded(kafka, COUNTING, found)


async def test_events_without_a_checkpoint_are_folded_anew(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    """The first owner was killed before its first checkpoint."""
    killed = await crew.working(checkpoint_s=3600)
    await pour(appender, [str(uuid4()) for _ in range(120)])
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 120)
    await killed.kill()
    assert await latest(kafka, counting.STATE) == {}
    assert (await verify(kafka, COUNTING)).ok
    assert (await restored(kafka, COUNTING))["rebuilt"] == 6
    await crew.working()
    found = await eventually(lambda: restored(kafka, COUNTING), lambda found: found["rebuilt"] == 0, 20)
    assert found["tail"] == set()


async def test_an_old_checkpoint_with_events_behind_it_is_not_trusted(
    kafka: Kafka, appender: Appender, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker may have forgotten a tombstone that is younger than the checkpoint."""
    await some_work(kafka, appender, crew)
    killed = await crew.working(checkpoint_s=3600)
    await pour(appender, [str(uuid4()) for _ in range(5)], keys=1)
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 125)
    await killed.kill()
    assert (await restored(kafka, COUNTING))["rebuilt"] == 0
    monkeypatch.setattr(restore_module, "TAIL_KEPT_S", -1)
    found = await restored(kafka, COUNTING)
    assert found["rebuilt"] == 1, "where no event is behind it, its age does not matter"
    await assert_folded(kafka, COUNTING, found)


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
    await eventually(lambda: snapshots(kafka), lambda found: found == {})
    await eventually(lambda: latest(kafka, counting.ROWS), lambda found: found == {})
    await member.stop()
    assert (await restored(kafka, forgetful))["rebuilt"] == 0


async def forget_state(kafka: Kafka) -> None:
    """Delete the state topic and the public one, and make them anew."""
    admin = kafka.admin()
    await admin.start()
    forgotten = {kafka.name(counting.STATE), kafka.name(counting.ROWS)}
    await admin.delete_topics(sorted(forgotten))
    await eventually(admin.list_topics, forgotten.isdisjoint)
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
    monkeypatch.setattr(checkpoints_module, "PART_KEYS", 2)
    commit, written = task_module.Task._commit, asyncio.Event()

    async def broken_off(self: Any, batch: Any) -> None:
        if written.is_set():
            await asyncio.Event().wait()
        await commit(self, batch)
        if batch.outbox.count:
            written.set()

    monkeypatch.setattr(task_module.Task, "_commit", broken_off)
    killed = crew.member()
    await killed.begin()
    await asyncio.wait_for(written.wait(), 20)
    await killed.kill()
    monkeypatch.undo()
    await fence(kafka, COUNTING)
    found = await snapshots(kafka)
    assert 0 < len(found) < 40
    await crew.working()
    await eventually(lambda: latest(kafka, counting.ROWS), lambda found: found == rows)
    ids = [str(uuid4()) for _ in range(40)]
    await pour(appender, ids)
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 160)
    states = (await restored(kafka, COUNTING))["states"]
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
