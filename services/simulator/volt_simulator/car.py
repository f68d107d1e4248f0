"""A car: how much energy it wants, how fast it takes it, and the energy that flows from a meter into it."""

import math
from dataclasses import dataclass
from random import Random

from volt_simulator.acn import Stay
from volt_simulator.meter import Meter

MS_PER_HOUR = 3_600_000
# The stations of the data give up to 32 A on one phase of 208 V.
POWERS_W = (3_300, 3_700, 6_600, 7_200)
BATTERIES_WH = (24_000, 40_000, 58_000, 77_000)

# (state of charge in percent from which it holds, percent of the full power), rising in the first.
Taper = tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Car:
    """Takes `wants_wh` at `power_w`, less above the levels of its taper, and then nothing more.

    Powers are those of real time, not of compressed time. `phases` are those of its charger for AC, 0 at a DC station.
    """

    wants_wh: int
    power_w: int
    battery_wh: int
    arrived_with_wh: int
    taken_wh: int = 0
    taper: Taper = ()
    phases: int = 1
    leaves_when_full: bool = False

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

    Energy is counted in watt-milliseconds, from one real millisecond to the next with the power that holds at the first
    of them; steps of equal power are taken together. So how often it is settled changes nothing.
    """

    car: Car
    meter: Meter
    pace: int
    began: float
    limit_w: int | None = None
    _wanted: int = 0
    _before: int = 0
    _given: int = 0
    _given_wh: int = 0
    _ms: int = 0

    def __post_init__(self) -> None:
        self._wanted = self.car.missing_wh * MS_PER_HOUR
        self._before = (self.car.arrived_with_wh + self.car.taken_wh) * MS_PER_HOUR

    @property
    def given_wh(self) -> int:
        """What has flowed so far."""
        return self._given_wh

    @property
    def full_at(self) -> float:
        """The monotonic second at which the car has all it wants if nothing changes; infinite when nothing flows."""
        given, real_ms = self._given, self._ms
        while given < self._wanted:
            power_w, until = self._step(given)
            if power_w == 0:
                return math.inf
            took_ms = -(-(until - given) // power_w)
            given, real_ms = given + power_w * took_ms, real_ms + took_ms
        return self.began + (real_ms // self.pace + 1) / 1000

    @property
    def is_full(self) -> bool:
        """Whether the car has taken all it wants."""
        return self._given >= self._wanted

    @property
    def power_w(self) -> int:
        """Power in W at this moment."""
        return 0 if self.is_full else self._step(self._given)[0]

    def settle(self, now: float) -> None:
        """Brings meter and car to the moment `now` (monotonic seconds)."""
        real_ms = int((now - self.began) * 1000) * self.pace
        while self._ms < real_ms and not self.is_full:
            power_w, until = self._step(self._given)
            if power_w == 0:
                break
            took_ms = min(real_ms - self._ms, -(-(until - self._given) // power_w))
            self._given += power_w * took_ms
            self._ms += took_ms
        self._ms = max(self._ms, real_ms)
        due_wh = min(self._given, self._wanted) // MS_PER_HOUR
        self.meter.count(due_wh - self._given_wh)
        self.car.taken_wh += due_wh - self._given_wh
        self._given_wh = due_wh

    def limit(self, now: float, limit_w: int | None) -> None:
        """From `now` on no more than that flows."""
        self.settle(now)
        self.limit_w = limit_w

    def _step(self, given: int) -> tuple[int, int]:
        """The power in W when so much has flowed, and how much has flowed when it changes by itself."""
        share, until = 100, self._wanted
        for percent, slower in self.car.taper:
            level = -(-percent * self.car.battery_wh * MS_PER_HOUR // 100) - self._before
            if given < level:
                until = min(until, level)
                break
            share = slower
        power_w = self.car.power_w * share // 100
        return power_w if self.limit_w is None else min(power_w, self.limit_w), until
