"""Snapshots in checkpoints: whatever was written when, they and the events behind them are the fold of all events."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from unit.eventlog.tally import FACTS, STATE, TALLY, Added, Erased, Fed, Slept
from unit.eventlog.tally_desk import NOON, Desk, of, snapshots

from volt_contracts import codec
from volt_contracts.eventlog import CommandRefused, KeyCaughtUp, KeyParked, KeyReleased
from volt_contracts.message import Event
from volt_eventlog import checkpoints as checkpoints_module
from volt_eventlog.checkpoints import Checkpoints, Part
from volt_eventlog.fold import CHECKPOINT, NOTHING, UNFINISHED, Kept, SnapshotCodec, folded
from volt_eventlog.keys import Keys
from volt_eventlog.stored import StoredStates
from volt_eventlog.transaction import Raw

CODEC = SnapshotCodec(TALLY)
EVERY_S = 5.0
Said = tuple[str, Event]


@dataclass(frozen=True)
class Stored:
    """A record of the state topic."""

    key: bytes
    value: bytes | None
    headers: object
    timestamp: int = 0


@dataclass
class Life:
    """A partition and its task: the events with their offsets, the state topic, and what is in memory."""

    events: list[tuple[int, str, Event]] = field(default_factory=list)
    end: int = 0
    state: list[Stored] = field(default_factory=list)
    keys: Keys = field(default_factory=lambda: Keys(TALLY, {}, NOON))

    def __post_init__(self) -> None:
        self.checkpoints = Checkpoints(CODEC, self.keys, 0, EVERY_S, {}, 0.0)

    def batch(self, said: Sequence[Said]) -> None:
        """A transaction with these events; a marker stands behind them."""
        changed: dict[str, Kept] = {}
        for key, event in said:
            self.events.append((self.end, key, event))
            self.end += 1
            changed[key] = folded(TALLY, changed.get(key, self.keys.states.get(key, NOTHING)), event)
        self.checkpoints.passed(changed, self.end, 0.0)
        self.keys.commit(changed, [], {}, set(), dict.fromkeys(changed, 1))
        self.end += 1

    def aborted(self) -> None:
        """A transaction that came to nothing takes offsets all the same."""
        self.end += 3

    def part(self) -> Part:
        """One part of a checkpoint is through."""
        part = self.checkpoints.part()
        self.state += [Stored(*record) for record in part.records]
        self.checkpoints.saved(part)
        return part

    def compact(self) -> None:
        """The broker keeps the latest record of each key."""
        self.state = [record for number, record in enumerate(self.state) if self._is_latest(number)]

    def _is_latest(self, number: int) -> bool:
        return all(later.key != self.state[number].key for later in self.state[number + 1 :])

    def restored(self) -> StoredStates:
        """What a new owner finds."""
        stored = StoredStates(TALLY, CODEC)
        for record in self.state:
            stored.take(record)
        stored.open()
        for offset, key, event in self.events:
            stored.fold(offset, key, event, len(codec.encode(event)))
        return stored

    def kill(self) -> None:
        """What is in memory is gone; somebody takes over, with snapshots or without."""
        stored = self.restored()
        whole = stored.whole(self.end)
        assert whole or not self.state
        states = stored.states if whole else self.folded()
        waiting = dict.fromkeys(stored.tail, stored.start) if whole else dict.fromkeys(states, 0)
        self.keys = Keys(TALLY, states, NOON, stored.sizes)
        self.checkpoints = Checkpoints(CODEC, self.keys, self.end, EVERY_S, waiting, 0.0)

    def folded(self) -> dict[str, Kept]:
        """The truth."""
        states: dict[str, Kept] = {}
        for _, key, event in self.events:
            states[key] = folded(TALLY, states.get(key, NOTHING), event)
        return {key: kept for key, kept in states.items() if kept != NOTHING}

    def check(self) -> None:
        """Whatever happens now, nothing is lost and nothing is counted twice."""
        assert self.keys.states == self.folded()
        stored = self.restored()
        if self.state:
            assert stored.whole(self.end)
        assert stored.states == self.folded()


SAID: st.SearchStrategy[Said] = st.tuples(
    st.sampled_from(["t/a", "t/b", "t/c", "t/d"]),
    st.sampled_from(
        [
            Added(amount=1),
            Added(amount=3),
            Slept(at=NOON),
            Erased(),
            KeyParked(cause="c", error="e", message_type="t", resume_at={"facts": 4}, at=NOON),
            KeyReleased(actor="operator:anna", at=NOON),
            KeyCaughtUp(at=NOON),
            CommandRefused(command_id="x", outcome="rejected", at=NOON),
        ]
    ),
)
STEPS = st.lists(
    st.one_of(st.lists(SAID, min_size=1, max_size=6), st.sampled_from(["part", "kill", "abort", "compact"]))
)


@given(STEPS, st.integers(1, 3))
@example([[("t/a", Added(amount=1))], "part", [("t/a", Erased())], "part", [("t/a", Added(amount=3))], "kill"], 1)
@example([[("t/a", Added(amount=1)), ("t/b", Added(amount=1))], "part", [("t/b", Added(amount=3))], "kill", "part"], 1)
def test_a_restore_is_the_fold_of_all_events_whenever_it_comes(steps: list[str | list[Said]], part_keys: int) -> None:
    life = Life()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints_module, "PART_KEYS", part_keys)
        for step in steps:
            match step:
                case "part":
                    life.part()
                case "kill":
                    life.kill()
                case "abort":
                    life.aborted()
                case "compact":
                    life.compact()
                case list():
                    life.batch(step)
            life.check()
        while life.checkpoints.waiting:
            life.part()
        life.check()
        assert life.restored().tail == set() or not life.state, "whoever stops in good order leaves nothing to fold"


def test_a_part_says_from_where_on_the_rest_has_to_be_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints_module, "PART_KEYS", 1)
    life = Life()
    life.batch([("t/a", Added(amount=1))])
    life.batch([("t/b", Added(amount=1)), ("t/a", Added(amount=3))])
    first = life.part()
    assert (list(first.sizes), first.last) == (["t/a"], False)
    assert CODEC.until(first.records[0][2]) == 4, "of everything that is committed"
    assert CODEC.until(first.records[-1][2]) == 1, "b was changed at the earliest by the event behind the first batch"
    assert life.restored().tail == {"t/b"}
    assert life.part().last
    assert life.restored().start == 4


def test_a_key_that_was_changed_again_waits_behind_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints_module, "PART_KEYS", 1)
    life = Life()
    life.batch([("t/a", Added(amount=1)), ("t/b", Added(amount=1))])
    life.part()
    life.batch([("t/a", Added(amount=1))])
    assert list(life.part().sizes) == ["t/b"]
    assert list(life.part().sizes) == ["t/a"]


def test_a_part_ends_where_a_transaction_has_enough_to_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints_module, "PART_BYTES", 2500)
    life = Life()
    life.batch([(f"t/{n}", Added(amount=1, filling="x" * 1000)) for n in range(5)])
    assert [len(life.part().sizes) for _ in range(2)] == [3, 2]


def test_it_is_due_when_the_first_key_has_waited_or_the_tail_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = Checkpoints(CODEC, Keys(TALLY, {}, NOON), 0, EVERY_S, {}, 0.0)
    assert checkpoints.rest_s(100.0) == math.inf
    checkpoints.passed(["t/a"], 1, 100.0)
    checkpoints.passed(["t/a", "t/b"], 4, 103.0)
    assert checkpoints.rest_s(103.0) == 2.0
    assert checkpoints.rest_s(105.0) == checkpoints.rest_s(200.0) == 0.0
    monkeypatch.setattr(checkpoints_module, "CHECKPOINT_RECORDS", 3)
    assert checkpoints.rest_s(103.0) == 0.0, "four offsets lie between what is stored and what is folded"
    checkpoints.saved(checkpoints.part())
    assert checkpoints.rest_s(200.0) == math.inf


def test_without_an_interval_it_is_due_after_every_batch() -> None:
    checkpoints = Checkpoints(CODEC, Keys(TALLY, {}, NOON), 0, 0.0, {}, 0.0)
    checkpoints.passed(["t/a"], 1, 100.0)
    assert checkpoints.rest_s(100.0) == 0.0


def test_what_was_restored_with_a_tail_is_written_soon() -> None:
    checkpoints = Checkpoints(CODEC, Keys(TALLY, {}, NOON), 90, EVERY_S, {"t/a": 40}, 100.0)
    assert checkpoints.rest_s(101.0) == 4.0
    part = checkpoints.part()
    assert [key for key, _, _ in part.records] == [b"t/a", CHECKPOINT.encode()]
    assert [CODEC.until(headers) for _, _, headers in part.records] == [90, 90]


def test_a_state_that_no_record_can_hold_is_folded_from_its_events_at_every_restore() -> None:
    """It blocks nobody: the others are written, and the checkpoint stays where that key's events begin."""
    life = Life()
    life.batch([("t/a", Added(amount=1))])
    life.batch([("t/giant", Added(amount=1, swelling=1_000_000)), ("t/b", Added(amount=1))])
    part = life.part()
    assert (part.too_large, life.checkpoints.waiting) == ({"t/giant"}, 0)
    life.check()
    assert (life.restored().start, life.restored().tail) == (1, {"t/giant"})
    life.batch([("t/a", Added(amount=1))])
    life.part()
    life.check()
    life.batch([("t/a", Added(amount=1)), ("t/giant", Added(amount=1))])
    life.part()
    life.check()
    life.kill()
    life.part()
    life.check()
    assert life.restored().start == 1
    life.batch([("t/giant", Erased())])
    life.part()
    life.check()
    assert life.restored().tail == set()


