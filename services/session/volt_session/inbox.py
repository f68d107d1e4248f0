"""What the two deciders listen to: message type → function."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from volt_contracts.drivers import TokenErased, TokenRegistered
from volt_contracts.eventlog import CommandRefused
from volt_contracts.network import StationAdopted, StationMoved, StationRegistered
from volt_contracts.session import Authorize, NoteGrant, NoteUse, StartSession, StopSession
from volt_contracts.station import (
    CommandFinished,
    ConnectorStatusChanged,
    ReadingsAttributed,
    ReadingsTaken,
    SequenceGap,
    TokenPresented,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
)
from volt_eventlog.decider import Decided, Output, Tables
from volt_eventlog.message import Message, Tick
from volt_session.domain import authorization, ending, places, plug, readings, remote, tokens, transactions
from volt_session.domain.decision import Decision
from volt_session.domain.order import in_order
from volt_session.domain.session import SessionState

SessionHandler = Callable[[Decision, Message], None]
AuthorizationHandler = Callable[[authorization.AuthorizationState | None, Message, Tables], Sequence[Output]]

SESSION_INBOX: Mapping[type[msgspec.Struct], SessionHandler] = {
    ConnectorStatusChanged: plug.status,
    TokenPresented: tokens.presented,
    TransactionStarted: transactions.started,
    TransactionUpdated: transactions.updated,
    TransactionEnded: transactions.ended,
    SequenceGap: transactions.gap,
    ReadingsTaken: readings.taken,
    ReadingsAttributed: readings.attributed,
    CommandFinished: remote.station_answered,
    CommandRefused: remote.station_answered,
    StartSession: remote.start,
    StopSession: remote.stop,
    StationAdopted: places.known_now,
    StationRegistered: places.known_now,
    StationMoved: ending.moved,
}

AUTHORIZATION_INBOX: Mapping[type[msgspec.Struct], AuthorizationHandler] = {
    TokenRegistered: authorization.registered,
    TokenErased: authorization.erased,
    Authorize: authorization.authorize,
    NoteUse: authorization.note_use,
    NoteGrant: authorization.note_grant,
}


def decide_session(state: SessionState | None, message: Message | Tick, tables: Tables) -> Decided:
    """The outputs of one message about a station, or of one of its deadlines."""
    decision = Decision(state, message, tables)
    if isinstance(message, Tick):
        ending.tick(decision, message)
        return decision.decided()
    handler = SESSION_INBOX.get(type(message.body))
    if handler is not None:
        body = in_order(decision.state, message.body)
        handler(decision, message if body is message.body else replace(message, body=body))
        ending.keep_bounded(decision)
    return decision.decided()


def decide_authorization(
    state: authorization.AuthorizationState | None, message: Message | Tick, tables: Tables
) -> Sequence[Output]:
    """The outputs of one message about a token, or of one of its deadlines."""
    if isinstance(message, Tick):
        return authorization.tick(state, message)
    handler = AUTHORIZATION_INBOX.get(type(message.body))
    return () if handler is None else handler(state, message, tables)
