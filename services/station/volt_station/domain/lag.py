"""How far a station's clock is behind ours, as far as its own facts show it.

One late timestamp does not say whether the fact is late or the clock is slow. What shows it: a fact that is late or
early although the link was open all the time, and an age that stays the same while two minutes go by. A clock that
shows the same moment again then stands still.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from volt_contracts.fact import FactTime
from volt_ocpp.times import parse_time
from volt_station.domain.limits import LATE_AFTER, STEADY_FOR, STEADY_WITHIN
from volt_station.domain.state import Lag

_SAME = timedelta(seconds=1)


def stands_still(lag: Lag | None, value: datetime, received_at: datetime) -> bool:
    """Whether this is the moment at which the clock stands still."""
    if lag is None or lag.again is None or received_at - lag.again <= LATE_AFTER:
        return False
    return abs(value - lag.shown) < _SAME


def shows_again(lag: Lag | None, time: FactTime) -> bool:
    """Whether a fact shows what another one showed more than a minute ago, as a clock does that stands still."""
    return lag is not None and abs(time.at - lag.shown) < _SAME and time.received_at - lag.since > LATE_AFTER


def of_clock(lag: Lag | None, age: timedelta, received_at: datetime) -> timedelta | None:
    """What of a fact's age is the clock's own error; None where that is not known, or is no longer so."""
    if lag is None:
        return None
    error = timedelta(seconds=lag.seconds)
    if not lag.known:
        steady = received_at - lag.heard_at >= STEADY_FOR and abs(age - error) <= STEADY_WITHIN
        return error if steady else None
    if age < error - LATE_AFTER:
        return None
    if abs(age) <= LATE_AFTER < age - error:
        # right again, or that much late: the latter only in a row of late ones
        return error if lag.late_at is not None and received_at - lag.late_at <= LATE_AFTER else None
    return error


def heard(lag: Lag | None, time: FactTime) -> Lag | None:
    """What is known of the clock after one more fact; repetitions are none."""
    if time.offline == "reported":
        return lag
    if _on_time(time):
        return None
    shown = time.at if time.clock != "unset" else parse_time(time.sent).value
    if shown is None:
        return lag
    if lag is not None and abs(shown - lag.shown) < _SAME:
        at_once = lag.again is not None or time.received_at - lag.since <= LATE_AFTER
        return lag if at_once else replace(lag, again=time.received_at)
    return _aged(lag, time, shown)


def _aged(lag: Lag | None, time: FactTime, shown: datetime) -> Lag:
    """The same after a fact that shows another moment."""
    at = time.received_at
    age = at - shown
    fresh = Lag(round(age.total_seconds()), at, shown, at)
    if time.clock == "unset":
        return replace(fresh, known=True, seconds=_least(lag, fresh))
    if time.offline != "inferred" and time.clock != "good":  # the station's word that it was online may be wrong
        return replace(fresh, known=True)
    if lag is None or age < timedelta(seconds=lag.seconds) - (LATE_AFTER if lag.known else STEADY_WITHIN):
        return fresh
    return replace(lag, shown=shown, since=at, again=None, late_at=at if lag.known else None)


def _on_time(time: FactTime) -> bool:
    return time.clock == "good" and time.offline == "no" and time.received_at - time.at <= LATE_AFTER


def _least(lag: Lag | None, fresh: Lag) -> int:
    """Of a clock that was never set: a fact that shows more than is known of it was queued, and tells nothing new."""
    return min(lag.seconds, fresh.seconds) if lag is not None and lag.known else fresh.seconds
