"""The energy meter of a connector: whole watt-hours, for a lifetime, since the last boot or in one transaction."""

from dataclasses import dataclass
from enum import StrEnum


class Register(StrEnum):
    """What the register of a meter counts: everything ever, one transaction, or what flowed since the last boot."""

    LIFETIME = "lifetime"
    SESSION = "session"
    BOOT = "boot"


@dataclass(slots=True)
class Meter:
    """Counts imported energy; `total_wh` never falls, `reading_wh` is what the station reports."""

    register: Register
    total_wh: int = 0
    _zero_wh: int = 0
    _is_to_begin: bool = False

    @property
    def reading_wh(self) -> int:
        """The register in Wh as frames carry it."""
        return self.total_wh - self._zero_wh

    def open(self) -> int:
        """A transaction begins: a session register returns to zero. The reading in Wh."""
        if self.register is Register.BOOT:
            self._zero_wh = self.total_wh if self._is_to_begin else self._zero_wh
            self._is_to_begin = False
        else:
            self._zero_wh = self.total_wh if self.register is Register.SESSION else 0
        return self.reading_wh

    def boot(self, is_idle: bool) -> None:
        """The station boots; a transaction that goes on across it keeps its register, the next one begins anew."""
        if self.register is Register.BOOT and is_idle:
            self._zero_wh = self.total_wh
        self._is_to_begin = not is_idle

    def count(self, energy_wh: int) -> None:
        """Adds energy in Wh; a meter never runs backwards, ValueError if asked to."""
        if energy_wh < 0:
            raise ValueError(f"a meter cannot count {energy_wh} Wh")
        self.total_wh += energy_wh


@dataclass(frozen=True, slots=True)
class Sample:
    """What a connector measures at one moment. Power, current and voltage are those of real time.

    `phases` are those of the station, of which the car uses `used_phases`. `signed` is the register in OCMF.
    """

    energy_wh: int
    power_w: int
    voltage_v: int
    soc: int | None
    offered_w: int | None = None
    phases: int = 1
    used_phases: int = 1
    signed: str | None = None
    public_key: str = ""

    @property
    def current_a(self) -> str:
        """Current of each phase in use, in A with one decimal."""
        return f"{self.power_w / (self.voltage_v * self.used_phases):.1f}"

    @property
    def offered_a(self) -> str:
        """What the car may take of each phase, in A with one decimal."""
        return f"{(self.offered_w or 0) / (self.voltage_v * self.phases):.1f}"
