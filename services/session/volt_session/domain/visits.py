"""Which visit a fact belongs to: the one that goes on, one of the past, or one that begins with it.

What a station did while it was offline changes the past: it never touches a visit that began later.
"""

from datetime import datetime
from typing import Literal

from volt_contracts.fact import Fact
from volt_contracts.session import ChargingStateChanged, LateSessionFact, SessionStarted
from volt_contracts.station import TransactionStarted
from volt_session.domain.decision import Decision
from volt_session.domain.ending import NO_STATUS, end
from volt_session.domain.places import place_of
from volt_session.domain.session import (
    SUSPENDED_BY,
    Change,
    Ended,
    Open,
    SessionState,
    Stopped,
    Visit,
    at_evse,
    current,
    finalised_with,
    running,
)
from volt_session.domain.visit import was_plugged

OpenedBy = Literal["plugged", "authorized", "transaction"]


def begin(
    d: Decision,
    *,
    opened_by: OpenedBy,
    evse: int,
    connector: int,
    at: datetime,
    hardware_epoch: int,
    suspect: tuple[str, ...] = (),
    resumed: bool = False,
) -> Open | Ended:
    """SessionStarted; what went on at that EVSE until then is over, if the EVSE is known."""
    said = _end(d, at_evse(d.state, evse), at) if evse else None
    session_id = d.next_id
    d.emit(
        SessionStarted(
            session_id=session_id,
            opened_by=opened_by,
            evse=evse,
            connector=connector,
            hardware_epoch=hardware_epoch,
            started_at=at,
            plugged_at=at if opened_by == "plugged" else None,
            place=place_of(d, evse, connector),
            suspect=suspect,
            resumed=resumed,
        )
    )
    if said is not None:
        _hand_over(d, session_id, said)
    return d.visit(session_id)


def found_at(d: Decision, session_id: str, evse: int, at: datetime) -> None:
    """That visit is found to be at that EVSE: a plug that waits there for its transaction was its car's, or is over.

    One that has a transaction stays: its EVSE may have been a guess, and is said later.
    """
    waiting = [visit for visit in at_evse(d.state, evse) if not visit.transactions and visit.session_id != session_id]
    said = _end(d, waiting, at)
    if said is not None:
        _hand_over(d, session_id, said)


def _end(d: Decision, formers: list[Open | Ended], at: datetime) -> Change | None:
    """What went on until then is over; the last word that was said of it is returned if that is of the next one."""
    said: Change | None = None
    for former in formers:
        if isinstance(former, Open) and former.started_at <= at:
            said = next((change for change in former.changes[-1:] if change.at >= at), None)
            end(d, former, "station", next_at=at)
    return said


def _hand_over(d: Decision, session_id: str, said: Change) -> None:
    """The connector's status overtook the start: it was told of the former visit, and is of the one that begins."""
    d.emit(
        ChargingStateChanged(
            session_id=session_id,
            charging_state=said.charging_state,
            suspended_by=SUSPENDED_BY.get(said.charging_state),
            reported_by="connector",
            at=said.at,
        )
    )


def visit_for(d: Decision, fact: TransactionStarted) -> Open | Ended:
    """The visit that a transaction joins, begun where there is none."""
    for candidate in (_candidate(d.state, fact), _resumed(d.state, fact)):
        if candidate is not None and _takes(candidate, fact):
            return candidate
    return begin(
        d,
        opened_by="authorized" if fact.trigger == "Authorized" else "transaction",
        evse=fact.evse,
        connector=fact.connector,
        at=fact.time.at,
        hardware_epoch=fact.hardware_epoch,
    )


def late(d: Decision, fact: Fact, uid: str, what: str) -> None:
    """LateSessionFact: for review, it changes nothing."""
    stub = finalised_with(d.state, uid)
    session_id = None if stub is None else stub.session_id
    d.emit(LateSessionFact(session_id=session_id, transaction_uid=uid, what=what, at=fact.time.at))


def _candidate(state: SessionState, fact: TransactionStarted) -> Open | Ended | None:
    if fact.evse == 0:
        return _only_idle(state, fact.time.at)
    goes_on = None if fact.time.is_history else current(state, fact.evse)
    return goes_on or _at_that_time(state, fact.evse, fact.time.at)


def _resumed(state: SessionState, fact: TransactionStarted) -> Open | None:
    """The visit of a car that was there when the link came back, if its transaction is yet to come.

    Of several starts that come late the last one is its own: each with another token takes the plug from the former.
    """
    visit = current(state, fact.evse) if fact.evse and fact.time.is_history else None
    return visit if visit is not None and visit.resumed and not visit.transactions else None


def _only_idle(state: SessionState, at: datetime) -> Open | Ended | None:
    """Where a 2.x transaction runs may be said later: the one car that waited for one then, or waits now.

    Only if there is only one. A visit that had a transaction already may only wait to be unplugged: no candidate.
    """
    waiting = [visit for visit in state.visits if not visit.transactions and was_plugged(visit)]
    then = [visit for visit in waiting if visit.started_at <= at and _was_there(visit, at)]
    candidates = then or [visit for visit in waiting if _was_there(visit, at=None)]
    return candidates[0] if len(candidates) == 1 else None


def _was_there(visit: Open | Ended, at: datetime | None) -> bool:
    """Whether its car had not left by then, or has not left until now."""
    left_at = visit.unplugged_at or (visit.ended_at if isinstance(visit, Ended) else None)
    return left_at is None or (at is not None and at < left_at)


def _at_that_time(state: SessionState, evse: int, at: datetime) -> Open | Ended | None:
    earlier = [visit for visit in at_evse(state, evse) if visit.started_at <= at]
    return earlier[-1] if earlier else None


def _takes(visit: Open | Ended, fact: TransactionStarted) -> bool:
    """Whether the transaction can be of that visit: same plug as far as is known, and nobody else's token."""
    at = fact.time.at
    if not _same_token(visit, fact):
        return False
    if visit.unplugged_at is not None and at >= visit.unplugged_at:
        return False
    if fact.charging_state == "Idle" and visit.transactions and not running(visit):
        # nothing is connected (OCPP 2.0.1 ChargingStateEnumType): the car that was has left unseen
        return False
    if visit.plugged_at is None and visit.transactions and not running(visit):
        goes_on = isinstance(visit, Open) or fact.time.is_history
        return goes_on and at - _last_stop(visit) <= NO_STATUS
    return isinstance(visit, Open) or at <= visit.ended_at


def _same_token(visit: Visit, fact: TransactionStarted) -> bool:
    tokens = {transaction.token_ref for transaction in visit.transactions} - {None}
    return fact.token_ref is None or not tokens or fact.token_ref in tokens


def _last_stop(visit: Visit) -> datetime:
    return max(transaction.ended_at for transaction in visit.transactions if isinstance(transaction, Stopped))
