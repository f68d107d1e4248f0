"""What happens at a station in truth, in seconds after its clock's true start: cars, transactions, registers.

What the station then says of it, when, with what clock and how often, is another matter: see `outage_voice.py` and
`outage_delivery.py`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st
from unit.station.station_story import START

MINUTE, HOUR = 60, 3600
PROTOCOLS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")


@dataclass(frozen=True)
class Charge:
    """A transaction: its registers are those at its start, at each reading, and at its stop."""

    start: int
    readings: tuple[tuple[int, int], ...]
    stop: int
    first_wh: int
    last_wh: int

    @property
    def energy_wh(self) -> int:
        """What flowed."""
        return self.last_wh - self.first_wh


@dataclass(frozen=True)
class Stay:
    """A car, from plug to unplug; `name` is its token and its transaction's id in 2.x."""

    number: int
    evse: int
    plug: int
    charge: Charge
    unplug: int

    @property
    def token(self) -> str:
        """The reference of its card."""
        return f"ref-{self.number}"

    @property
    def tx(self) -> str:
        """The id that a 2.x station gives it."""
        return f"0b5c1c52-7f0e-4d1c-9a55-{self.number:012}"


@dataclass(frozen=True)
class World:
    """All cars, in the order of their plugs."""

    protocol: str
    register: str
    evses: int
    stays: tuple[Stay, ...]

    @property
    def end(self) -> int:
        """When the last car has left."""
        return max(stay.unplug for stay in self.stays)


def moment(second: int) -> datetime:
    """The true time."""
    return START + timedelta(seconds=second)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """One to three cars on each of one or two EVSEs."""
    protocol = draw(st.sampled_from(PROTOCOLS))
    register = draw(st.sampled_from(["lifetime", "session", "boot"]))
    evses = draw(st.integers(1, 2))
    stays: list[Stay] = []
    for evse in range(1, evses + 1):
        now, shown = draw(st.integers(0, 40)) * MINUTE, 0 if register == "boot" else 17_000 * evse
        for _ in range(draw(st.integers(1, 3))):
            stay = draw(_stays(evse, len(stays), now, 0 if register == "session" else shown))
            stays.append(stay)
            now, shown = stay.unplug + draw(st.integers(2, 90)) * MINUTE, stay.charge.last_wh
    return World(protocol, register, evses, tuple(sorted(stays, key=lambda stay: stay.plug)))


def with_last_cars(world: World, after: int) -> World:
    """The same with one more car on each EVSE, long after all that."""
    last = list(world.stays)
    for evse in range(1, world.evses + 1):
        plug = max(world.end, after) + 40 * MINUTE
        shown = max([stay.charge.last_wh for stay in world.stays if stay.evse == evse])
        first = 0 if world.register == "session" else shown
        readings = tuple((plug + 60 + 5 * MINUTE * number, first + 100 * number) for number in (1, 2, 3))
        charge = Charge(plug + 60, readings, plug + 20 * MINUTE, first, first + 444 + evse)
        last.append(Stay(len(last), evse, plug, charge, plug + 30 * MINUTE))
    return replace(world, stays=tuple(last))


@st.composite
def _stays(draw: st.DrawFn, evse: int, number: int, now: int, shown: int) -> Stay:
    start = now + draw(st.integers(5, 180))
    readings, at, wh = [], start, shown
    every = draw(st.sampled_from([1, 5, 10])) * MINUTE
    for flowed in draw(st.lists(st.integers(0, 900), max_size=8)):
        at, wh = at + every, wh + flowed
        readings.append((at, wh))
    stop, last = at + draw(st.integers(7, 8 * MINUTE)), wh + draw(st.integers(1, 400))
    charge = Charge(start, tuple(readings), stop, shown, last)
    return Stay(number, evse, now, charge, stop + draw(st.integers(5, 20 * MINUTE)))
