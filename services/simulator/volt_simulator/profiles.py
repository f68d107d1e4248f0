"""Charging profiles as the specifications have them (OCPP 1.6 §3.13, OCPP 2.0.1 K01): which one holds when, and what it
allows. Pure: times come in with the call."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal

Unit = Literal["A", "W"]
RECURS = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}


class Purpose(StrEnum):
    """The purposes that a station obeys; 1.6 says ChargePointMaxProfile for the first."""

    STATION_MAX = "ChargingStationMaxProfile"
    TX_DEFAULT = "TxDefaultProfile"
    TX = "TxProfile"


@dataclass(frozen=True, slots=True)
class Step:
    """From so many seconds after the start on it is that much, in the unit of the profile, on so many phases."""

    start_s: int
    limit: Decimal
    phases: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile. `evse` 0 means all, `transaction` is the station's own id of the one that it is for.

    `anchor` is where an absolute or recurring schedule starts, None: with the transaction, as a relative one.
    """

    number: int
    evse: int
    purpose: Purpose
    stack: int
    unit: Unit
    steps: tuple[Step, ...]
    anchor: datetime | None = None
    recurs: timedelta | None = None
    duration_s: int | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction: str | None = None

    def step(self, at: datetime, began: datetime) -> Step | None:
        """What holds at a moment of a transaction that began then; None: nothing."""
        if (self.valid_from is not None and at < self.valid_from) or (
            self.valid_to is not None and at >= self.valid_to
        ):
            return None
        elapsed_s = (at - self._start(at, began)).total_seconds()
        if self.duration_s is not None and elapsed_s >= self.duration_s:
            return None
        return next((step for step in reversed(self.steps) if step.start_s <= elapsed_s), None)

    def changes(self, at: datetime, began: datetime) -> Iterator[datetime]:
        """Moments after `at` at which something else may hold."""
        start = self._start(at, began)
        seconds = [step.start_s for step in self.steps]
        seconds += [] if self.duration_s is None else [self.duration_s]
        found = [start + timedelta(seconds=second) for second in seconds]
        found += [moment for moment in (self.valid_from, self.valid_to) if moment is not None]
        found += [] if self.recurs is None else [start + self.recurs]
        return (moment for moment in found if moment > at)

    def replaces(self, other: "Profile") -> bool:
        """A profile takes the place of one with its number, or with its purpose and level at the same EVSE."""
        same_place = (self.purpose, self.stack, self.evse) == (other.purpose, other.stack, other.evse)
        return self.number == other.number or same_place

    def _start(self, at: datetime, began: datetime) -> datetime:
        if self.anchor is None:
            return began
        return self.anchor if self.recurs is None else self.anchor + (at - self.anchor) // self.recurs * self.recurs


@dataclass(frozen=True, slots=True)
class Cap:
    """What one profile allows at a moment."""

    unit: Unit
    step: Step

    def watts(self, volts: int, phases: int) -> int:
        """In W, with that many phases in use at that many volts each."""
        if self.unit == "W":
            return int(self.step.limit)
        return int(self.step.limit * volts * min(phases, self.step.phases or phases))


def station_cap(profiles: Iterable[Profile], at: datetime) -> Cap | None:
    """What the station as a whole may take."""
    return _highest([one for one in profiles if one.purpose is Purpose.STATION_MAX], at, at)


def transaction_cap(profiles: Iterable[Profile], evse: int, at: datetime, began: datetime) -> Cap | None:
    """What the transaction at an EVSE may take: by its own profile, else by the default one of this EVSE or of all."""
    here = [one for one in profiles if one.evse in (0, evse)]
    own = _highest([one for one in here if one.purpose is Purpose.TX], at, began)
    return own or _highest([one for one in here if one.purpose is Purpose.TX_DEFAULT], at, began)


def _highest(profiles: list[Profile], at: datetime, began: datetime) -> Cap | None:
    for profile in sorted(profiles, key=lambda one: (one.stack, one.evse), reverse=True):
        step = profile.step(at, began)
        if step is not None:
            return Cap(profile.unit, step)
    return None