async def test_a_snapshot_says_of_which_fold_it_is_and_which_events_are_in_it() -> None:
    desk = Desk()
    await desk.work(*(desk.fact(Fed(amount=1), topic=FACTS) for _ in range(5)))
    written = await desk.checkpoint()
    value = snapshots(written)["t/a"]
    assert value is not None
    assert desk.snapshots.decode(value) == desk.keys.states["t/a"]
    for one in of(written, STATE):
        assert one.headers == {"volt_fold": desk.snapshots.fold_hash.encode(), "volt_until": b"5"}


async def test_a_key_that_ended_leaves_a_tombstone_that_says_so_too() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(amount=2), topic=FACTS))
    await desk.work(desk.fact(Fed(amount=0), topic=FACTS))
    written = await desk.checkpoint()
    assert snapshots(written) == {"t/a": None}
    assert of(written, STATE)[0].headers["volt_until"] == b"2"


async def test_a_large_state_is_named() -> None:
    desk = Desk()
    facts = desk.fact(Fed(filling=9000), topic=FACTS), desk.fact(Fed(), topic=FACTS, key="t/b")
    await desk.work(*facts)
    assert [key for key, _ in desk.checkpoints.part().large()] == ["t/a"]


def stored(*records: Stored) -> StoredStates:
    """A state topic that holds these."""
    found = StoredStates(TALLY, CODEC)
    for record in records:
        found.take(record)
    found.open()
    return found


