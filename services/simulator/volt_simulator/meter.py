"""The energy meter of a connector: whole watt-hours, for a lifetime or from zero in every transaction."""

from dataclasses import dataclass
from enum import StrEnum


class Register(StrEnum):
    """What the register of a meter counts: everything ever, or one transaction (some meters start at 0 each time)."""

    LIFETIME = "lifetime"
    SESSION = "session"


@dataclass(slots=True)
class Meter:
    """Counts imported energy; `total_wh` never falls, `reading_wh` is what the station reports."""

    register: Register
    total_wh: int = 0
    _zero_wh: int = 0

    @property
    def reading_wh(self) -> int:
        """The register in Wh as frames carry it."""
        return self.total_wh - self._zero_wh

    def open(self) -> int:
        """A transaction begins: a session register returns to zero. The reading in Wh."""
        self._zero_wh = self.total_wh if self.register is Register.SESSION else 0
        return self.reading_wh

    def count(self, energy_wh: int) -> None:
        """Adds energy in Wh; a meter never runs backwards, ValueError if asked to."""
        if energy_wh < 0:
            raise ValueError(f"a meter cannot count {energy_wh} Wh")
        self.total_wh += energy_wh


@dataclass(frozen=True, slots=True)
class Sample:
    """What a connector measures at one moment. Power, current and voltage are those of real time."""

    energy_wh: int
    power_w: int
    voltage_v: int
    soc: int | None

    @property
    def current_a(self) -> str:
        """Current in A with one decimal."""
        return f"{self.power_w / self.voltage_v:.1f}"
