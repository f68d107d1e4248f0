"""Meter and car: what flows is counted exactly, however often somebody looks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volt_simulator.acn import stays
from volt_simulator.car import Car, Flow, car_of
from volt_simulator.dice import dice
from volt_simulator.meter import Meter, Register

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