def raw(key: str, kept: Kept, until: int) -> Raw:
    """A snapshot as a checkpoint writes it."""
    return key.encode(), CODEC.encode(kept), CODEC.headers(until)


A, B = Stored(*raw("t/a", folded(TALLY, NOTHING, Added(amount=1)), 4)), Stored(*raw("t/b", NOTHING, 7))
MARK = Stored(CHECKPOINT.encode(), b"{}", CODEC.headers(4))


def test_snapshots_with_a_checkpoint_are_whole() -> None:
    found = stored(A, B, MARK)
    assert found.whole(end=7)
    assert (found.start, found.known, found.records) == (4, {"t/a"}, 3)


@pytest.mark.parametrize(
    "records",
    [
        (A,),
        (replace(A, headers=[CODEC.header]), MARK),
        (A, replace(MARK, headers=[CODEC.header])),
        (replace(A, headers=[("volt_fold", b"1-of another"), ("volt_until", b"4")]), MARK),
        (A, replace(MARK, headers=[("volt_fold", b"1-of another"), ("volt_until", b"4")])),
        (A, MARK, Stored(UNFINISHED.encode(), b"{}", [("volt_fold", b"rebuilding")])),
        (replace(A, headers=CODEC.headers(8)), MARK),
        (A, replace(MARK, headers=CODEC.headers(8))),
        (A, replace(B, headers=CODEC.headers(8)), MARK),
        (),
    ],
    ids=[
        "no checkpoint",
        "a snapshot of before checkpoints",
        "a checkpoint that says nothing",
        "a snapshot of another fold",
        "a checkpoint of another fold",
        "a rebuild that was broken off",
        "a snapshot of events that the log does not have",
        "a checkpoint of such",
        "a tombstone of such",
        "nothing",
    ],
)
def test_what_is_not_whole_is_folded_anew(records: tuple[Stored, ...]) -> None:
    assert not stored(*records).whole(end=7)


def test_a_later_record_makes_good_what_an_earlier_one_was() -> None:
    of_before = replace(A, headers=[CODEC.header])
    broken_off = Stored(UNFINISHED.encode(), b"{}", [("volt_fold", b"rebuilding")])
    assert stored(of_before, broken_off, A, MARK, replace(broken_off, value=None)).whole(end=7)
    assert not stored(A, MARK, of_before).whole(end=7)


def test_a_key_whose_snapshot_is_of_another_fold_is_named() -> None:
    found = stored(A, replace(B, value=b"{}", headers=[]), MARK)
    assert found.stale == {"t/b"}
    assert found.known == {"t/a", "t/b"}
    found.fold(5, "t/b", Added(amount=1), 30)
    assert set(found.states) == {"t/a"}, "nothing is guessed"
