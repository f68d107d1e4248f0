"""A batch without Kafka: what it decides, on which states, and what it would write under which ids."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest
from aiokafka.errors import KafkaError
from unit.eventlog.tally import ACTOR as ANNA
from unit.eventlog.tally import (
    COMMANDS,
    DEAD,
    EVENTS,
    FACTS,
    NEIGHBOUR,
    OTHERS,
    SILENCE,
    STATE,
    TALLY,
    Add,
    Added,
    Done,
    Fed,
    Noise,
    Slept,
    Total,
    decide,
)
from unit.eventlog.tally_desk import NOON, PREFIX, Collector, Desk, Fetched, events, of, outputs

from volt_contracts import codec
from volt_contracts.eventlog import CommandRefused, KeyParked, ReleaseKey
from volt_eventlog.decider import Decided, Decider, Output, Record, Tables
from volt_eventlog.fold import Kept
from volt_eventlog.message import Message, Tick
from volt_eventlog.partition import partition_of
from volt_eventlog.transaction import Outbox


async def test_every_message_sees_the_effects_of_those_before_it_in_the_same_batch() -> None:
    desk = Desk()
    written = await desk.work(
        desk.fact(Fed(amount=2), topic=FACTS),
        desk.fact(Fed(amount=3), topic=FACTS),
        desk.fact(Add(amount=4, actor=ANNA), topic=COMMANDS),
    )
    assert [type(event) for event in events(written)] == [Added, Added, Added, Done]
    assert events(written)[-1].total == 9
    assert desk.keys.states["t/a"].state.total == 9


async def test_nothing_changes_before_the_commit() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(amount=2), topic=FACTS))
    batch = desk.batch()
    batch.take(*desk.fact(Fed(amount=3), topic=FACTS))
    assert desk.keys.states["t/a"].state.total == 2
    assert batch.kept("t/a").state.total == 5
    assert desk.batch().kept("t/a").state.total == 2, "what was not committed is gone with its batch"


async def test_a_batch_writes_no_snapshot() -> None:
    desk = Desk()
    written = await desk.work(*(desk.fact(Fed(amount=1), topic=FACTS) for _ in range(5)))
    assert len(events(written)) == 5
    assert of(written, STATE) == []


async def test_a_key_that_ends_leaves_nothing_in_memory() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(amount=2), topic=FACTS))
    await desk.work(desk.fact(Fed(amount=0), topic=FACTS))
    assert "t/a" not in desk.keys.states
    assert "t/a" not in desk.keys.sizes


async def test_ids_are_derived_from_the_cause_by_position() -> None:
    desk = Desk()
    topic, record = desk.fact(Fed(amount=2, forwards=2), topic=FACTS)
    cause = UUID(dict(record.headers)["ce_id"].decode())
    written = await desk.work((topic, record))
    first, second = of(written, OTHERS)
    (event,) = of(written, EVENTS)
    assert [first.id, second.id, event.id] == [str(uuid5(cause, f"tally.tally/{index}")) for index in range(3)]
    assert first.headers["command_id"].decode() == first.id, "a command's id is its record's"
    assert (first.key, first.partition) == (NEIGHBOUR, partition_of(NEIGHBOUR, 6))
    assert event.partition == 0, "a task writes its own events into its own partition"


async def test_an_outcome_bears_its_commands_id_wherever_it_stands() -> None:
    """A command that is appended twice is answered twice with one id, so that readers see one outcome."""
    desk = Desk()
    command = "11111111-1111-4111-8111-111111111111"
    once = await desk.work(desk.fact(Add(actor=ANNA), topic=COMMANDS, id=command))
    again = await desk.work(desk.fact(Add(actor=ANNA, quiet=True), topic=COMMANDS, id=command))
    first = next(w for w in of(once, EVENTS) if w.tag == "tally.done.v1")
    second = next(w for w in of(again, EVENTS) if w.tag == "tally.done.v1")
    assert first.id == second.id == str(uuid5(UUID(command), "tally.tally/outcome"))
    assert first.headers["command_id"] == second.headers["command_id"] == command.encode()
    assert first.id not in {w.id for w in of(once, EVENTS) if w.tag != "tally.done.v1"}


async def test_the_same_input_gives_the_same_records_byte_for_byte() -> None:
    records = Desk()
    inputs = [records.fact(Fed(amount=n, forwards=n % 2), topic=FACTS) for n in range(1, 6)]
    assert await Desk().work(*inputs) == await Desk().work(*inputs)


async def test_outputs_name_their_cause_and_carry_its_trace() -> None:
    desk = Desk()
    trace = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    topic, record = desk.fact(Fed(amount=2, forwards=1), topic=FACTS, traceparent=trace)
    written = await desk.work((topic, record))
    for one in [*of(written, EVENTS), *of(written, OTHERS)]:
        assert one.headers["ce_causationid"] == one.headers["ce_correlationid"] == dict(record.headers)["ce_id"]
        assert one.headers["traceparent"] == trace
        assert one.headers["ce_source"] == b"/tally.tally/0"
        assert one.headers["ce_subject"].decode() == one.key


async def test_a_tick_names_its_deadline_and_its_time_on_all_it_causes() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(), topic=FACTS))
    batch, due, now = desk.batch(), desk.now + SILENCE, NOON + timedelta(minutes=12)
    batch.wake("t/a", now)
    written = await desk.commit(batch)
    (slept,) = of(written, EVENTS)
    (sent,) = of(written, OTHERS)
    tick = Tick("t/a", "silence", due, now, TALLY.lane)
    assert events(written) == [Slept(at=now)]
    assert [slept.id, sent.id] == [tick.output_id(0), tick.output_id(1)]
    assert slept.headers["volt_deadline"] == sent.headers["volt_deadline"] == f"silence@{now.isoformat()}".encode()
    assert sent.headers["x"] == b"y"
    assert slept.headers["ce_causationid"] == sent.headers["ce_causationid"]


async def test_a_sign_of_life_in_the_same_batch_puts_the_deadline_off() -> None:
    """An hour's backlog: what the batch itself holds counts, not only what was committed before."""
    desk = Desk()
    await desk.work(desk.fact(Fed(), topic=FACTS))
    desk.now += timedelta(hours=1)
    batch = desk.batch()
    batch.take(*desk.fact(Fed(), topic=FACTS))
    later = desk.now + timedelta(seconds=1)
    assert desk.keys.timers.pop(later) == ["t/a"]
    batch.wake("t/a", later)
    assert [type(event) for event in events(await desk.commit(batch))] == [Added]
    assert desk.keys.timers.next_at() == desk.now + SILENCE, "and it is asked again"


