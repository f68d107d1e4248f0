"""Meter and car: what flows is counted exactly, however often somebody looks."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volt_simulator.acn import stays
from volt_simulator.car import Car, Flow, Taper, car_of
from volt_simulator.dice import dice
from volt_simulator.drivers import car_for
from volt_simulator.meter import Meter, Register
from volt_simulator.models import MODELS, Model

REGISTERS = st.sampled_from(Register)


@given(
    register=REGISTERS,
    wants_wh=st.integers(0, 80_000),
    power_w=st.integers(1, 350_000),
    pace=st.integers(1, 10_000),
    looks=st.lists(st.floats(0, 1e5, allow_nan=False), max_size=20),
)
def test_looking_changes_nothing(
    register: Register, wants_wh: int, power_w: int, pace: int, looks: list[float]
) -> None:
    meter, unwatched = Meter(register, 1_234_567), Meter(register, 1_234_567)
    begin = meter.open()
    unwatched.open()
    flow = Flow(Car(wants_wh, power_w, 80_000, 0), meter, pace, began=5.0)
    last = begin
    for seconds in sorted(looks):
        flow.settle(5.0 + seconds)
        assert last <= meter.reading_wh <= begin + wants_wh
        last = meter.reading_wh
    blind = Flow(Car(wants_wh, power_w, 80_000, 0), unwatched, pace, began=5.0)
    blind.settle(5.0 + max(looks, default=0.0))
    assert unwatched.reading_wh == meter.reading_wh
    assert meter.reading_wh - begin == flow.car.taken_wh


@given(wants_wh=st.integers(1, 80_000), power_w=st.integers(1_000, 350_000), pace=st.integers(1, 10_000))
def test_a_car_is_full_when_it_says_so(wants_wh: int, power_w: int, pace: int) -> None:
    meter = Meter(Register.LIFETIME)
    flow = Flow(Car(wants_wh, power_w, 80_000, 0), meter, pace, began=0.0)
    flow.settle(flow.full_at + 0.001)
    assert flow.is_full
    assert flow.power_w == 0
    assert meter.reading_wh == wants_wh


TAPERS = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=5).map(
    lambda steps: tuple(sorted(steps, key=lambda step: step[0]))
)
CHANGES = st.lists(
    st.tuples(st.integers(0, 40_000), st.one_of(st.none(), st.integers(0, 400_000))),
    max_size=6,
    unique_by=lambda change: change[0],
).map(lambda changes: sorted(changes, key=lambda change: change[0]))


@given(
    wants_wh=st.integers(0, 80_000),
    power_w=st.integers(1, 350_000),
    arrived=st.integers(0, 80_000),
    taper=TAPERS,
    pace=st.integers(1, 3_600),
    changes=CHANGES,
    looks=st.lists(st.integers(0, 50_000), max_size=30),
)
def test_with_taper_and_limits_looking_changes_nothing_either(
    wants_wh: int,
    power_w: int,
    arrived: int,
    taper: Taper,
    pace: int,
    changes: list[tuple[int, int | None]],
    looks: list[int],
) -> None:
    """The only things that count are when a limit changed and when one looks last; 1/1000 s as binary fractions do."""

    def charged(moments: list[int]) -> int:
        car = Car(min(wants_wh, 90_000 - arrived), power_w, 90_000, arrived, taper=taper)
        meter = Meter(Register.LIFETIME)
        flow = Flow(car, meter, pace, began=0.0)
        todo = sorted([(at, 1, at) for at in moments] + [(at, 0, n) for n, (at, _) in enumerate(changes)])
        for at, kind, number in todo:
            now = at / 1024
            if kind == 0:
                flow.limit(now, changes[number][1])
            else:
                flow.settle(now)
            limits = [limit for when, limit in changes if when <= at]
            assert flow.power_w <= min([power_w, *(limit for limit in limits[-1:] if limit is not None)])
        flow.settle(60.0)
        assert meter.total_wh == car.taken_wh <= car.wants_wh
        return meter.total_wh

    assert charged(looks) == charged([])


def test_power_falls_by_the_taper_and_the_car_is_full_when_it_says_so() -> None:
    car = Car(30_000, 100_000, 100_000, 70_000, taper=((80, 50), (90, 10)))
    flow = Flow(car, Meter(Register.LIFETIME), 60, began=0.0)
    seen = []
    for tenth in range(2_000):
        flow.settle(tenth / 10)
        seen.append((flow.power_w, car.soc))
    assert {power for power, _ in seen} == {100_000, 50_000, 10_000, 0}
    assert all(power == 50_000 for power, soc in seen if 80 <= soc < 90)
    fresh = Flow(Car(30_000, 100_000, 100_000, 70_000, taper=((80, 50), (90, 10))), Meter(Register.LIFETIME), 60, 0.0)
    # 10 kWh at 100, 10 at 50 and 10 at 10 kW: 0.1 + 0.2 + 1 h
    assert fresh.full_at == pytest.approx(1.3 * 60, abs=0.01)
    fresh.limit(0.0, 0)
    assert fresh.full_at == math.inf


def test_a_second_flow_gives_only_what_is_missing() -> None:
    meter, car = Meter(Register.LIFETIME, 100), Car(10_000, 6_000, 40_000, 0)
    Flow(car, meter, 3600, began=0.0).settle(1.0)
    assert (car.taken_wh, meter.reading_wh) == (6_000, 6_100)
    Flow(car, meter, 3600, began=50.0).settle(60.0)
    assert (car.taken_wh, meter.reading_wh) == (10_000, 10_100)
    assert car.soc == 25


def test_a_session_register_returns_to_zero_and_a_lifetime_register_does_not() -> None:
    session, lifetime = Meter(Register.SESSION, 500), Meter(Register.LIFETIME, 500)
    for meter, expected in ((session, 0), (lifetime, 507)):
        meter.count(7)
        assert meter.open() == expected
        meter.count(3)
        assert meter.reading_wh == expected + 3
        assert meter.total_wh == 510


def test_a_register_since_boot_begins_anew_when_nothing_runs_or_at_the_next_transaction() -> None:
    meter = Meter(Register.BOOT, 900)
    meter.boot(is_idle=True)
    assert meter.open() == 0
    meter.count(5)
    meter.boot(is_idle=False)
    assert meter.reading_wh == 5, "a transaction keeps its register"
    assert meter.open() == 0
    meter.count(4)
    assert meter.open() == 4


def test_a_meter_never_runs_backwards() -> None:
    with pytest.raises(ValueError, match="cannot count"):
        Meter(Register.LIFETIME).count(-1)


def test_every_recorded_car_gets_its_energy_within_its_stay() -> None:
    for number, stay in enumerate(stays()):
        car = car_of(stay, dice(1, str(number)))
        flow = Flow(car, Meter(Register.LIFETIME), 60, began=0.0)
        flow.settle(stay.length.total_seconds() / 60)
        assert car.taken_wh == stay.delivered_wh
        assert 0 <= car.soc <= 100


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_cars_fit_their_stations(model: Model) -> None:
    make = car_for(model)
    for number, stay in enumerate(stays()):
        car = make(stay, dice(2, str(number)))
        assert 0 < car.power_w <= model.most_w
        assert 0 < car.wants_wh <= car.battery_wh - car.arrived_with_wh
        assert car.phases <= model.phases
