"""The energy curve of a visit: energy as a function of time, exact at quarter hours and changes of state.

Prices are functions of this curve (and of nothing finer), so that a bill can be worked out again for ever.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter, itemgetter

from volt_contracts.session import CurvePoint
from volt_contracts.station import ChargingState
from volt_session.domain.energy import QUARTER_S, ZERO, base_wh, energy_wh
from volt_session.domain.session import Change, Ended, Transaction, Visit

MILLI = Decimal("0.001")
QUARTER = timedelta(seconds=QUARTER_S)
MICROSECOND = timedelta(microseconds=1)
LONGEST_GAP = timedelta(days=31)
"""Between two readings further apart than this only the first and the last quarter hour get a point."""

Sample = tuple[datetime, Decimal]
Track = list[Sample]
"""Energy of one transaction at its kept readings; never falling."""

_moment = itemgetter(0)
_at = attrgetter("at")


def curve(visit: Ended) -> tuple[CurvePoint, ...]:
    """First, last, every change of the charging state, and both ends of every quarter hour in which energy flowed."""
    tracks = _tracks(visit)
    last = max([visit.ended_at, *(track[-1][0] for track in tracks)])
    first = min([visit.started_at, *(track[0][0] for track in tracks)])
    moments = {change.at for change in visit.changes} | {quarter for track in tracks for quarter in _quarters(track)}
    between = sorted(moment for moment in moments if first < moment < last)
    points = [_point(tracks, visit.changes, moment) for moment in (first, *between)]
    end = CurvePoint(at=last, energy_wh=energy_wh(visit), charging_state=state_at(visit.changes, last))
    return (*points, end) if first < last else (end,)


def energy_at(visit: Visit, moment: datetime) -> Decimal:
    """Energy of the visit at a moment, as far as it is known now."""
    for transaction in visit.transactions:
        if transaction.points and transaction.points[-1].at > moment:
            return _energy(_tracks(visit), moment)[0]
    return energy_wh(visit)


def state_at(changes: Sequence[Change], moment: datetime) -> ChargingState | None:
    """The charging state in force at a moment."""
    index = bisect_right(changes, moment, key=_at)
    return changes[index - 1].charging_state if index else None


def _point(tracks: list[Track], changes: Sequence[Change], moment: datetime) -> CurvePoint:
    energy, measured = _energy(tracks, moment)
    return CurvePoint(at=moment, energy_wh=energy, charging_state=state_at(changes, moment), interpolated=not measured)


def _tracks(visit: Visit) -> list[Track]:
    return [_track(transaction, visit.session_register) for transaction in visit.transactions if transaction.points]


def _track(transaction: Transaction, session_register: bool) -> Track:
    base = base_wh(transaction, session_register)
    track: Track = []
    if transaction.points[0].at > transaction.started_at:
        track.append((transaction.started_at, ZERO))
    highest = ZERO
    for point in transaction.points:
        highest = max(highest, point.register_wh - base)
        track.append((point.at, highest))
    return track


def _quarters(track: Track) -> set[datetime]:
    found: set[datetime] = set()
    for (begin, less), (end, more) in pairwise(track):
        if less == more:
            continue
        first, last = _floor(begin), _floor(end - MICROSECOND)
        found |= {first, first + QUARTER, last, last + QUARTER}
        if end - begin <= LONGEST_GAP:
            found |= {first + QUARTER * number for number in range((last - first) // QUARTER)}
    return found


def _floor(moment: datetime) -> datetime:
    return datetime.fromtimestamp(int(moment.timestamp()) // QUARTER_S * QUARTER_S, UTC)


def _energy(tracks: list[Track], moment: datetime) -> tuple[Decimal, bool]:
    """Energy at a moment, and whether that is exact: measured then, or nothing flowed around it."""
    total, exact = ZERO, True
    for track in tracks:
        energy, measured = _on(track, moment)
        total += energy
        exact = exact and measured
    return total, exact


def _on(track: Track, moment: datetime) -> tuple[Decimal, bool]:
    index = bisect_right(track, moment, key=_moment)
    if index == 0:
        return ZERO, True
    at, energy = track[index - 1]
    if at == moment or index == len(track) or track[index][1] == energy:
        return energy, True
    following_at, following = track[index]
    share = Decimal(_microseconds(moment - at)) / Decimal(_microseconds(following_at - at))
    return (energy + (following - energy) * share).quantize(MILLI), False


def _microseconds(span: timedelta) -> int:
    return span // MICROSECOND
