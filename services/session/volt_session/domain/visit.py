"""One event folded into the one visit that it is about."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from volt_contracts.session import (
    ChargingStateChanged,
    Place,
    SessionAuthorized,
    SessionEnded,
    SessionMetered,
    SessionRevised,
    TransactionJoined,
    TransactionLeft,
)
from volt_session.domain.energy import counted, counts, known
from volt_session.domain.session import Change, Ended, Open, Point, Running, Stopped, Visit

KEPT_CHANGES = 250
KEPT_LOOSE = 32
UNSAID_DELAY = timedelta(days=3)
"""Where an event does not say when its visit is finalised."""

WithinVisit = Callable[[Open | Ended, Any], Open | Ended]
_at = attrgetter("at")


def of_place(place: Place) -> dict[str, Any]:
    """What the fold keeps of a visit's place."""
    return {
        "network_version": place.network_version,
        "session_register": place.meter.register_kind == "session",
    }


def _authorized(visit: Open | Ended, event: SessionAuthorized) -> Open | Ended:
    authorization = event.authorization

    def authorize(transaction: Running | Stopped) -> Running | Stopped:
        return replace(
            transaction,
            token_ref=authorization.token_ref,
            authorized_at=authorization.at,
            refused=event.refused,
            stop_after=event.stop_after,
        )

    return _suspecting(with_transaction(visit, event.transaction_uid, authorize), event.suspect)


def _joined(visit: Open | Ended, event: TransactionJoined) -> Open | Ended:
    """A second event for the same transaction brings the start that was not on record before."""
    uid, register = event.transaction_uid, known(event.register_wh)
    if all(transaction.uid != uid for transaction in visit.transactions):
        blank = Running(
            uid=uid,
            protocol_id=event.protocol_id,
            hardware_epoch=event.hardware_epoch,
            started_at=event.started_at,
        )
        visit = replace(visit, transactions=(*visit.transactions, blank))

    def start(transaction: Running | Stopped) -> Running | Stopped:
        begun = replace(transaction, started_at=event.started_at, adopted=event.adopted)
        if register is None:
            return begun
        begun = replace(begun, start_wh=register)
        # a meter that counts from zero may still show the end of the charge before
        return begun if visit.session_register else counted(begun, Point(event.started_at, register), visit.changes)

    joined = with_transaction(visit, uid, start)
    joined = replace(
        joined,
        started_at=min(visit.started_at, event.started_at),
        evse=visit.evse if event.evse is None else event.evse,
        connector=visit.connector if event.connector is None else event.connector,
    )
    return _suspecting(joined, event.suspect)


def _left(visit: Open | Ended, event: TransactionLeft) -> Open | Ended:
    register = known(event.register_wh)

    def stop(transaction: Running | Stopped) -> Running | Stopped:
        stopped = _stopped(transaction, event, register is not None)
        return stopped if register is None else counted(stopped, Point(event.ended_at, register), visit.changes)

    return _suspecting(with_transaction(visit, event.transaction_uid, stop), event.suspect)


def _stopped(transaction: Running | Stopped, event: TransactionLeft, register_known: bool) -> Stopped:
    """A second event for the same transaction adds to the first; what is missing it says anew."""
    former = transaction if isinstance(transaction, Stopped) else None
    return Stopped(
        **{name: getattr(transaction, name) for name in _OF_TRANSACTION},
        ended_at=event.ended_at,
        stop_register_known=register_known or (former is not None and former.stop_register_known),
        reason=event.reason or (former.reason if former is not None else None),
        stop_token_ref=event.token_ref or (former.stop_token_ref if former is not None else None),
        missing=event.missing,
        status_until=event.status_until or (former.status_until if former is not None else None),
    )


_OF_TRANSACTION = tuple(name for name in Running.__struct_fields__ if name != "stop_after")


def _metered(visit: Open | Ended, event: SessionMetered) -> Open | Ended:
    register = event.register_wh
    if register is None:
        return visit
    point = Point(event.at, register)
    if event.transaction_uid is None:
        return replace(visit, loose=(*visit.loose, point)[-KEPT_LOOSE:])
    for index, transaction in enumerate(visit.transactions):
        if transaction.uid == event.transaction_uid:
            after = counted(transaction, point, visit.changes) if counts(transaction, event.at) else transaction
            return _suspecting(_reading_added(visit, index, after, point), event.suspect)
    return visit


