"""The cars that come to stations of a known model: batteries, chargers, tapers, and the habits of who drives them."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from volt_simulator.acn import Stay
from volt_simulator.car import Car, Taper, car_of
from volt_simulator.models import NOMINAL_V, Model

LEAVES_WHEN_FULL_AC = 0.2
LEAVES_WHEN_FULL_DC = 0.9
LEAST_WANTED_WH = 500
DC_ARRIVES_WITH = (8, 55)
DC_WANTS_UP_TO = (65, 95)

GENTLE: Taper = ((80, 60), (90, 30), (97, 12))
STEEP: Taper = ((35, 80), (55, 60), (70, 42), (80, 25), (90, 12), (97, 6))
FLAT: Taper = ((85, 70), (95, 35))


@dataclass(frozen=True, slots=True)
class CarType:
    """What somebody drives. `dc_w` 0: it has no inlet for direct current."""

    battery_wh: int
    ac_a: int
    ac_phases: int
    dc_w: int
    taper: Taper


CAR_TYPES = (
    CarType(14_000, 16, 1, 0, ((97, 50),)),
    CarType(40_000, 32, 1, 46_000, GENTLE),
    CarType(52_000, 32, 3, 50_000, STEEP),
    CarType(58_000, 16, 3, 110_000, STEEP),
    CarType(77_000, 16, 3, 175_000, STEEP),
    CarType(82_000, 16, 3, 250_000, FLAT),
    CarType(100_000, 32, 3, 150_000, GENTLE),
)

CarFor = Callable[[Stay, Random], Car]


def car_for(model: Model | None) -> CarFor:
    """Who makes the car of a stay at that model; without one the cars are those of the record."""
    if model is None:
        return car_of
    made = _dc_car if model.current == "DC" else _ac_car
    return lambda stay, dice: made(model, stay, dice)


def _ac_car(model: Model, stay: Stay, dice: Random) -> Car:
    """Wants what was recorded, and mostly stays as long as was recorded."""
    kind = dice.choice([one for one in CAR_TYPES if one.battery_wh > stay.delivered_wh])
    phases = min(kind.ac_phases, model.phases)
    power_w = min(kind.ac_a * NOMINAL_V, model.most_w // model.phases) * phases
    arrived = dice.randrange(kind.battery_wh - stay.delivered_wh + 1)
    leaves = dice.random() < LEAVES_WHEN_FULL_AC
    return Car(
        stay.delivered_wh, power_w, kind.battery_wh, arrived, taper=kind.taper, phases=phases, leaves_when_full=leaves
    )


def _dc_car(model: Model, stay: Stay, dice: Random) -> Car:
    """Comes rather empty, wants most of its battery, and mostly leaves with that."""
    kind = dice.choice([one for one in CAR_TYPES if one.dc_w > 0])
    arrived = kind.battery_wh * dice.randint(*DC_ARRIVES_WITH) // 100
    wants = max(LEAST_WANTED_WH, kind.battery_wh * dice.randint(*DC_WANTS_UP_TO) // 100 - arrived)
    leaves = dice.random() < LEAVES_WHEN_FULL_DC
    power_w = min(kind.dc_w, model.most_w)
    return Car(wants, power_w, kind.battery_wh, arrived, taper=kind.taper, phases=0, leaves_when_full=leaves)
