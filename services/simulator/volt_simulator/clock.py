"""The true time and the clock of a station, which may never have been set."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from volt_simulator.traits import ClockOff, Faults

NEVER_SET = datetime(1970, 1, 1, tzinfo=UTC)


def true_time() -> datetime:
    """Now, in UTC, cut to the milliseconds that go on the wire: ledger and frames then agree exactly."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(slots=True)
class StationClock:
    """A clock that is right, one that counts from 1970 since the station was powered on, or one that is off."""

    powered_on: datetime
    is_set: bool = True
    off: ClockOff | None = None
    _stands_at: datetime | None = None

    def go_wrong(self, faults: Faults) -> None:
        """The clock is from now on as these faults have it; healed it is right again."""
        self.is_set = not faults.clock_unset
        stands = faults.clock_off is not None and faults.clock_off.stuck
        self._stands_at = (self._stands_at or true_time()) if stands else None
        self.off = faults.clock_off

    def now(self) -> datetime:
        """What it shows."""
        return self.shown(true_time())

    def shown(self, at: datetime) -> datetime:
        """What it showed, or will show, at the true moment `at`."""
        if not self.is_set:
            return NEVER_SET + (at - self.powered_on)
        return at if self.off is None else (self._stands_at or at) + timedelta(seconds=self.off.offset_s)

    def stamp(self, at: datetime) -> str:
        """The true moment `at` as this station writes it: RFC 3339 with `Z`, unless its fault is to leave that out."""
        text = self.shown(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return text.removesuffix("Z") if self.off is not None and self.off.without_zone else text
