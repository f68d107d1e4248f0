"""How visits end and become final, and the timers of a station."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from volt_contracts.session import SessionEnded, SessionFinalised
from volt_eventlog.message import Deadline, Message, Tick
from volt_session.domain.curve import curve
from volt_session.domain.decision import Decision
from volt_session.domain.energy import delivered_wh
from volt_session.domain.places import fill_in
from volt_session.domain.remote import stop_refused, time_out
from volt_session.domain.revising import end_of, finalise_at
from volt_session.domain.session import (
    ClosedBy,
    Ended,
    Open,
    Pending,
    Running,
    SessionState,
    Stopped,
    next_begin,
    running,
)
from volt_session.domain.summary import last_sign, missing_of, summarise
from volt_session.domain.tokens import note_use
from volt_session.domain.visit import as_ended

NO_STATUS = timedelta(minutes=15)
"""After the last transaction of a visit at a station that says nothing of plugs, and after a plug was pulled while a
transaction has no stop on record: the visit is over."""
KEPT_VISITS = 40
"""That are over, and that are of the past without an end on record; what goes on is bounded by the EVSEs."""
LOST = timedelta(days=3)
"""Without any sign of a visit that nothing has ended: it is over."""


def end(
    d: Decision,
    visit: Open,
    closed_by: ClosedBy,
    unplugged_at: datetime | None = None,
    next_at: datetime | None = None,
) -> None:
    """SessionEnded; provisional, because stations send late what they could not send in time.

    `next_at`: when the visit begins that takes its place.
    """
    fill_in(d, visit)
    visit_now = d.visit(visit.session_id)
    unplugged_at = unplugged_at or visit_now.unplugged_at
    missing = missing_of(visit_now)
    final_at = finalise_at(d, missing)
    ended = as_ended(visit_now, end_of(d.state, visit_now, unplugged_at, next_at), unplugged_at, final_at)
    for transaction in running(visit_now):
        # a transaction whose stop never comes would hold its token for ever
        note_use(d, transaction.token_ref, transaction.uid, running=False, at=ended.ended_at)
    d.emit(
        SessionEnded(
            session_id=visit.session_id,
            closed_by=closed_by,
            complete=not missing,
            missing=missing,
            evse=visit_now.evse,
            connector=visit_now.connector,
            summary=summarise(ended),
            finalise_at=final_at,
        )
    )


def moved(d: Decision, _message: Message) -> None:
    """StationMoved: the station belongs to another tenant now; its visits here are over."""
    for visit in d.state.visits:
        if isinstance(visit, Open):
            end(d, visit, "operator")


def end_if_over(d: Decision, visit: Open, left_at: datetime | None) -> None:
    """A transaction has stopped: when the car left before that, or another one took its place, the visit is over."""
    if running(visit):
        return
    if left_at is not None or visit.unplugged_at is not None or next_begin(d.state, visit) is not None:
        end(d, visit, "station", unplugged_at=visit.unplugged_at or left_at)


def deadline(state: SessionState | None, _last_input_at: datetime) -> Deadline | None:
    """The earliest of all that is waited for."""
    if state is None:
        return None
    return min(_deadlines(state), key=lambda due: due.at, default=None)


def tick(d: Decision, cause: Tick) -> None:
    """All that is due by now."""
    for command in d.state.commands:
        if isinstance(command, Pending) and command.until <= cause.at:
            time_out(d, command)
    for visit in d.state.visits:
        if isinstance(visit, Ended):
            if visit.finalise_at <= cause.at:
                _finalise(d, visit)
            continue
        for transaction in visit.transactions:
            if _may_stop(visit, transaction, cause.at):
                stop_refused(d, visit, transaction)
        if _over_at(visit) <= cause.at:
            end(d, visit, "timer")


def keep_bounded(d: Decision) -> None:
    """A station may send years of stored charges at once: the earliest of them are final sooner than others are."""
    if len(d.state.visits) <= KEPT_VISITS:
        return
    past = [visit for visit in d.state.visits if isinstance(visit, Open) and _is_past(d.state, visit)]
    for visit in sorted(past, key=lambda visit: visit.started_at)[:-KEPT_VISITS]:
        end(d, visit, "timer")
    over = [visit for visit in d.state.visits if isinstance(visit, Ended)]
    for ended in sorted(over, key=lambda visit: visit.finalise_at)[:-KEPT_VISITS]:
        _finalise(d, ended)


def _is_past(state: SessionState, visit: Open) -> bool:
    return visit.evse == 0 or next_begin(state, visit) is not None


def _finalise(d: Decision, visit: Ended) -> None:
    fill_in(d, visit)
    now = d.visit(visit.session_id)
    assert isinstance(now, Ended)
    missing = missing_of(now)
    d.emit(
        SessionFinalised(
            session_id=now.session_id,
            summary=summarise(now),
            curve=curve(now),
            complete=not missing,
            missing=missing,
            at=d.now,
        )
    )


def _deadlines(state: SessionState) -> Iterator[Deadline]:
    for command in state.commands:
        if isinstance(command, Pending):
            yield Deadline("command", command.until)
    for visit in state.visits:
        if isinstance(visit, Ended):
            yield Deadline("finalise", visit.finalise_at)
            continue
        yield Deadline("end", _over_at(visit))
        for transaction in visit.transactions:
            if transaction.stop_after is not None and _still_charges(visit, transaction):
                yield Deadline("stop_refused", transaction.stop_after)


def _over_at(visit: Open) -> datetime:
    """When a timer ends the visit. Where the connector's status said "plugged", only its status says "left"."""
    stops = [_status_until(transaction) for transaction in visit.transactions if isinstance(transaction, Stopped)]
    if visit.unplugged_at is not None:
        return visit.stop_until or visit.unplugged_at + NO_STATUS
    if visit.plugged_at is None and stops and not running(visit):
        return max(stops)
    return last_sign(visit) + LOST


def _status_until(transaction: Stopped) -> datetime:
    return transaction.status_until or transaction.ended_at + NO_STATUS


def _may_stop(visit: Open, transaction: Running | Stopped, now: datetime) -> bool:
    due = transaction.stop_after is not None and transaction.stop_after <= now
    return due and _still_charges(visit, transaction)


def _still_charges(visit: Open, transaction: Running | Stopped) -> bool:
    if isinstance(transaction, Stopped):
        return False
    state = visit.changes[-1].charging_state if visit.changes else None
    flowed = delivered_wh(transaction, visit.session_register) > 0
    return state == "Charging" or (state is None and flowed)
