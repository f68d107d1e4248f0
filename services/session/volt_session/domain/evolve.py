"""The fold of `session.events` into the state of a station's visits: total, without a clock.

Deadlines and times that a decision took from elsewhere stand in its events, so that folding them anew gives the same
state.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from volt_contracts.session import (
    SessionCommandAccepted,
    SessionCommandFinished,
    SessionEvent,
    SessionFinalised,
    SessionStarted,
    TokenNoted,
    TransactionJoined,
)
from volt_session.domain.session import (
    NOTHING,
    Done,
    Ended,
    Finalised,
    Open,
    Pending,
    Presented,
    SessionState,
)
from volt_session.domain.visit import WITHIN_VISIT, WithinVisit, of_place, with_transaction

KEPT_FOR = timedelta(days=7)
KEPT_STUBS = 50
KEPT_COMMANDS = 20
KEPT_COMMANDS_FOR = timedelta(hours=24)
KEPT_PRESENTED = 8
REMEMBER_TOKEN = timedelta(minutes=5)


def evolve(state: SessionState | None, event: Any) -> SessionState | None:
    """The state after one more event; None when nothing is left to be kept."""
    before = NOTHING if state is None else state
    within = WITHIN_VISIT.get(type(event))
    if within is not None:
        after = _in_visit(before, event, within)
    else:
        step = BESIDE_VISITS.get(type(event))
        after = before if step is None else step(before, event)
    return None if after == NOTHING else after


def _in_visit(state: SessionState, event: SessionEvent, step: WithinVisit) -> SessionState:
    if type(event) is TransactionJoined and event.hardware_epoch != state.hardware_epoch:
        state = replace(state, hardware_epoch=event.hardware_epoch)
    visits = state.visits
    for index, visit in enumerate(visits):
        if visit.session_id == event.session_id:
            after = step(visit, event)
            return state if after is visit else replace(state, visits=(*visits[:index], after, *visits[index + 1 :]))
    return state


def _started(state: SessionState, event: SessionStarted) -> SessionState:
    visit = Open(
        session_id=event.session_id,
        evse=event.evse,
        connector=event.connector,
        started_at=event.started_at,
        plugged_at=event.plugged_at,
        resumed=event.resumed,
        suspect=event.suspect,
        **of_place(event.place),
    )
    return replace(state, visits=(*state.visits, visit))


def _finalised(state: SessionState, event: SessionFinalised) -> SessionState:
    """Of what is final only a stub stays, for a bounded time and count."""
    visits = tuple(visit for visit in state.visits if visit.session_id != event.session_id)
    ended_at = event.summary.ended_at or event.at
    stub = Finalised(event.session_id, ended_at, event.summary.transactions)
    oldest = event.at - KEPT_FOR
    kept = [former for former in state.finalised if former.ended_at > oldest]
    return replace(state, visits=visits, finalised=(*kept, stub)[-KEPT_STUBS:])


def _token_noted(state: SessionState, event: TokenNoted) -> SessionState:
    kept = [
        presented
        for presented in state.presented
        if event.at - presented.at < REMEMBER_TOKEN and presented.token_ref != event.token_ref
    ]
    if event.verdict == "Accepted":
        kept.append(Presented(event.token_ref, event.at))
    return replace(state, presented=tuple(kept[-KEPT_PRESENTED:]))


def _command_accepted(state: SessionState, event: SessionCommandAccepted) -> SessionState:
    pending = Pending(
        command_id=event.command_id,
        station_command_id=event.station_command_id,
        command=event.command,
        until=event.until,
        session_id=event.session_id,
        remote_start_id=event.remote_start_id,
        token_ref=event.token_ref,
        evse=event.evse,
        actor=event.actor,
    )
    state = replace(state, visits=tuple(_told_to_stop(visit, event.transaction_uid) for visit in state.visits))
    return _with_command(state, pending, event.at)


def _told_to_stop(visit: Open | Ended, uid: str | None) -> Open | Ended:
    if uid is None or all(transaction.uid != uid for transaction in visit.transactions):
        return visit
    return with_transaction(visit, uid, lambda transaction: replace(transaction, stop_after=None))


def _command_finished(state: SessionState, event: SessionCommandFinished) -> SessionState:
    former = next((command for command in state.commands if command.command_id == event.command_id), None)
    done = Done(
        command_id=event.command_id,
        command=event.command,
        outcome=event.outcome,
        at=event.at,
        sentence=event.sentence,
        status=event.status,
        session_id=event.session_id,
        station_command_id=former.station_command_id if former is not None else None,
        remote_start_id=former.remote_start_id if former is not None else None,
        token_ref=former.token_ref if former is not None else None,
        evse=former.evse if former is not None else None,
        actor=former.actor if former is not None else None,
    )
    return _with_command(state, done, event.at)


def _with_command(state: SessionState, command: Pending | Done, at: datetime) -> SessionState:
    others = [former for former in state.commands if former.command_id != command.command_id]
    pending = [former for former in others if isinstance(former, Pending)]
    done = [former for former in others if isinstance(former, Done) and at - former.at < KEPT_COMMANDS_FOR]
    return replace(state, commands=(*done[-KEPT_COMMANDS:], *pending, command))


BesideVisits = Callable[[SessionState, Any], SessionState]

BESIDE_VISITS: Mapping[type[msgspec.Struct], BesideVisits] = {
    SessionStarted: _started,
    SessionFinalised: _finalised,
    TokenNoted: _token_noted,
    SessionCommandAccepted: _command_accepted,
    SessionCommandFinished: _command_finished,
}
