"""The clocks of stations: right, off by a zone, without one, stuck, never set, or moved or set right in the middle."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from hypothesis import strategies as st
from unit.session.outage_world import HOUR, MINUTE, moment

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


@dataclass(frozen=True)
class Moved:
    """A clock that is right until `begin` and from `end` on; in between it is off, or stands still and is off.

    By a quarter of a second more: what shows a second again that was there before is a repetition of it, rightly.
    """

    begin: int
    seconds: int
    end: int = 1000 * HOUR
    stuck: bool = False

    def __call__(self, second: int) -> str:
        """The text of a timestamp."""
        true = moment(second)
        if self.begin <= second < self.end:
            true = moment(self.begin if self.stuck else second) + timedelta(seconds=self.seconds + 0.25)
        return true.isoformat().removesuffix("+00:00") + "Z"

    def later(self, seconds: int) -> "Moved":
        """The same, so much later."""
        return replace(self, begin=self.begin + seconds, end=self.end + seconds)


GOOD = Clock()
ZONES = st.integers(-12, 14).filter(bool)
OFF = st.builds(Clock, st.just("zone"), ZONES)
LOCAL = st.builds(Clock, st.just("local"), ZONES)
UNSET = st.builds(Clock, st.just("unset"), st.just(0), st.sampled_from(EPOCHS))
STUCK = st.builds(Clock, st.just("stuck"), st.just(0), st.just(EPOCHS[0]), st.integers(-20 * HOUR, 4 * HOUR))
SET_LATER = st.builds(
    Clock, st.just("set later"), st.sampled_from([0, 0, -5, 2, 10]), st.sampled_from(EPOCHS), st.integers(0, 6 * HOUR)
)
MOVED = st.builds(
    lambda begin, seconds, lasts, stuck: Moved(begin, seconds, begin + lasts, stuck),
    st.integers(0, 3 * HOUR),
    st.sampled_from([-5 * HOUR, -HOUR, -5 * MINUTE, -MINUTE, -20, 0, 5 * MINUTE, 2 * HOUR]),
    st.sampled_from([5 * MINUTE, HOUR, 1000 * HOUR]),
    st.booleans(),
)
