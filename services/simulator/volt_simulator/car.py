"""A car: how much energy it wants, how fast it takes it, and the energy that flows from a meter into it."""

from dataclasses import dataclass
from random import Random

from volt_simulator.acn import Stay
from volt_simulator.meter import Meter

MS_PER_HOUR = 3_600_000
# The stations of the data give up to 32 A on one phase of 208 V.
POWERS_W = (3_300, 3_700, 6_600, 7_200)
BATTERIES_WH = (24_000, 40_000, 58_000, 77_000)


@dataclass(slots=True)
class Car:
    """Takes `wants_wh` at `power_w` and then nothing more. Powers are those of real time, not of compressed time."""

    wants_wh: int
    power_w: int
    battery_wh: int
    arrived_with_wh: int
    taken_wh: int = 0

    @property
    def soc(self) -> int:
        """State of charge in percent."""
        return min(100, (self.arrived_with_wh + self.taken_wh) * 100 // self.battery_wh)

    @property
    def missing_wh(self) -> int:
        """What it still wants."""
        return self.wants_wh - self.taken_wh


def car_of(stay: Stay, dice: Random) -> Car:
    """The car of a recorded stay: fast enough to take the recorded energy within nine tenths of the recorded time."""
    needed_w = stay.delivered_wh * MS_PER_HOUR // (int(stay.length.total_seconds()) * 900) + 1
    power_w = max(needed_w, dice.choice(POWERS_W))
    battery_wh = max(dice.choice(BATTERIES_WH), stay.delivered_wh)
    return Car(stay.delivered_wh, power_w, battery_wh, dice.randrange(battery_wh - stay.delivered_wh + 1))


@dataclass(slots=True)
class Flow:
    """Energy running from a meter into a car since `began` (monotonic seconds) at `pace` real seconds per second.

    Integer arithmetic throughout: how often it is settled changes nothing.
    """

    car: Car
    meter: Meter
    pace: int
    began: float
    _wanted_wh: int = 0
    _given_wh: int = 0

    def __post_init__(self) -> None:
        self._wanted_wh = self.car.missing_wh

    @property
    def full_at(self) -> float:
        """The monotonic second at which the car has all it wants."""
        real_ms = -(-self._wanted_wh * MS_PER_HOUR // self.car.power_w)
        return self.began + (real_ms // self.pace + 1) / 1000

    @property
    def is_full(self) -> bool:
        """Whether the car has taken all it wants."""
        return self._given_wh >= self._wanted_wh

    @property
    def power_w(self) -> int:
        """Power in W at this moment."""
        return 0 if self.is_full else self.car.power_w

    def settle(self, now: float) -> None:
        """Brings meter and car to the moment `now` (monotonic seconds)."""
        real_ms = int((now - self.began) * 1000) * self.pace
        due_wh = max(self._given_wh, min(self._wanted_wh, self.car.power_w * real_ms // MS_PER_HOUR))
        self.meter.count(due_wh - self._given_wh)
        self.car.taken_wh += due_wh - self._given_wh
        self._given_wh = due_wh