async def test_an_ignored_record_is_no_sign_of_life() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(), topic=FACTS))
    desk.now += timedelta(hours=1)
    batch = desk.batch()
    batch.take(*desk.fact(Noise(), topic=FACTS))
    batch.wake("t/a", desk.now)
    assert events(await desk.commit(batch)) == [Slept(at=desk.now)]


async def test_a_key_that_was_parked_or_ended_in_the_same_batch_is_not_woken() -> None:
    for last in (Fed(poison=True), Fed(amount=0)):
        desk = Desk()
        await desk.work(desk.fact(Fed(), topic=FACTS))
        batch = desk.batch()
        batch.take(*desk.fact(last, topic=FACTS))
        batch.wake("t/a", NOON + timedelta(days=1))
        assert Slept not in [type(event) for event in events(await desk.commit(batch))]


async def test_silence_counts_from_the_takeover_where_nothing_was_heard_since() -> None:
    restored = NOON + timedelta(hours=5)
    desk = Desk(states={"t/a": Kept(TALLY.evolve(None, Added(amount=1)))}, restored_at=restored)
    assert desk.keys.timers.next_at() == restored + SILENCE
    assert desk.keys.last_input("t/a") == restored


async def test_ids_of_ticks_differ_by_deadline_and_time() -> None:
    later = NOON + timedelta(seconds=1)
    ticks = [
        Tick(key, name, deadline, at, lane)
        for key in ("t/a", "t/b")
        for name in ("silence", "grace")
        for deadline in (NOON, later)
        for at in (NOON, later)
        for lane in ("tally.tally", "other.tally")
    ]
    assert len({tick.output_id(0) for tick in ticks}) == len(ticks)


