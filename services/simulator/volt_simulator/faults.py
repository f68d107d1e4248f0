"""Faults that can be given to a running station; each takes the station and a number of seconds."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from volt_simulator.connector import Stop
from volt_simulator.station import Station
from volt_simulator.traits import Faults
from volt_simulator.transaction import StopReason


def disconnect(station: Station, seconds: float) -> None:
    """The network cable is out for that long; cars go on charging."""
    station.link.drop(seconds)


def power_loss(station: Station, seconds: float) -> None:
    """The station loses power: transactions end, and it boots again."""
    station.reboot(StopReason.POWER_LOSS, "PowerUp", graceful=False)


def emergency_stop(station: Station, seconds: float) -> None:
    """Somebody presses the button: energy stops, the cars stay."""
    for connector in station.connectors:
        if connector.transaction is not None:
            connector.orders.put_nowait(Stop(StopReason.EMERGENCY_STOP, connector.transaction))


def deaf(station: Station, seconds: float) -> None:
    """Commands get no answer for that long."""
    station.be_deaf(seconds)


def unset_clock(station: Station, seconds: float) -> None:
    """The clock falls back to 1970."""
    station.afflict(replace(station.traits.faults, clock_unset=True))


def session_register(station: Station, seconds: float) -> None:
    """From the next transaction on the register begins at 0."""
    station.afflict(replace(station.traits.faults, session_register=True))


def duplicates(station: Station, seconds: float) -> None:
    """Half of its transaction messages are sent twice."""
    station.afflict(replace(station.traits.faults, duplicates=True))


def late_stops(station: Station, seconds: float) -> None:
    """Its stop messages come about that many seconds after the unplugging."""
    station.afflict(replace(station.traits.faults, late_stop_s=seconds))


def heal(station: Station, seconds: float) -> None:
    """No lasting fault any more."""
    station.afflict(Faults())


FAULTS: Mapping[str, Callable[[Station, float], None]] = {
    "disconnect": disconnect,
    "power_loss": power_loss,
    "emergency_stop": emergency_stop,
    "deaf": deaf,
    "unset_clock": unset_clock,
    "session_register": session_register,
    "duplicates": duplicates,
    "late_stops": late_stops,
    "heal": heal,
}
