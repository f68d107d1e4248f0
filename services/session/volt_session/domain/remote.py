"""StartSession and StopSession: passed on to the station, each with exactly one outcome."""

from datetime import timedelta

from volt_contracts.eventlog import CommandRefused
from volt_contracts.gateway import Grant
from volt_contracts.ids import derive, entity_key
from volt_contracts.message import Actor, Command, OutcomeWord
from volt_contracts.session import (
    NoteGrant,
    SessionCommandAccepted,
    SessionCommandFinished,
    StartSession,
    StopSession,
)
from volt_contracts.station import CommandFinished, RequestStart, RequestStop
from volt_contracts.topics import AUTHORIZATION_COMMANDS, STATION_COMMANDS
from volt_eventlog.message import Message
from volt_session.domain.decision import Decision
from volt_session.domain.session import Done, Open, Pending, Transaction, running, visit_of

START_WITHIN = timedelta(seconds=30)
"""A remote start is never sent later than this after its request, unless the command says otherwise."""
OUTCOME_WITHIN = timedelta(seconds=90)
PENDING_AT_MOST = 20
GRANT_FOR = timedelta(minutes=5)
"""Time to plug in after a remote start."""


def start(d: Decision, message: Message) -> None:
    """StartSession → RequestStart to the station and a grant for the token."""
    command: StartSession = message.body
    if _answered_at_once(d, message):
        return
    not_after = command.not_after or message.at + START_WITHIN
    remote_start_id = remote_start_id_of(message.id)
    request = RequestStart(
        actor=command.actor,
        not_after=not_after,
        id_token=command.id_token,
        token_type=command.token_type,
        token_ref=command.token_ref,
        evse=command.evse,
        remote_start_id=remote_start_id,
    )
    station_command_id = d.send(STATION_COMMANDS, d.key, request)
    grant = Grant(
        token_ref=command.token_ref,
        command_id=station_command_id,
        valid_until=not_after + GRANT_FOR,
        evse=command.evse,
        remote_start_id=remote_start_id,
    )
    d.send(AUTHORIZATION_COMMANDS, entity_key(d.tenant, command.token_ref), NoteGrant(actor=command.actor, grant=grant))
    d.emit(
        SessionCommandAccepted(
            command_id=message.id,
            station_command_id=station_command_id,
            command="StartSession",
            remote_start_id=remote_start_id,
            token_ref=command.token_ref,
            evse=command.evse,
            actor=command.actor,
            until=max(not_after, message.at) + (OUTCOME_WITHIN - START_WITHIN),
            at=message.at,
        )
    )


def stop(d: Decision, message: Message) -> None:
    """StopSession → RequestStop for the transaction that runs."""
    command: StopSession = message.body
    if _answered_at_once(d, message):
        return
    visit = visit_of(d.state, command.session_id)
    if visit is None or not running(visit):
        sentence = "no transaction runs in this visit" if visit is not None else "this station has no such visit now"
        _finish(
            d, message.id, "StopSession", "rejected", command.actor, sentence=sentence, session_id=command.session_id
        )
        return
    _request_stop(d, visit.session_id, visit.evse, running(visit)[-1], command, message.id)


def stop_refused(d: Decision, visit: Open, transaction: Transaction) -> None:
    """A station charges on although it was told that the token is refused: it is told to stop, once."""
    actor = Actor(kind="system", id="session", reason="refused_token")
    _request_stop(d, visit.session_id, visit.evse, transaction, StopSession(actor=actor, session_id=visit.session_id))


def remote_start_id_of(command_id: str) -> int:
    """A positive 31-bit number that goes out with a RequestStart and comes back with its transaction."""
    return int(derive(command_id, "remote start id")[:8], 16) & 0x7FFF_FFFF or 1


def station_answered(d: Decision, message: Message) -> None:
    """station.command_finished, or a refusal of the station's parked log → the outcome of our own command."""
    answer: CommandFinished | CommandRefused = message.body
    pending = _pending(d, answer.command_id)
    if pending is not None:
        status = answer.status if isinstance(answer, CommandFinished) else None
        _finish_pending(d, pending, answer.outcome, answer.sentence, status)


def time_out(d: Decision, pending: Pending) -> None:
    """No outcome came in time: the station may have acted."""
    _finish_pending(d, pending, "unknown", "the station's answer did not come in time; it may have acted", None)


def _request_stop(
    d: Decision, session_id: str, evse: int, transaction: Transaction, command: Command, command_id: str | None = None
) -> None:
    request = RequestStop(actor=command.actor, not_after=command.not_after, transaction_uid=transaction.uid)
    station_command_id = d.send(STATION_COMMANDS, d.key, request)
    d.emit(
        SessionCommandAccepted(
            command_id=command_id or station_command_id,
            station_command_id=station_command_id,
            command="StopSession",
            evse=evse,
            session_id=session_id,
            transaction_uid=transaction.uid,
            actor=command.actor,
            until=d.now + OUTCOME_WITHIN,
            at=d.now,
        )
    )


def _answered_at_once(d: Decision, message: Message) -> bool:
    """Whether nothing is to be passed on: it came before, it came too late, or too many wait."""
    command: Command = message.body
    former = next((known for known in d.state.commands if known.command_id == message.id), None)
    if isinstance(former, Done):
        d.emit(_again(former, command.actor))
        return True
    if former is not None:
        return True
    name = type(command).__name__
    if command.not_after is not None and message.at > command.not_after:
        sentence = "it came later than it was to be carried out"
        _finish(d, message.id, name, "expired", command.actor, sentence=sentence)
        return True
    if sum(isinstance(known, Pending) for known in d.state.commands) >= PENDING_AT_MOST:
        sentence = "too many commands to this station await their outcome"
        _finish(d, message.id, name, "rejected", command.actor, sentence=sentence)
        return True
    return False


def _pending(d: Decision, station_command_id: str) -> Pending | None:
    for command in d.state.commands:
        if isinstance(command, Pending) and command.station_command_id == station_command_id:
            return command
    return None


def _finish_pending(
    d: Decision, pending: Pending, outcome: OutcomeWord, sentence: str | None, status: str | None
) -> None:
    _finish(
        d, pending.command_id, pending.command, outcome, pending.actor,
        sentence=sentence, status=status, session_id=pending.session_id,
    )  # fmt: skip


def _finish(
    d: Decision,
    command_id: str,
    command: str,
    outcome: OutcomeWord,
    actor: Actor | None,
    *,
    sentence: str | None = None,
    status: str | None = None,
    session_id: str | None = None,
) -> None:
    d.emit(
        SessionCommandFinished(
            command_id=command_id,
            outcome=outcome,
            sentence=sentence,
            command=command,
            session_id=session_id,
            status=status,
            actor=None if actor is None else actor.text,
            at=d.now,
        )
    )


def _again(done: Done, actor: Actor) -> SessionCommandFinished:
    return SessionCommandFinished(
        command_id=done.command_id,
        outcome=done.outcome,
        sentence=done.sentence,
        command=done.command,
        session_id=done.session_id,
        status=done.status,
        actor=actor.text,
        at=done.at,
    )
