"""The true time and the clock of a station, which may never have been set."""

from dataclasses import dataclass
from datetime import UTC, datetime

NEVER_SET = datetime(1970, 1, 1, tzinfo=UTC)


def true_time() -> datetime:
    """Now, in UTC, cut to the milliseconds that go on the wire: ledger and frames then agree exactly."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(slots=True)
class StationClock:
    """A clock that is right, or one that counts from 1970 since the station was powered on."""

    is_set: bool
    powered_on: datetime

    def stamp(self, at: datetime) -> str:
        """The true moment `at` as this station writes it: RFC 3339 with `Z`."""
        shown = at if self.is_set else NEVER_SET + (at - self.powered_on)
        return shown.isoformat(timespec="milliseconds").replace("+00:00", "Z")
