"""The clocks of stations: right, off by a zone, without one, stuck, never set, or set right in the middle."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from hypothesis import strategies as st
from unit.session.outage_world import HOUR, moment

Kind = Literal["good", "zone", "local", "stuck", "unset", "set later"]
EPOCHS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))
_TURNED_ON = moment(-HOUR)


@dataclass(frozen=True)
class Clock:
    """A true second → what the station writes."""

    kind: Kind = "good"
    hours: int = 0
    epoch: datetime = EPOCHS[0]
    right_from: int = 0
    """For `set later`: when it was set; for `stuck`: since when it has stood still."""

    def __call__(self, second: int) -> str | None:
        """The text of a timestamp."""
        true = moment(second)
        if self.kind == "stuck" and second > self.right_from:
            true = moment(self.right_from)
        if self.kind == "unset" or (self.kind == "set later" and not self.hours and second < self.right_from):
            true = self.epoch + (true - _TURNED_ON)
        if self.kind in ("zone", "local") or (self.kind == "set later" and second < self.right_from):
            true += timedelta(hours=self.hours)
        text = true.isoformat().removesuffix("+00:00")
        return text if self.kind == "local" else text + "Z"


GOOD = Clock()
ZONES = st.integers(-12, 14).filter(bool)
OFF = st.builds(Clock, st.just("zone"), ZONES)
LOCAL = st.builds(Clock, st.just("local"), ZONES)
UNSET = st.builds(Clock, st.just("unset"), st.just(0), st.sampled_from(EPOCHS))
STUCK = st.builds(Clock, st.just("stuck"), st.just(0), st.just(EPOCHS[0]), st.integers(-20 * HOUR, 4 * HOUR))
SET_LATER = st.builds(
    Clock, st.just("set later"), st.sampled_from([0, 0, -5, 2, 10]), st.sampled_from(EPOCHS), st.integers(0, 6 * HOUR)
)
