"""From registers to energy: what a transaction and a visit delivered, whatever order the readings came in.

Energy is the highest register minus the start register, so a late reading can add to it and nothing takes away from
it. Of the readings only those are kept that the curve needs: the first and the last of every stretch between quarter
hours (UTC) and changes of the charging state.
"""

from bisect import bisect_left
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import TypeVar

from msgspec.structs import replace

from volt_session.domain.session import Change, Point, Running, Stopped, Transaction, Visit

ZERO = Decimal(0)
UNKNOWN_REGISTER = Decimal(2147483647)
"""Sent as meterStart by stations that do not know it (2^31 - 1); an unknown meterStop is sent as -1."""
NO_METER_SHOWS = Decimal(10) ** 15
MAX_POINTS = 600
"""Of one transaction; older ones are thinned beyond it, so that a state stays far below what a record may hold."""
QUARTER_S = 900

T = TypeVar("T", bound=Running | Stopped)
_at = attrgetter("at")


def known(register_wh: Decimal | None) -> Decimal | None:
    """The register, or None where the number stands for "not known" or is none that a meter can show."""
    if register_wh is None or not register_wh.is_finite() or register_wh == UNKNOWN_REGISTER:
        return None
    return register_wh if 0 <= register_wh < NO_METER_SHOWS else None


def counted(transaction: T, point: Point, changes: tuple[Change, ...]) -> T:
    """The transaction with one reading more; the very same object when that reading adds nothing."""
    points = inserted(transaction.points, point, changes)
    low, high = transaction.low, transaction.high
    if low is None or point.register_wh < low.register_wh or (_same(point, low) and point.at > low.at):
        low = point
    if high is None or point.register_wh > high.register_wh or (_same(point, high) and point.at < high.at):
        high = point
    if points is transaction.points and low is transaction.low and high is transaction.high:
        return transaction
    return replace(transaction, points=points, low=low, high=high)


def counts(transaction: Transaction, at: datetime) -> bool:
    """Whether a reading of this moment can be of the transaction: not before a start that is on record."""
    return transaction.start_wh is None or at >= transaction.started_at


def _same(one: Point, other: Point) -> bool:
    return one.register_wh == other.register_wh


def inserted(points: tuple[Point, ...], point: Point, changes: tuple[Change, ...]) -> tuple[Point, ...]:
    """The kept readings with one more; the same tuple when it is not worth keeping."""
    if not points:
        return (point,)
    if point.at > points[-1].at:
        if len(points) > 1 and _superfluous(points[-2], points[-1], point, changes):
            return (*points[:-1], point)
        return _bounded((*points, point))
    return _woven(points, point, changes)


def _woven(points: tuple[Point, ...], point: Point, changes: tuple[Change, ...]) -> tuple[Point, ...]:
    """A reading that came late. Of two at the same moment the higher register counts."""
    index = bisect_left(points, point.at, key=_at)
    kept = list(points)
    if kept[index].at == point.at:
        if kept[index].register_wh >= point.register_wh:
            return points
        kept[index] = point
    else:
        kept.insert(index, point)
    for middle in (index + 1, index, index - 1):
        if 0 < middle < len(kept) - 1 and _superfluous(kept[middle - 1], kept[middle], kept[middle + 1], changes):
            del kept[middle]
    woven = tuple(kept)
    return points if woven == points else _bounded(woven)


def _superfluous(before: Point, middle: Point, after: Point, changes: tuple[Change, ...]) -> bool:
    """Whether the curve is the same without the one in the middle: nothing flowed, or no point of the curve is near."""
    if before.register_wh == middle.register_wh == after.register_wh:
        return True
    return _quarter(before.at) == _quarter(after.at) and not _changes_between(before.at, after.at, changes)


def _changes_between(before: datetime, after: datetime, changes: tuple[Change, ...]) -> bool:
    for change in reversed(changes):
        if change.at <= before:
            return False
        if change.at <= after:
            return True
    return False


def _quarter(at: datetime) -> int:
    return int(at.timestamp()) // QUARTER_S


def _bounded(points: tuple[Point, ...]) -> tuple[Point, ...]:
    if len(points) <= MAX_POINTS:
        return points
    half = len(points) // 2
    return (*points[:half:2], *points[half:])


def base_wh(transaction: Transaction, session_register: bool) -> Decimal:
    """The register at which the transaction's energy is zero.

    A meter that counts each transaction from zero may still show the former one's end at the start.
    """
    lowest = transaction.low.register_wh if transaction.low is not None else ZERO
    start = transaction.start_wh
    if session_register and (start is None or lowest < start):
        return ZERO
    return lowest if start is None else start


def delivered_wh(transaction: Transaction, session_register: bool) -> Decimal:
    """Energy of one transaction; zero where its register went below its start (rounding, a reset)."""
    if transaction.high is None:
        return ZERO
    return max(ZERO, transaction.high.register_wh - base_wh(transaction, session_register))


def energy_wh(visit: Visit) -> Decimal:
    """Energy of the visit so far, over all its transactions."""
    if len(visit.transactions) == 1:
        return delivered_wh(visit.transactions[0], visit.session_register)
    return sum((delivered_wh(transaction, visit.session_register) for transaction in visit.transactions), ZERO)


def went_back(transaction: Transaction, session_register: bool) -> bool:
    """Whether the register fell: below the start, or from its highest value to the latest one."""
    if transaction.low is None or transaction.high is None:
        return False
    below_start = (
        transaction.start_wh is not None and not session_register and transaction.low.register_wh < transaction.start_wh
    )
    return below_start or transaction.points[-1].register_wh < transaction.high.register_wh
