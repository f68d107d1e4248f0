"""The energy curve: first, last, changes of state and quarter hours, exact wherever the readings allow it."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.session.session_story import NOON, Story, at, ended, metered, started, status

from volt_contracts.fact import Offline
from volt_contracts.session import CurvePoint, SessionFinalised, SessionMetered
from volt_session.domain.energy import MAX_POINTS


def curve(story: Story) -> tuple[CurvePoint, ...]:
    """The curve of the visit that was finalised last."""
    story.pass_time(story.now + timedelta(days=10))
    return story.last(SessionFinalised).curve


def told(points: tuple[CurvePoint, ...]) -> list[tuple[float, Decimal, bool]]:
    """Minute, energy, interpolated."""
    return [((point.at - NOON) / timedelta(minutes=1), point.energy_wh, point.interpolated) for point in points]


def charge(
    *samples: tuple[float, int | str], until: float, register: int, unplugged: float, offline: Offline = "no"
) -> Story:
    """One charge from register 1000 at minute 0."""
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(0))
    for sample in samples:
        story.fact(metered(sample, offline=offline))
    story.fact(ended(until, register=register))
    story.fact(status(unplugged, "Available"))
    return story


def test_a_point_at_each_quarter_hour_in_which_energy_flowed() -> None:
    points = curve(charge((10, 2000), (20, 3000), (40, 5000), until=40, register=5000, unplugged=90))
    assert told(points) == [
        (0, Decimal(0), False),
        (15, Decimal(1500), True),
        (30, Decimal(3000), True),
        (45, Decimal(4000), False),
        (90, Decimal(4000), False),
    ]


def test_a_reading_at_the_quarter_hour_is_not_interpolated() -> None:
    points = curve(charge((15, 2000), (30, 2500), until=30, register=2500, unplugged=31))
    assert told(points) == [
        (0, Decimal(0), False),
        (15, Decimal(1000), False),
        (30, Decimal(1500), False),
        (31, Decimal(1500), False),
    ]


def test_a_pause_is_flat_and_both_its_ends_are_there() -> None:
    story = charge((5, 1500), (65, 1500), (70, 2000), until=70, register=2000, unplugged=71)
    assert told(curve(story)) == [
        (0, Decimal(0), False),
        (15, Decimal(500), False),
        (60, Decimal(500), False),
        (71, Decimal(1000), False),
    ]


def test_a_change_of_the_charging_state_is_a_point() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1))
    story.fact(status(1, "Charging"))
    story.fact(metered((2, 1100), (6, 1500)))
    story.fact(status(7, "SuspendedEV"))
    story.fact(metered((8, 1600), (14, 1600)))
    story.fact(ended(14, register=1600))
    story.fact(status(14.5, "Available"))
    points = [(point.at, point.energy_wh, point.charging_state) for point in curve(story)]
    assert points == [
        (at(0), Decimal(0), "EVConnected"),
        (at(1), Decimal(0), "Charging"),
        (at(7), Decimal("550.000"), "SuspendedEV"),
        (at(14.5), Decimal(600), "SuspendedEV"),
    ]


def test_interpolation_is_exact_to_a_thousandth() -> None:
    points = curve(charge((7, 1000), (22, 1001), until=22, register=1001, unplugged=23))
    assert told(points)[1:-1] == [(15, Decimal("0.533"), True)]


def test_the_curve_of_two_transactions_goes_on_where_the_first_one_stopped() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(0, "tx-1", 1000))
    story.fact(ended(15, "tx-1", 2000))
    story.fact(started(45, "tx-2", 500))
    story.fact(ended(60, "tx-2", 900))
    story.fact(status(61, "Available"))
    assert told(curve(story)) == [
        (0, Decimal(0), False),
        (15, Decimal(1000), False),
        (45, Decimal(1000), False),
        (60, Decimal(1400), False),
        (61, Decimal(1400), False),
    ]


def test_a_register_that_went_back_does_not_take_energy_away() -> None:
    story = charge((5, 2000), (10, 1500), (15, 1800), until=20, register=1900, unplugged=21)
    points = curve(story)
    assert [point.energy_wh for point in points][-1] == Decimal(1000)
    assert story.last(SessionFinalised).summary.suspect == ("register_went_back",)
    assert all(one.energy_wh <= other.energy_wh for one, other in pairwise(points))


def test_a_stop_a_little_below_the_start_is_no_energy() -> None:
    story = charge(until=5, register=999, unplugged=6)
    final_points = curve(story)
    assert final_points[-1].energy_wh == Decimal(0)
    assert story.last(SessionFinalised).summary.suspect == ("register_went_back",)


def test_an_unknown_start_register_counts_from_the_first_sample() -> None:
    story = Story()
    story.fact(started(0, register=2147483647))
    story.fact(metered((5, 7000), (10, 7500)))
    story.fact(ended(11, register=7600))
    story.pass_time(at(60))
    summary = story.last(SessionFinalised).summary
    assert (summary.energy_wh, summary.energy_started_at) == (Decimal(600), at(5))
    assert summary.suspect == ("start_register_unknown",)


def test_a_long_visit_keeps_a_bounded_state() -> None:
    story = Story()
    story.fact(started(0))
    sizes = []
    for minute in range(1, 12 * 60, 2):
        story.fact(metered((minute, 1000 + minute * 50)))
        sizes.append(story.size())
    assert sizes[2 * 60 // 2] < 2 * 1024, "two hours"
    assert sizes[-1] < 8 * 1024, "half a day"


def test_readings_without_end_are_thinned() -> None:
    story = Story()
    story.fact(started(0))
    for quarter in range(2 * MAX_POINTS):
        story.decide_quickly(metered((quarter * 15.0 + 1, 1001 + quarter)))
    (transaction,) = story.open[0].transactions
    assert len(transaction.points) <= MAX_POINTS
    assert story.last(SessionMetered).energy_wh == Decimal(2 * MAX_POINTS)


def test_times_that_are_centuries_apart_make_no_endless_curve() -> None:
    story = Story()
    story.fact(started(-60 * 24 * 365 * 100, offline="inferred"), heard=0)
    story.fact(metered((0, 2000)))
    story.fact(ended(1, register=3000))
    points = curve(story)
    assert points[-1].energy_wh == Decimal(2000)
    assert len(points) < 12


registers = st.lists(st.integers(0, 500), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(steps=registers, gaps=st.lists(st.integers(1, 25), min_size=40, max_size=40), data=st.data())
def test_the_curve_is_the_same_whatever_order_the_readings_came_in(
    steps: list[int], gaps: list[int], data: st.DataObject
) -> None:
    minute, register, samples = 0, 1000, []
    for step, gap in zip(steps, gaps, strict=False):
        minute, register = minute + gap, register + step
        samples.append((float(minute), register))
    shuffled = data.draw(st.permutations(samples))
    end = {"until": minute + 1.0, "register": register, "unplugged": minute + 2.0}
    in_order = charge(*samples, **end)  # type: ignore[arg-type]
    # what is told live cannot come in any order: see `domain/order.py`
    disordered = charge(*shuffled, **end, offline="inferred")  # type: ignore[arg-type]
    assert curve(disordered) == curve(in_order)
    assert disordered.last(SessionFinalised).summary == in_order.last(SessionFinalised).summary
    assert in_order.last(SessionFinalised).summary.energy_wh == Decimal(register - 1000)
