"""A key that makes its decider fail is parked, and nothing else is; released, it is caught up."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from unit.eventlog.tally import ACTOR, COMMANDS, EVENTS, FACTS, MENDED, STATE, TALLY, Add, Added, Fed
from unit.eventlog.tally_desk import NOON, Desk, events, of, outputs, snapshots

from volt_contracts.eventlog import CommandRefused, KeyCatchingUp, KeyCaughtUp, KeyParked, KeyReleased, ReleaseKey
from volt_eventlog.batch import StateTooLarge
from volt_eventlog.decider import Decider
from volt_eventlog.fold import Kept, Parked
from volt_eventlog.sizes import STATE_MAX_BYTES, check_size


def released(desk: Desk, decider: Decider = MENDED) -> Desk:
    """The same task after its code was changed: states and offsets go on."""
    return Desk(decider, dict(desk.keys.states), positions=dict(desk.positions), now=desk.now)


async def test_poison_parks_its_key_with_what_led_to_it() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(amount=5), topic=FACTS))
    topic, poison = desk.fact(Fed(poison=True), topic=FACTS)
    (parked,) = events(await desk.work((topic, poison)))
    assert isinstance(parked, KeyParked)
    assert parked.cause == dict(poison.headers)["ce_id"].decode()
    assert parked.message_type == "feeder.fed.v1"
    assert "Poison: the fact is poison" in parked.error
    assert parked.resume_at == {FACTS.name: poison.offset, COMMANDS.name: 0}
    assert desk.keys.states["t/a"].state.total == 5, "the state is what it was before"


async def test_offsets_of_the_other_inputs_are_those_reached_when_it_was_parked() -> None:
    desk = Desk(positions={FACTS.name: 70, COMMANDS.name: 30})
    batch = desk.batch()
    batch.take(*desk.fact(Add(actor=ACTOR), topic=COMMANDS))
    batch.take(*desk.fact(Fed(), topic=FACTS))
    batch.take(*desk.fact(Fed(poison=True), topic=FACTS))
    batch.take(*desk.fact(Add(actor=ACTOR), topic=COMMANDS, key="t/b"))
    written = await desk.commit(batch)
    parked = next(event for event in events(written) if isinstance(event, KeyParked))
    assert parked.resume_at == {FACTS.name: 71, COMMANDS.name: 31}


async def test_followers_are_skipped_and_counted_and_other_keys_go_on() -> None:
    desk = Desk()
    batch = desk.batch()
    batch.take(*desk.fact(Fed(poison=True), topic=FACTS))
    batch.take(*desk.fact(Fed(amount=2), topic=FACTS))
    batch.take(*desk.fact(Fed(amount=3), topic=FACTS, key="t/b"))
    written = await desk.commit(batch)
    assert [type(event) for event in events(written)] == [KeyParked, Added]
    assert batch.counts[("parked", "feeder.fed.v1")] == 1
    assert set(desk.keys.states) == {"t/a", "t/b"}


async def test_commands_to_a_parked_key_are_rejected_under_their_own_ids() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(poison=True), topic=FACTS))
    command = "22222222-2222-4222-8222-222222222222"
    written = await desk.work(desk.fact(Add(actor=ACTOR), topic=COMMANDS, id=command))
    (refused,) = events(written)
    assert isinstance(refused, CommandRefused)
    assert (refused.command_id, refused.outcome) == (command, "rejected")
    assert of(written, EVENTS)[0].headers["command_id"] == command.encode()


async def test_a_command_that_fails_gets_its_outcome_at_once() -> None:
    desk = Desk(decider=_failing_commands())
    written = await desk.work(desk.fact(Add(actor=ACTOR), topic=COMMANDS))
    assert [type(event) for event in events(written)] == [KeyParked, CommandRefused]


def _failing_commands() -> Decider:
    def decide(_state: Any, _message: Any, _tables: Any) -> Any:
        raise KeyError("nothing works")

    return replace(TALLY, decide=decide)


async def test_a_deadline_that_fails_parks_its_key_at_the_offsets_reached() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(), topic=FACTS))
    desk = released(desk, _failing_commands())
    batch = desk.batch()
    batch.wake("t/a", NOON + timedelta(hours=1))
    (parked,) = events(await desk.commit(batch))
    assert isinstance(parked, KeyParked)
    assert parked.message_type == "tick silence"
    assert parked.resume_at == desk.positions
    desk.keys.timers.pop(NOON + timedelta(hours=1))
    desk.keys.reschedule("t/a")
    assert desk.keys.timers.next_at() is None, "a parked key is not woken"


async def test_a_release_marks_the_key_and_is_answered() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(poison=True), topic=FACTS))
    desk = released(desk)
    written = await desk.work(desk.fact(ReleaseKey(actor=ACTOR), topic=COMMANDS))
    assert [type(event) for event in events(written)] == [KeyReleased, CommandRefused]
    assert events(written)[0].actor == "operator:anna"
    assert events(written)[1].outcome == "accepted"
    assert [key for key, _ in desk.keys.catching_up()] == ["t/a"]


async def parked_and_released() -> tuple[Desk, Any, list[Any]]:
    """A desk whose key was parked by poison, missed three facts, and has been released; with what it missed."""
    desk = Desk()
    await desk.work(desk.fact(Fed(amount=5), topic=FACTS))
    poison = desk.fact(Fed(amount=10, poison=True), topic=FACTS)
    missed = [desk.fact(Fed(amount=n), topic=FACTS) for n in (1, 2)]
    await desk.work(poison, *missed)
    desk = released(desk)
    await desk.work(desk.fact(ReleaseKey(actor=ACTOR), topic=COMMANDS))
    return desk, poison, missed


async def test_catching_up_decides_on_all_that_was_missed() -> None:
    desk, poison, missed = await parked_and_released()
    batch = desk.batch()
    batch.catch_up(desk.slice("t/a", [poison, *missed]))
    written = await desk.commit(batch)
    assert [type(event) for event in events(written)] == [Added, Added, Added, KeyCaughtUp]
    assert desk.keys.states["t/a"] == Kept(TALLY.evolve(None, Added(amount=18)))
    assert desk.keys.catching_up() == []


async def test_newer_facts_of_the_key_wait_until_the_last_slice() -> None:
    desk, poison, missed = await parked_and_released()
    rest = {FACTS.name: missed[0][1].offset, COMMANDS.name: desk.positions[COMMANDS.name]}
    batch = desk.batch()
    batch.catch_up(desk.slice("t/a", [poison], rest=rest))
    batch.take(*desk.fact(Fed(amount=100), topic=FACTS))
    written = await desk.commit(batch)
    assert [type(event) for event in events(written)] == [Added, KeyCatchingUp]
    assert desk.keys.catching_up()[0][1].resume_at == rest
    assert desk.keys.states["t/a"].state.total == 15
    batch = desk.batch()
    batch.catch_up(desk.slice("t/a", missed))
    batch.take(*desk.fact(Fed(amount=1000), topic=FACTS))
    await desk.commit(batch)
    assert desk.keys.states["t/a"].state.total == 1018, "facts after the last slice follow at once"


async def test_a_failure_in_the_middle_of_a_slice_parks_it_again_from_there() -> None:
    desk, _, missed = await parked_and_released()
    worse = desk.fact(Fed(poison=True), topic=FACTS)
    after = desk.fact(Fed(amount=4), topic=FACTS)
    desk = released(desk, TALLY)
    batch = desk.batch()
    batch.catch_up(desk.slice("t/a", [*missed, worse, after]))
    written = await desk.commit(batch)
    assert [type(event) for event in events(written)] == [Added, Added, KeyParked]
    assert events(written)[-1].resume_at[FACTS.name] == worse[1].offset
    parked = desk.keys.states["t/a"].parked
    assert parked is not None
    assert not parked.catching_up


async def test_every_event_of_a_key_has_an_id_of_its_own_through_parking_and_release() -> None:
    desk, poison, missed = await parked_and_released()
    again = released(desk, TALLY)
    batch = again.batch()
    batch.catch_up(again.slice("t/a", [poison, *missed]))
    twice = await again.commit(batch)
    assert [type(event) for event in events(twice)] == [KeyParked], "it was released too early"
    healed = released(again)
    freed = await healed.work(healed.fact(ReleaseKey(actor=ACTOR), topic=COMMANDS))
    batch = healed.batch()
    batch.catch_up(healed.slice("t/a", [poison, *missed]))
    last = await healed.commit(batch)
    first = Desk()
    first.fact(Fed(amount=5), topic=FACTS)
    parked = await first.work(poison)
    ids = [one.id for written in (parked, twice, freed, last) for one in of(written, EVENTS)]
    assert len(ids) == len(set(ids))


async def test_a_state_that_grows_too_large_stops_the_batch() -> None:
    desk = Desk()
    batch = desk.batch()
    batch.take(*desk.fact(Fed(filling=STATE_MAX_BYTES + 1), topic=FACTS))
    with pytest.raises(StateTooLarge) as large:
        batch.close()
    assert large.value.key == "t/a"


async def test_a_condemned_key_is_parked_at_its_first_message_and_others_go_on() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(amount=5), topic=FACTS))
    small, large = desk.fact(Fed(amount=1), topic=FACTS), desk.fact(Fed(filling=STATE_MAX_BYTES), topic=FACTS)
    batch = desk.batch(condemned={"t/a": "the state of t/a would be 300000 bytes"})
    for topic, record in (small, large, desk.fact(Fed(amount=2), topic=FACTS, key="t/b")):
        batch.take(topic, record)
    written = await desk.commit(batch)
    assert [type(event) for event in events(written)] == [KeyParked, Added]
    assert "would be 300000 bytes" in events(written)[0].error
    assert events(written)[0].resume_at[FACTS.name] == small[1].offset


async def test_a_key_near_the_limit_can_still_be_parked() -> None:
    """What parking adds to a state must not make it too large to be parked."""
    desk = Desk()
    await desk.work(desk.fact(Fed(filling=STATE_MAX_BYTES - 200), topic=FACTS))
    written = await desk.work(desk.fact(Fed(poison=True), topic=FACTS))
    assert [type(event) for event in events(written)] == [KeyParked]


async def test_a_state_that_grows_in_small_steps_is_measured_before_it_is_too_large() -> None:
    """It is not encoded in every batch; but no state passes the limit by bytes that its events have brought."""
    desk, step = Desk(), 20_000
    for number in range(1, 20):
        batch = desk.batch()
        batch.take(*desk.fact(Fed(filling=step), topic=FACTS))
        if number * step > STATE_MAX_BYTES - 100:
            with pytest.raises(StateTooLarge):
                batch.close()
            return
        await desk.commit(batch)
        assert desk.keys.sizes["t/a"] >= len(desk.snapshots.encode(desk.keys.states["t/a"]) or b"")
    pytest.fail("it was never refused")


async def test_small_states_are_not_encoded_to_be_measured() -> None:
    desk = Desk()
    for _ in range(20):
        await desk.work(desk.fact(Fed(), topic=FACTS))
    first = desk.keys.sizes["t/a"]
    assert first > 20 * len(b'{"type":"tally.added.v1","amount":1}')
    await desk.checkpoint()
    assert desk.keys.sizes["t/a"] == len(desk.snapshots.encode(desk.keys.states["t/a"]) or b"") < first


async def test_a_state_that_was_found_too_large_at_a_checkpoint_parks_its_key_at_the_next_message() -> None:
    """Its events do not show how it grows. It is kept all the same: what was decided is decided."""
    desk = Desk()
    await desk.work(desk.fact(Fed(swelling=STATE_MAX_BYTES + 1), topic=FACTS))
    value = snapshots(await desk.checkpoint())["t/a"]
    assert value is not None
    assert desk.snapshots.decode(value) == desk.keys.states["t/a"]
    refused = await desk.work(desk.fact(ReleaseKey(actor=ACTOR), topic=COMMANDS, key="t/b"))
    assert [type(event) for event in events(refused)] == [CommandRefused], "others go on"
    fact = desk.fact(Fed(), topic=FACTS)
    batch = desk.batch()
    batch.take(*fact)
    with pytest.raises(StateTooLarge) as large:
        batch.close()
    again = desk.batch(condemned={large.value.key: str(large.value)})
    again.take(*fact)
    assert [type(event) for event in events(await desk.commit(again))] == [KeyParked]


async def test_a_command_of_the_runner_for_a_state_that_is_too_large_is_answered() -> None:
    """It is no message at which the key could be parked; the batch must not be done again for ever."""
    desk = Desk()
    await desk.work(desk.fact(Fed(swelling=STATE_MAX_BYTES + 1), topic=FACTS))
    await desk.checkpoint()
    batch = desk.batch(condemned={"t/a": "the state of t/a would be 300000 bytes"})
    batch.take(*desk.fact(ReleaseKey(actor=ACTOR), topic=COMMANDS))
    assert [type(event) for event in events(await desk.commit(batch))] == [CommandRefused]


async def test_a_parked_key_without_a_state_is_kept_and_restored() -> None:
    desk = Desk()
    assert of(await desk.work(desk.fact(Fed(poison=True), topic=FACTS)), STATE) == []
    written = await desk.checkpoint()
    value = snapshots(written)["t/a"]
    assert value is not None
    kept = desk.snapshots.decode(value)
    assert kept.state is None
    assert isinstance(kept.parked, Parked)
    assert len(of(written, STATE)) == 2, "the snapshot and the checkpoint"


async def test_a_dead_letter_is_never_too_large_for_the_broker() -> None:
    desk = Desk()
    batch = desk.batch()
    batch.take(*desk.fact(b"x" * 1_040_000, topic=FACTS))
    (dead,) = await outputs(batch)
    check_size(dead.topic, dead.key.encode(), dead.value, list(dead.headers.items()))
    assert (dead.value or b"").startswith(b"xxx")
    assert dead.headers["volt_cut"] == b"1040000"


async def test_neither_are_its_headers() -> None:
    desk = Desk()
    topic, record = desk.fact(b"{nonsense", topic=FACTS)
    headers = [*record.headers, ("large", b"x" * 500_000), *((f"h{n}", b"x" * 10_000) for n in range(90))]
    batch = desk.batch()
    batch.take(topic, replace(record, headers=headers, key=b"k" * 100_000))
    (dead,) = await outputs(batch)
    check_size(dead.topic, dead.key.encode(), dead.value, list(dead.headers.items()))
    assert "volt_error" in dead.headers
