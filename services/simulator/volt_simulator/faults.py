"""Faults that can be given to a running station by name (`fault_catalogue.py` says in words what each one does)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from volt_simulator.ailments import REBOOT_TAKES_S
from volt_simulator.connector import Stop
from volt_simulator.fault_catalogue import CATALOGUE
from volt_simulator.station import Station
from volt_simulator.traits import ClockOff, Faults
from volt_simulator.transaction import StopReason

USUAL_S = 10.0
USUAL_OFFSET_S = 3600


@dataclass(frozen=True, slots=True)
class Dose:
    """How much of a fault. `seconds` None: the usual, which for most of what lasts is until it is healed."""

    seconds: float | None = None
    offset_s: int | None = None
    stuck: bool = False
    without_zone: bool = False

    def seconds_or(self, usual: float) -> float:
        """The seconds that were asked for, or the usual ones."""
        return usual if self.seconds is None else self.seconds


def inflict(station: Station, name: str, dose: Dose) -> None:
    """Gives the station that fault; KeyError for a name that is not in the catalogue."""
    field = CATALOGUE[name].field
    if field is None:
        MOMENTARY[name](station, dose)
        return
    change: dict[str, Any] = {field: VALUES[name](dose) if name in VALUES else True}
    station.afflict(replace(station.traits.faults, **change))
    station.ailments.end_later(field, LASTS_S[name](dose) if name in LASTS_S else dose.seconds)


def present(faults: Faults) -> list[str]:
    """The names of the lasting faults that a station has."""
    usual = Faults()
    wrong = {field.name for field in fields(Faults) if getattr(faults, field.name) != getattr(usual, field.name)}
    return [name for name, note in CATALOGUE.items() if note.field in wrong]


def disconnect(station: Station, dose: Dose) -> None:
    """The network cable is out; cars go on charging."""
    station.link.drop(dose.seconds_or(USUAL_S))


def power_loss(station: Station, dose: Dose) -> None:
    """The station loses power: transactions end, and it boots again."""
    station.reboot(StopReason.POWER_LOSS, "PowerUp", graceful=False)


def reboot(station: Station, dose: Dose) -> None:
    """The controller restarts without having been told to."""
    station.reboot(StopReason.REBOOT, "Watchdog", graceful=False, away_s=dose.seconds_or(REBOOT_TAKES_S))


def emergency_stop(station: Station, dose: Dose) -> None:
    """Somebody presses the button: energy stops, the cars stay."""
    for connector in station.connectors:
        if connector.transaction is not None:
            connector.orders.put_nowait(Stop(StopReason.EMERGENCY_STOP, connector.transaction))


def heal(station: Station, dose: Dose) -> None:
    """No lasting fault any more, and the cable is back."""
    station.ailments.forget_ends()
    station.afflict(Faults())
    station.link.hurry()


def _clock_off(dose: Dose) -> ClockOff:
    usual = 0 if dose.stuck or dose.without_zone else USUAL_OFFSET_S
    return ClockOff(usual if dose.offset_s is None else dose.offset_s, dose.stuck, dose.without_zone)


MOMENTARY: Mapping[str, Callable[[Station, Dose], None]] = {
    "disconnect": disconnect,
    "power_loss": power_loss,
    "emergency_stop": emergency_stop,
    "reboot": reboot,
    "heal": heal,
}
VALUES: Mapping[str, Callable[[Dose], Any]] = {
    "clock_off": _clock_off,
    "late_stops": lambda dose: dose.seconds_or(USUAL_S),
}
# The seconds of late stops say how late they are; deafness passes by itself.
LASTS_S: Mapping[str, Callable[[Dose], float | None]] = {
    "late_stops": lambda dose: None,
    "deaf": lambda dose: dose.seconds_or(USUAL_S),
}