async def test_ignored_types_are_counted_undecoded_and_move_the_offset() -> None:
    desk = Desk()
    batch = desk.batch()
    topic, record = desk.fact(Noise(), topic=FACTS)
    batch.take(topic, Fetched(**{**record.__dict__, "value": b"{not even json"}))
    assert batch.counts == {("ignored", "feeder.noise.v1"): 1}
    assert batch.positions[FACTS.name] == record.offset + 1
    assert await outputs(batch) == []
    assert batch.inputs == {}


@pytest.mark.parametrize(
    ("value", "kept_headers"),
    [(b"{nonsense", True), (b'{"type":"feeder.gone.v1"}', True), (b'{"type":"feeder.fed.v1"}', False)],
    ids=["undecodable", "unknown type in the value", "no headers"],
)
async def test_what_cannot_be_read_goes_to_the_dead_letters(value: bytes, kept_headers: bool) -> None:
    desk = Desk()
    topic, record = desk.fact(value, topic=FACTS)
    if not kept_headers:
        record = Fetched(**{**record.__dict__, "headers": []})
    written = await desk.work((topic, record), desk.fact(Fed(amount=1), topic=FACTS))
    (dead,) = of(written, DEAD)
    assert (dead.key, dead.value, dead.partition) == ("t/a", value, 0)
    assert dead.headers["volt_position"] == f"{PREFIX}feeder.events-0@{record.offset}".encode()
    assert dead.headers["volt_error"]
    assert [type(event) for event in events(written)] == [Added], "and the task goes on"


async def test_a_dead_letter_without_a_key_gets_one() -> None:
    desk = Desk()
    topic, record = desk.fact(Fed(), topic=FACTS)
    written = await desk.work((topic, Fetched(**{**record.__dict__, "key": None})))
    assert [one.key for one in of(written, DEAD)] == ["-"]


async def test_a_tombstone_in_an_inputs_topic_is_no_message() -> None:
    desk = Desk()
    topic, record = desk.fact(Fed(), topic=FACTS)
    written = await desk.work((topic, Fetched(**{**record.__dict__, "value": None})))
    assert len(of(written, DEAD)) == 1
    assert events(written) == []


async def test_a_release_of_a_key_that_is_not_parked_is_rejected() -> None:
    desk = Desk()
    written = await desk.work(desk.fact(ReleaseKey(actor=ANNA), topic=COMMANDS))
    (refused,) = events(written)
    assert isinstance(refused, CommandRefused)
    assert (refused.outcome, refused.sentence) == ("rejected", "this key is not parked")


async def test_an_output_that_is_too_large_parks_its_key_and_writes_nothing_else() -> None:
    desk = Desk()
    written = await desk.work(desk.fact(Fed(giant=1_000_000), topic=FACTS), desk.fact(Fed(), topic=FACTS, key="t/b"))
    assert [type(event) for event in events(written)] == [KeyParked, Added]
    assert "TooLarge" in events(written)[0].error
    assert all(len(one.value or b"") < 100_000 for one in written)


async def test_an_empty_batch_writes_nothing() -> None:
    batch = Desk().batch()
    batch.close()
    assert batch.outbox.count == 0


