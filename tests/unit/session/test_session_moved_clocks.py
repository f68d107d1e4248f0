"""A clock that is set back, ahead or stands still while a car charges: three cars, three visits, each with its own
energy and over when its car has left; what is live is right at every step. All on one link."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.session.outage_clocks import MOVED, Moved
from unit.session.outage_moved import StartPoint, lived_through, three_cars
from unit.session.outage_world import HOUR, MINUTE, World, moment, worlds

from volt_contracts.session import SessionEnded
from volt_contracts.station import TransactionEnded, TransactionStarted

VOICES: list[tuple[str, StartPoint]] = [
    ("ocpp1.6", "PowerPathClosed"),
    ("ocpp2.0.1", "PowerPathClosed"),
    ("ocpp2.0.1", "EVConnected"),
    ("ocpp2.1", "Authorized"),
]
CLOCKS = {
    "back by 5 minutes": (-300, False),
    "back by an hour": (-HOUR, False),
    "back by a few seconds": (-30, False),
    "ahead by 5 minutes": (300, False),
    "ahead by two hours": (2 * HOUR, False),
    "stands still": (0, True),
    "back by 5 minutes and stands still": (-300, True),
}
MOMENTS = {"before a reading": 30, "before the stop": 0, "before it leaves": 0}


def begins(world: World, when: str) -> int:
    """When the clock is moved: in the visit of the first car."""
    charge = world.stays[0].charge
    return {"before a reading": charge.start + 30, "before the stop": charge.stop - 10}.get(when, charge.stop + 5)


def check(world: World, clock: Moved, start_point: StartPoint, linked: int, late_stop: int = 0) -> None:
    """All claims; those on what is live are checked on the way."""
    chain = lived_through(world, clock, start_point, linked, late_stop)
    ended = chain.session.all(SessionEnded)
    assert [one.closed_by for one in ended] == ["station"] * len(world.stays)
    assert all(one.complete for one in ended)
    chain.pass_time(moment(world.end + HOUR))
    finals = chain.finals()
    truth = Counter((stay.token, stay.charge.energy_wh) for stay in world.stays)
    assert Counter((one.summary.token_ref, int(one.summary.energy_wh)) for one in finals) == truth
    for one in finals:
        assert one.summary.started_at <= (one.summary.ended_at or one.at)
        wh = [point.energy_wh for point in one.curve]
        assert wh == sorted(wh), "energy never falls"
    for kind in (TransactionStarted, TransactionEnded):
        count = Counter(event.transaction_uid for event in chain.station.events if isinstance(event, kind))
        assert list(count.values()) == [1] * len(world.stays)


@pytest.mark.parametrize("linked", [-HOUR, -MINUTE])
@pytest.mark.parametrize("when", MOMENTS)
@pytest.mark.parametrize("name", CLOCKS)
@pytest.mark.parametrize(("protocol", "start_point"), VOICES)
def test_a_clock_is_moved_in_the_middle_of_a_visit(
    protocol: str, start_point: StartPoint, name: str, when: str, linked: int
) -> None:
    seconds, stuck = CLOCKS[name]
    for register in ("lifetime", "session"):
        for every in (MINUTE, 10 * MINUTE):
            world = three_cars(protocol, register, every)
            check(world, Moved(begins(world, when), seconds, stuck=stuck), start_point, linked)


@pytest.mark.parametrize("when", MOMENTS)
@pytest.mark.parametrize("name", CLOCKS)
@pytest.mark.parametrize(("protocol", "start_point"), VOICES)
def test_a_stop_that_comes_after_the_car_has_left_does_not_bring_it_back(
    protocol: str, start_point: StartPoint, name: str, when: str
) -> None:
    """Its last word is "connected" (2.0.1 E06), at the moment of the unplugging by the station's clock."""
    seconds, stuck = CLOCKS[name]
    for register in ("lifetime", "session"):
        world = three_cars(protocol, register, 2 * MINUTE)
        for late_stop in (4, 50):
            check(world, Moved(begins(world, when), seconds, stuck=stuck), start_point, -HOUR, late_stop)


@settings(max_examples=200, deadline=None)
@given(
    worlds(),
    MOVED,
    st.sampled_from(["PowerPathClosed", "EVConnected"]),
    st.integers(-HOUR, -1),
    st.sampled_from([0, 0, 4]),
)
def test_whatever_the_clock_does_the_order_on_one_link_is_right(
    world: World, clock: Moved, start_point: StartPoint, linked: int, late_stop: int
) -> None:
    """Once a first car charges: until then a late fact may as well be one of a queue."""
    charges = min(stay.charge.start for stay in world.stays) + 1
    check(world, clock.later(charges), start_point, linked, late_stop)