def _reading_added(visit: Open | Ended, index: int, after: Running | Stopped, point: Point) -> Open | Ended:
    before = visit.transactions[index]
    claimed = bool(visit.loose)
    if after is before and not claimed:
        return visit
    transactions = (*visit.transactions[:index], after, *visit.transactions[index + 1 :])
    visit = replace(visit, transactions=transactions)
    if claimed:
        visit = replace(visit, loose=tuple(loose for loose in visit.loose if loose != point))
    if visit.unplugged_at is not None and isinstance(visit, Open) and after.high is not before.high:
        return _back_again(visit, point.at)
    return visit


def _back_again(visit: Open, at: datetime) -> Open:
    """Energy flows after the car had left, as it seemed: it had not."""
    if visit.unplugged_at is None or at <= visit.unplugged_at:
        return visit
    return replace(visit, unplugged_at=None)


def _state_changed(visit: Open | Ended, event: ChargingStateChanged) -> Open | Ended:
    index = bisect_right(visit.changes, event.at, key=_at)
    change = Change(event.at, event.charging_state)
    changes = (*visit.changes[:index], change, *visit.changes[index:])[-KEPT_CHANGES:]
    visit = replace(visit, changes=changes)
    if isinstance(visit, Ended):
        return visit
    if event.reported_by == "connector":
        visit = _told_by_connector(visit, event)
    if index < len(changes) - 1:
        return visit
    if event.charging_state != "Idle":
        return visit if _told_before_it_left(visit, event) else replace(visit, unplugged_at=None)
    left = event.reported_by == "connector" or was_plugged(visit)
    return replace(visit, unplugged_at=event.at, stop_until=event.stop_until) if left else visit


def _told_by_connector(visit: Open, event: ChargingStateChanged) -> Open:
    if event.charging_state == "Idle":
        return replace(visit, freed_at=event.at)
    return replace(visit, plugged_at=visit.plugged_at or event.at, freed_at=None)


def _told_before_it_left(visit: Open, event: ChargingStateChanged) -> bool:
    """A transaction's last words may come after the status that the car has left, and bear the same time."""
    return event.reported_by == "transaction" and visit.unplugged_at is not None and event.at <= visit.unplugged_at


def was_plugged(visit: Visit) -> bool:
    """Whether a car was there at all: a token may come first (2.x `TxStartPoint` Authorized)."""
    return visit.plugged_at is not None or any(change.charging_state != "Idle" for change in visit.changes)


def _ended(visit: Open | Ended, event: SessionEnded) -> Open | Ended:
    ended_at = event.summary.ended_at or visit.started_at
    return as_ended(visit, ended_at, event.summary.unplugged_at, event.finalise_at or ended_at + UNSAID_DELAY)


def as_ended(visit: Visit, ended_at: datetime, unplugged_at: datetime | None, finalise_at: datetime) -> Ended:
    """The visit, over at this moment."""
    kept = {name: getattr(visit, name) for name in Open.__struct_fields__}
    return Ended(**{**kept, "unplugged_at": unplugged_at}, ended_at=ended_at, finalise_at=finalise_at)


def _revised(visit: Open | Ended, event: SessionRevised) -> Open | Ended:
    visit = replace(visit, revision=event.revision)
    if event.place is not None:
        visit = replace(visit, **of_place(event.place))
    if not isinstance(visit, Ended):
        return visit
    return replace(
        visit,
        unplugged_at=event.summary.unplugged_at,
        ended_at=event.summary.ended_at or visit.ended_at,
        finalise_at=event.finalise_at or visit.finalise_at,
    )


def with_transaction(
    visit: Open | Ended, uid: str | None, change: Callable[[Running | Stopped], Running | Stopped]
) -> Open | Ended:
    """The visit with one of its transactions changed."""
    transactions = tuple(
        change(transaction) if transaction.uid == uid else transaction for transaction in visit.transactions
    )
    return replace(visit, transactions=transactions)


def _suspecting(visit: Open | Ended, words: tuple[str, ...]) -> Open | Ended:
    if not words or set(words) <= set(visit.suspect):
        return visit
    return replace(visit, suspect=tuple(sorted({*visit.suspect, *words})))


WITHIN_VISIT: Mapping[type[msgspec.Struct], WithinVisit] = {
    SessionAuthorized: _authorized,
    TransactionJoined: _joined,
    TransactionLeft: _left,
    SessionMetered: _metered,
    ChargingStateChanged: _state_changed,
    SessionEnded: _ended,
    SessionRevised: _revised,
}
