"""Whatever a cut does to the order and the number of frames, and whatever the station's clock is worth: history is
right to the Wh, and what is live is never wrong. Both deciders, chained; what a clock cannot tell is said beside it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from unit.session.outage_chain import Chain
from unit.session.outage_clocks import GOOD, LOCAL, MOVED, OFF, SET_LATER, STUCK, UNSET, Clock, Moved
from unit.session.outage_delivery import HABITS, Cut, Habits, Ids, Step, cuts, delivered
from unit.session.outage_voice import Frame
from unit.session.outage_world import HOUR, Charge, Stay, World, moment, with_last_cars, worlds

from volt_contracts.message import Event
from volt_contracts.session import SessionFinalised
from volt_contracts.station import TransactionEnded, TransactionStarted

Outage = tuple[World, Cut, Habits]
MINUTE = timedelta(minutes=1)


@st.composite
def outages(draw: st.DrawFn) -> Outage:
    """Cars, a cut, and habits; the last cars come when it is over, for what is live to be told by."""
    world = draw(worlds())
    cut = draw(cuts(world))
    return with_last_cars(world, cut.end), cut, draw(HABITS)


def lived(outage: Outage, clock: Clock | Moved, *, strict: bool = True) -> Chain:
    """All of it. `strict`: at no step does a late frame change what is live.

    What is not yet late for a good clock teaches how far another one is off; so with that it takes twice as long.
    """
    world, cut, habits = outage
    chain = Chain(world)
    for step in delivered(world, cut, habits, clock):
        before, visits = chain.statuses(), chain.others_live(step)
        facts = chain.take(step)
        if strict and step.late_by(MINUTE if clock is GOOD else 2 * MINUTE):
            assert chain.statuses() == before, "a late status changed what is live"
            assert chain.others_live(step) == visits, "a late frame changed the visit of another car"
            assert not any(getattr(fact, "live", False) for fact in facts)
    return chain


def final(chain: Chain) -> list[SessionFinalised]:
    """All visits, when nothing more is waited for."""
    chain.pass_time(moment(chain.world.end) + timedelta(days=30))
    assert not chain.visits.visits
    return chain.finals()


def check(outage: Outage, clock: Clock) -> Chain:
    """What holds where the clock runs: one visit for each car, with its transaction and its energy."""
    chain = lived(outage, clock)
    check_present(chain)
    truth = Counter((stay.token, stay.charge.energy_wh) for stay in chain.world.stays)
    finals = final(chain)
    check_energy(chain, finals)
    assert [len(one.summary.transactions) for one in finals if one.summary.transactions] == [1] * len(truth)
    assert len(finals) - len(truth) <= len(left_before_their_start_came(outage, clock)) + _placeless(outage, clock)
    assert len(chain.transactions()) == len(truth)
    check_effects(chain)
    return chain


def left_before_their_start_came(outage: Outage, clock: Clock) -> list[Stay]:
    """Cars that were seen to be there when the link came back, and to leave before their start had come.

    What was seen is then a visit of its own: of several starts that come late, which is theirs only the last one tells.
    """
    world, cut, habits = outage
    steps = delivered(world, cut, habits, clock)
    starts = {step.frame.stay: step.at for step in steps if step.frame is not None and step.frame.kind == "start"}
    return [stay for stay in world.stays if cut.end <= stay.unplug <= starts[stay]]


def _placeless(outage: Outage, clock: Clock) -> int:
    """How many 2.x transactions said where they run after something else: of several cars it is then open whose plug
    was theirs."""
    world, cut, habits = outage
    if world.protocol == "ocpp1.6" or world.evses == 1:
        return 0
    frames = (step.frame for step in delivered(world, cut, habits, clock) if step.frame is not None)
    first = {frame.stay: frame.kind for frame in reversed([frame for frame in frames if _is_of_a_transaction(frame)])}
    return sum(kind != "start" for kind in first.values())


def _is_of_a_transaction(frame: Frame) -> bool:
    return frame.action == "TransactionEvent"


def check_present(chain: Chain) -> None:
    """All cars have left."""
    assert chain.statuses() == dict.fromkeys(range(1, chain.world.evses + 1), "Available")
    assert not chain.station.twin.running


def check_effects(chain: Chain) -> None:
    """One effect for each frame: a start and an end for each transaction."""
    for kind in (TransactionStarted, TransactionEnded):
        count = Counter(event.transaction_uid for event in of(chain.station.events, kind) if not is_adopted(event))
        assert set(count.values()) == {1}, kind


def is_adopted(event: Event) -> bool:
    """Whether it is the stand-in for a start that comes later."""
    return getattr(event, "adopted", False)


def of(events: Sequence[Event], kind: type[TransactionStarted | TransactionEnded]) -> list[TransactionStarted]:
    """The events of one type."""
    return [event for event in events if isinstance(event, kind)]  # type: ignore[misc]


def times(chain: Chain, name: str) -> dict[str | None, datetime | None]:
    """Token → a moment of the summary of its visit."""
    return {one.summary.token_ref: getattr(one.summary, name) for one in chain.finals() if one.summary.transactions}


def charge_times(stays: Sequence[Stay], shift: timedelta) -> dict[str, datetime]:
    """Token → when its transaction ended, by a clock that is off by that much."""
    return {stay.token: moment(stay.charge.stop) + shift for stay in stays}


@settings(max_examples=60, deadline=None)
@given(outages())
def test_with_a_good_clock_all_is_right(outage: Outage) -> None:
    chain = check(outage, GOOD)
    assert times(chain, "transaction_ended_at") == charge_times(chain.world.stays, timedelta(0))
    for stay in chain.world.stays:
        began = times(chain, "started_at")[stay.token]
        assert began is not None
        assert moment(stay.plug) <= began <= moment(stay.charge.start), "from the plug, or from the start"


@settings(max_examples=60, deadline=None)
@given(outages(), OFF | LOCAL)
def test_with_a_clock_that_is_off_by_a_zone_all_is_right_but_the_hour(outage: Outage, clock: Clock) -> None:
    """What is late by just as much as the clock is ahead looks like the present of one that was set right."""
    assume(not any(step.late_by(MINUTE) and looks_set_right(step, clock) for step in delivered(*outage, clock)))
    chain = check(outage, clock)
    assert times(chain, "transaction_ended_at") == charge_times(chain.world.stays, timedelta(hours=clock.hours))


@settings(max_examples=60, deadline=None)
@given(outages(), UNSET)
def test_with_a_clock_that_was_never_set_no_energy_is_lost_or_counted_twice(outage: Outage, clock: Clock) -> None:
    """A late frame cannot be told from a live one, nor the visit of a plug from that of the charge that comes later:
    then the former is a visit without a transaction. Nor, before the epoch is found out, which of several charges a
    stop without an id ends; so here the ids are usable."""
    world, cut, habits = outage
    chain = lived((world, cut, with_ids(habits)), clock, strict=False)
    check_present(chain)
    check_energy(chain, final(chain))
    assert len(chain.transactions()) == len(chain.world.stays)
    check_effects(chain)
    last = chain.world.stays[-1]
    ended = times(chain, "transaction_ended_at")[last.token]
    assert ended is not None
    assert abs(ended - moment(last.charge.stop)) < MINUTE, "reception rules, also where the epoch is a possible time"


@settings(max_examples=60, deadline=None)
@given(outages(), STUCK)
def test_with_a_clock_that_stands_still_no_energy_is_lost(outage: Outage, clock: Clock) -> None:
    """Where the register begins at zero each time, a start that is sent again after its end is like another one's:
    it is taken for that, and marked."""
    chain = lived(outage, clock, strict=False)
    check_present(chain)
    finals = final(chain)
    began = of(chain.station.events, TransactionStarted)
    if len(chain.transactions()) == len(chain.world.stays):
        check_energy(chain, finals)
        return
    alike = [event for event in began if not event.register_wh]
    assert len(began) - len(alike) <= len(chain.world.stays)
    assert any("clock_stuck" in event.suspect for event in alike)


@settings(max_examples=60, deadline=None)
@given(outages(), SET_LATER)
def test_with_a_clock_that_is_set_in_the_middle_history_is_right(outage: Outage, clock: Clock) -> None:
    """With usable ids. For a minute after it was set back, what is live may be taken for late; not for longer."""
    world, cut, habits = outage
    chain = lived((world, cut, with_ids(habits)), clock, strict=False)
    check_present(chain)
    check_energy(chain, final(chain))
    assert len(chain.transactions()) == len(world.stays)
    check_effects(chain)


@settings(max_examples=60, deadline=None)
@given(outages(), MOVED)
def test_with_a_clock_that_is_moved_in_the_middle_no_energy_is_lost(outage: Outage, clock: Moved) -> None:
    """With usable ids. What a clock that stands still cannot tell is said in the test of one that always does."""
    world, cut, habits = outage
    chain = lived((world, cut, with_ids(habits)), replace(clock, stuck=False), strict=False)
    check_present(chain)
    check_energy(chain, final(chain))
    assert len(chain.transactions()) == len(chain.world.stays)
    check_effects(chain)


def looks_set_right(step: Step, clock: Clock) -> bool:
    """Whether the time of a frame is that of its reception, to within the minute that a live one may take."""
    assert step.frame is not None
    return abs(step.at - step.frame.made - clock.hours * HOUR) <= 61


def with_ids(habits: Habits) -> Habits:
    """The same station, which fills in the ids of what it has queued."""
    return Habits(**{**vars(habits), "ids": "filled"})


def check_energy(chain: Chain, finals: list[SessionFinalised]) -> None:
    """Each car's energy is in one visit of its own; what is left are visits without a transaction."""
    charged = [one for one in finals if one.summary.transactions]
    truth = Counter((stay.token, stay.charge.energy_wh) for stay in chain.world.stays)
    assert Counter((one.summary.token_ref, int(one.summary.energy_wh)) for one in charged) == truth
    assert all(one.summary.energy_wh == 0 for one in finals if not one.summary.transactions)


