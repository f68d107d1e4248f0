"""When something happened: what a station's timestamp is worth, and whether the station was offline then."""

from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from volt_contracts.fact import ClockQuality, FactTime, Offline
from volt_station.domain import lag as lags
from volt_station.domain.limits import ABSURD, AHEAD_AFTER, LATE_AFTER
from volt_station.domain.state import Lag

_NONE = timedelta(0)


class Sent(msgspec.Struct, frozen=True):
    """A timestamp as it was sent (`text`) and as it could be read: aware UTC, or None."""

    text: str | None
    value: datetime | None
    had_zone: bool


NOT_SENT = Sent(None, None, False)


class Timed(msgspec.Struct, frozen=True):
    """The times of a fact, and what is odd about them."""

    time: FactTime
    suspect: tuple[str, ...] = ()


class Clock(msgspec.Struct, frozen=True):
    """All that a station's timestamps are judged by.

    `linked_at`: since when the link that brought the fact is open, None when that is not known; `caught_up`: nothing
    from before that is still to come on it; `zone`: the station's own, for timestamps without one; `unset_before`: a
    time before it shows a clock that was never set; `lag`: what earlier facts showed of the clock.
    """

    received_at: datetime
    linked_at: datetime | None = None
    caught_up: bool = False
    zone: tzinfo | None = None
    unset_before: datetime | None = None
    lag: Lag | None = None

    def judge(self, sent: Sent, offline: bool | None = None) -> Timed:
        """The times of a fact. `offline` is the station's own word on whether it was (2.x)."""
        value = self._in_zone(sent)
        if value is not None and lags.stands_still(self.lag, value, self.received_at):
            return self._unset(sent, offline, ("clock_stuck", "clock_unset"))
        if value is None or (self.unset_before is not None and value < self.unset_before):
            return self._unset(sent, offline, () if sent.text is None else ("clock_unset",))
        age = self.received_at - value
        if -age > ABSURD:
            return self._unset(sent, offline, ("time_in_future", "clock_unset"))
        error = lags.of_clock(self.lag, age, self.received_at)
        if error is not None and error > ABSURD:
            return self._unset(sent, offline, ("clock_unset",))
        suspect = ("time_in_future",) if -age > AHEAD_AFTER else ()
        late = age - (error or _NONE) > LATE_AFTER
        since_linked = self.linked_at is not None and value + (error or _NONE) >= self.linked_at
        was_linked = since_linked or self.caught_up
        clock: ClockQuality
        if not sent.had_zone:
            clock = "local"
        elif suspect or (error is not None and abs(age) > LATE_AFTER) or (late and was_linked and not offline):
            clock = "offset"
        else:
            clock = "good"
        word = _word(offline, "inferred" if late and not was_linked else "no")
        if clock == "local" and word == "inferred" and error is None:
            word = "unknown"
        return Timed(
            FactTime(at=value, received_at=self.received_at, sent=sent.text, clock=clock, offline=word), suspect
        )

    def _unset(self, sent: Sent, offline: bool | None, suspect: tuple[str, ...]) -> Timed:
        word = _word(offline, "unknown")
        at = self.received_at
        return Timed(FactTime(at=at, received_at=at, sent=sent.text, clock="unset", offline=word), suspect)

    def _in_zone(self, sent: Sent) -> datetime | None:
        if sent.value is None or sent.had_zone or self.zone is None:
            return sent.value
        try:
            return sent.value.replace(tzinfo=self.zone).astimezone(UTC)
        except (OverflowError, ValueError):
            return None


def _word(reported: bool | None, otherwise: Offline) -> Offline:
    if reported is None:
        return otherwise
    return "reported" if reported else "no"


def now(at: datetime) -> FactTime:
    """The time of a fact that we noticed ourselves."""
    return FactTime(at=at, received_at=at)
