"""The fold: states, what the runner keeps beside them, their snapshots, and the hashes that void or compare them."""

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.eventlog import tally
from unit.eventlog.tally import TALLY, Added, Erased, Slept, Total

from volt_contracts.eventlog import CommandRefused, KeyCatchingUp, KeyCaughtUp, KeyParked, KeyReleased
from volt_contracts.message import Event
from volt_eventlog import message
from volt_eventlog.fold import NOTHING, Kept, Parked, SnapshotCodec, code_hash, folded, state_hash

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PARKED = KeyParked(cause="c", error="e", message_type="t", resume_at={"facts": 4}, at=NOON)
RELEASED = KeyReleased(actor="operator:anna", at=NOON)
CAUGHT_UP = KeyCaughtUp(at=NOON)
REFUSED = CommandRefused(command_id="x", outcome="rejected", at=NOON)


def fold(*events: Event) -> Kept:
    """Fold from nothing."""
    kept = NOTHING
    for event in events:
        kept = folded(TALLY, kept, event)
    return kept


def test_the_deciders_events_change_the_state() -> None:
    assert fold(Added(amount=2), Added(amount=3)) == Kept(Total(total=5))


def test_the_runners_events_change_only_the_wrapper() -> None:
    kept = fold(Added(amount=2), PARKED)
    assert kept == Kept(Total(total=2), Parked("c", "e", {"facts": 4}))
    assert fold(Added(amount=2), REFUSED) == Kept(Total(total=2))


def test_parked_released_caught_up() -> None:
    assert fold(PARKED, RELEASED).parked == Parked("c", "e", {"facts": 4}, catching_up=True)
    further = KeyCatchingUp(resume_at={"facts": 90}, at=NOON)
    assert fold(PARKED, RELEASED, further).parked == Parked("c", "e", {"facts": 90}, catching_up=True)
    assert fold(PARKED, RELEASED, further, CAUGHT_UP) == NOTHING
    assert fold(PARKED, RELEASED, Added(amount=1), PARKED).parked == Parked("c", "e", {"facts": 4})


def test_events_of_a_key_that_is_not_parked_park_nothing() -> None:
    assert fold(RELEASED) == fold(CAUGHT_UP) == fold(KeyCatchingUp(resume_at={}, at=NOON)) == NOTHING


def test_a_parked_key_keeps_its_wrapper_when_its_state_ends() -> None:
    assert fold(Added(amount=1), PARKED, Erased()) == Kept(None, Parked("c", "e", {"facts": 4}))


def test_a_snapshot_gives_back_what_was_kept() -> None:
    snapshots = SnapshotCodec(TALLY)
    for kept in (fold(Added(amount=2)), fold(PARKED), fold(Added(amount=2), PARKED, RELEASED), fold(Slept(at=NOON))):
        value = snapshots.encode(kept)
        assert value is not None
        assert snapshots.decode(value) == kept


def test_nothing_is_a_tombstone() -> None:
    assert SnapshotCodec(TALLY).encode(fold(Added(amount=2), Erased())) is None


def test_another_version_or_another_code_of_the_fold_voids_snapshots() -> None:
    today = SnapshotCodec(TALLY).fold_hash
    assert SnapshotCodec(replace(TALLY, state_version=2)).fold_hash != today
    assert SnapshotCodec(replace(TALLY, fold_modules=(*TALLY.fold_modules, message))).fold_hash != today
    assert SnapshotCodec(TALLY).header == ("volt_fold", today.encode())


def test_the_code_hash_is_that_of_the_modules_source() -> None:
    assert code_hash(TALLY) == code_hash(replace(TALLY, owner="other", fold_modules=(tally,)))
    assert code_hash(TALLY) != code_hash(replace(TALLY, fold_modules=(message,)))


def test_the_state_hash_does_not_depend_on_the_order_of_keys() -> None:
    snapshots = SnapshotCodec(TALLY)
    a, b = Kept(Total(total=1)), Kept(Total(total=2))
    assert state_hash(snapshots, {"a": a, "b": b}) == state_hash(snapshots, {"b": b, "a": a})
    assert state_hash(snapshots, {"a": a, "b": b}) != state_hash(snapshots, {"a": b, "b": a})
    assert state_hash(snapshots, {"a": a, "gone": NOTHING}) == state_hash(snapshots, {"a": a})


EVENTS = st.lists(
    st.sampled_from([Added(amount=1), Added(amount=3), Slept(at=NOON), Erased(), PARKED, RELEASED, CAUGHT_UP, REFUSED])
)


@given(EVENTS, st.data())
def test_a_fold_from_any_snapshot_goes_on_as_the_fold_from_the_start(events: list[Event], data: st.DataObject) -> None:
    snapshots = SnapshotCodec(TALLY)
    cut = data.draw(st.integers(0, len(events)))
    value = snapshots.encode(fold(*events[:cut]))
    kept = NOTHING if value is None else snapshots.decode(value)
    for event in events[cut:]:
        kept = folded(TALLY, kept, event)
    assert kept == fold(*events)


def test_a_snapshot_of_foreign_bytes_is_refused() -> None:
    with pytest.raises(msgspec.MsgspecError):
        SnapshotCodec(TALLY).decode(b'{"state":{"type":"other"}}')