PLAIN = Habits(False, False, False, "filled", 0, 0, False, (), (), False)
"""A 1.6 station that tells its queue once, in its order, and then its present status."""


def alone(register: str, cut: Cut, *cars: Stay) -> World:
    """A 1.6 station with these cars, and a last one when all is over."""
    return with_last_cars(World("ocpp1.6", register, 1, cars), cut.end)


@pytest.mark.parametrize("queues_status", [False, True])
@pytest.mark.parametrize("status_first", [False, True])
def test_a_clock_that_is_set_back_by_hours_in_a_short_cut_leaves_no_connector_occupied(
    queues_status: bool, status_first: bool
) -> None:
    car = Stay(0, 1, 0, Charge(5, (), 12, 17_000, 17_001), 17)
    habits = replace(PLAIN, queues_status=queues_status, status_first=status_first)
    cut = Cut(1, 181)
    chain = lived((alone("lifetime", cut, car), cut, habits), Moved(6, -5 * HOUR), strict=False)
    check_present(chain)
    check_energy(chain, final(chain))
    check_effects(chain)


@pytest.mark.parametrize("ids", ["minus", "zero", "none", "filled"])
@pytest.mark.parametrize("pace", [0, 7])
def test_where_the_clock_stands_still_a_queue_that_comes_twice_counts_once(ids: Ids, pace: int) -> None:
    """Two cars in it, both of which the register counts from zero: the first one's readings are not the second's."""
    cars = []
    for number, (plug, energy) in enumerate([(0, 700), (430, 500)]):
        readings = tuple((plug + 10 + 60 * nth, energy * nth // 4) for nth in (1, 2, 3))
        cars.append(Stay(number, 1, plug, Charge(plug + 10, readings, plug + 300, 0, energy), plug + 310))
    cut = Cut(-60, 3 * HOUR)
    habits = replace(PLAIN, ids=ids, pace=pace, repeats_all=True)
    chain = lived((alone("session", cut, *cars), cut, habits), Clock("stuck", right_from=-20 * HOUR), strict=False)
    check_present(chain)
    check_energy(chain, final(chain))
    assert len(chain.transactions()) == len(chain.world.stays)