async def test_records_of_one_partition_go_out_in_order_over_several_producer_batches() -> None:
    outbox, collector = Outbox(), Collector(room=3)
    for number in range(8):
        outbox.add("t", number % 2, b"k", str(number).encode(), [])
    await outbox.send(collector)
    sent = {place: [w.value for w in collector.sent if w.partition == place] for place in (0, 1)}
    assert sent == {0: [b"0", b"2", b"4", b"6"], 1: [b"1", b"3", b"5", b"7"]}
    assert collector.batches == 4


async def test_what_was_sent_says_where_it_ends() -> None:
    outbox, collector = Outbox(), Collector(room=3, ends={("t", 1): 40})
    for number in range(9):
        outbox.add("t", number % 2, b"k", b"v", [])
    assert await outbox.send(collector) == {("t", 0): 5, ("t", 1): 44}


async def test_a_batch_whose_place_is_not_known_is_not_committed() -> None:
    """The broker forgets the offsets of requests that are repeated too late; a guess would lose events at a restore."""
    outbox = Outbox()
    outbox.add("t", 0, b"k", b"v", [])
    with pytest.raises(KafkaError, match="t-0"):
        await outbox.send(Collector(ends={("t", 0): -1}))


async def test_the_lane_is_part_of_every_id() -> None:
    """Two deciders that read the same fact must not give their events one id."""
    desk = Desk()
    message = desk.slice("t/a", [desk.fact(Fed(), topic=FACTS)]).messages[0]
    assert message.output_id(0) != msgspec.structs.replace(message, lane="other.tally").output_id(0)


async def test_a_state_of_before_goes_on() -> None:
    total = codec.decode(EVENTS, "tally.added.v1", b'{"type":"tally.added.v1","amount":40}')
    state = TALLY.evolve(None, total)
    desk = Desk(states={"t/a": Kept(state)})
    written = await desk.work(desk.fact(Add(amount=2, actor=ANNA), topic=COMMANDS))
    assert events(written)[-1].total == 42


def offering(state_after: Callable[[Any, list[Output]], Any]) -> Decider:
    """The tally, offering a state with its outputs; its fold must not be asked."""

    def decided(state: Any, message: Message | Tick, tables: Tables) -> Decided:
        outputs = decide(state, message, tables)
        return Decided(outputs, state_after(state, outputs))

    def evolve(_state: Any, event: Any) -> Any:
        raise AssertionError(f"{event} is folded once more")

    return replace(TALLY, decide=decided, evolve=evolve)


def _folded(state: Any, outputs: list[Output]) -> Any:
    for output in outputs:
        if not isinstance(output, Record):
            state = TALLY.evolve(state, output)
    return state


async def test_a_state_that_the_decider_has_folded_is_taken_as_it_is() -> None:
    facts = [(2, 0), (3, 1), (0, 0), (7, 0)]
    offered, folded = Desk(decider=offering(_folded)), Desk()
    for desk in (offered, folded):
        for amount, forwards in facts:
            await desk.work(desk.fact(Fed(amount=amount, forwards=forwards), topic=FACTS))
    assert offered.written == folded.written
    assert offered.keys.states == folded.keys.states == {"t/a": Kept(Total(7))}


async def test_an_offered_state_without_events_changes_nothing() -> None:
    desk = Desk(decider=offering(lambda _state, _outputs: Total(99)))
    written = await desk.work(desk.fact(Fed(giant=10), topic=FACTS))
    assert [one.topic for one in written] == [f"{PREFIX}tally.rows"]
    assert desk.keys.states == {}


async def test_an_offered_state_is_not_taken_when_its_outputs_cannot_be_written() -> None:
    def decided(state: Any, message: Message | Tick, tables: Tables) -> Decided:
        return Decided([*decide(state, message, tables), Added(amount=1)], Total(99))

    desk = Desk(decider=replace(TALLY, decide=decided))
    written = await desk.work(desk.fact(Fed(giant=1_000_000), topic=FACTS))
    assert [type(event) for event in events(written)] == [KeyParked]
    assert desk.keys.states["t/a"].state is None
