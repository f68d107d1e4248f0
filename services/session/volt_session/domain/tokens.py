"""Tokens at a station: presented, joined to a transaction, and noted as in use with the decider that owns them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from volt_contracts.gateway import Verdict
from volt_contracts.ids import entity_key
from volt_contracts.message import Actor
from volt_contracts.session import (
    Authorization,
    AuthorizationRow,
    AuthorizationSource,
    Issuer,
    NoteUse,
    SessionAuthorized,
    TokenNoted,
)
from volt_contracts.station import TokenPresented, TransactionStarted, TransactionUpdated
from volt_contracts.topics import AUTHORIZATION_COMMANDS, SESSION_AUTHORIZATIONS
from volt_eventlog.message import Message
from volt_session.domain.decision import Decision
from volt_session.domain.evolve import REMEMBER_TOKEN
from volt_session.domain.session import Done, Open, Pending, Running, SessionState, Stopped, transaction_of

SYSTEM = Actor(kind="system", id="session")
STOP_GRACE = timedelta(seconds=30)
"""For a station to obey a refusal by itself."""
NEVER_STOPPED_FOR: frozenset[Verdict] = frozenset({"Accepted", "ConcurrentTx"})
"""Two stations may both start on one token within the loop's delay: the later one goes on and is marked."""
NOT_OUR_WORD = frozenset({"fallback", "repeat"})
"""A fallback answered because nobody could be asked; a repeat was judged when it was said first."""

SOURCES: Mapping[str, AuthorizationSource] = {
    "ISO14443": "rfid",
    "ISO15693": "rfid",
    "eMAID": "plug_and_charge",
    "MacAddress": "autocharge",
    "EVCCID": "autocharge",
    "VIN": "autocharge",
    "Central": "app",
    "DirectPayment": "ad_hoc_terminal",
    "NoAuthorization": "free",
}
"""IdTokenEnumType of OCPP 2.0.1 and 2.1; a station of 1.6 says no type and reads cards."""


def presented(d: Decision, message: Message) -> None:
    """TokenPresented names no EVSE: it is remembered until a start carries the token, and opens no visit."""
    fact: TokenPresented = message.body
    if fact.time.offline in ("no", "unknown"):
        d.emit(TokenNoted(token_ref=fact.token_ref, verdict=fact.verdict, at=fact.time.at))


def authorize(d: Decision, session_id: str, fact: TransactionStarted | TransactionUpdated) -> None:
    """SessionAuthorized, with the verdict that went out: it is never decided again here."""
    found = transaction_of(d.state, fact.transaction_uid)
    if found is None or fact.token_ref is None or not _says_more(found[1], fact):
        return
    visit, transaction = found
    verdict = fact.verdict or "Unknown"
    refused = fact.verdict is not None and verdict != "Accepted"
    command = granted_by(d.state, fact, visit.evse)
    issuer = _issuer(d, fact.token_ref)
    d.emit(
        SessionAuthorized(
            session_id=session_id,
            authorization=Authorization(
                token_ref=fact.token_ref,
                source=_source(fact.token_type, command),
                verdict=verdict,
                token_type=fact.token_type,
                issuer=None if issuer is None else issuer.issuer,
                contract_ref=None if issuer is None else issuer.contract_ref,
                group_ref=fact.group_ref if isinstance(fact, TransactionStarted) else None,
                command_id=command.command_id if command is not None else fact.command_id,
                at=_presented_at(d.state, fact.token_ref, fact.time.at),
            ),
            refused=refused,
            transaction_uid=fact.transaction_uid,
            stop_after=_stop_after(d, fact) if refused and isinstance(visit, Open) else None,
            suspect=_suspect(fact, refused),
        )
    )
    if isinstance(transaction, Running) and transaction.token_ref is None:
        note_use(d, fact.token_ref, fact.transaction_uid, running=True, at=fact.time.at)


def note_use(d: Decision, token_ref: str | None, uid: str, *, running: bool, at: datetime) -> None:
    """Tell the token's own decider that a transaction runs, or no longer runs, on it."""
    if token_ref is not None:
        command = NoteUse(actor=SYSTEM, transaction_uid=uid, running=running, at=at)
        d.send(AUTHORIZATION_COMMANDS, entity_key(d.tenant, token_ref), command)


def granted_by(state: SessionState, fact: TransactionStarted | TransactionUpdated, evse: int) -> Pending | Done | None:
    """The StartSession that this start follows: by its ids, or in 1.6 by token and EVSE (facts: remote start)."""
    starts = [command for command in reversed(state.commands) if command.remote_start_id is not None]
    for command in starts:
        if fact.remote_start_id is not None and fact.remote_start_id == command.remote_start_id:
            return command
        if fact.command_id is not None and fact.command_id in (command.command_id, command.station_command_id):
            return command
    if fact.verdict_source != "grant":
        return None
    return next((start for start in starts if start.token_ref == fact.token_ref and start.evse in (None, evse)), None)


def _issuer(d: Decision, token_ref: str) -> Issuer | None:
    """Who vouches for the token now, copied because an invoice needs it for ever."""
    row: AuthorizationRow | None = d.tables.get(SESSION_AUTHORIZATIONS, entity_key(d.tenant, token_ref))
    return None if row is None or not row.issuers else row.issuers[0]


def _says_more(transaction: Running | Stopped, fact: TransactionStarted | TransactionUpdated) -> bool:
    """Its first token, or another verdict on the same one: a repeated start may have been answered otherwise."""
    if transaction.token_ref is None:
        return True
    same = fact.token_ref == transaction.token_ref and fact.verdict is not None
    return same and transaction.refused != (fact.verdict != "Accepted")


def _source(token_type: str | None, command: Pending | Done | None) -> AuthorizationSource:
    if command is not None:
        from_partner = command.actor is not None and command.actor.kind == "partner"
        return "remote_partner" if from_partner else "app"
    return SOURCES.get(token_type or "", "rfid")


def _presented_at(state: SessionState, token_ref: str, started_at: datetime) -> datetime:
    """When the token was held up, if that was noted within five minutes before the start."""
    for noted in state.presented:
        if noted.token_ref == token_ref and timedelta(0) <= started_at - noted.at <= REMEMBER_TOKEN:
            return noted.at
    return started_at


def _stop_after(d: Decision, fact: TransactionStarted | TransactionUpdated) -> datetime | None:
    live = fact.time.offline in ("no", "unknown")
    if not live or fact.verdict in NEVER_STOPPED_FOR or fact.verdict_source in NOT_OUR_WORD:
        return None
    return d.now + STOP_GRACE


def _suspect(fact: TransactionStarted | TransactionUpdated, refused: bool) -> tuple[str, ...]:
    if fact.verdict is None:
        return ("no_verdict",)
    if fact.verdict == "ConcurrentTx":
        return ("concurrent",)
    return ("refused_token",) if refused else ()
