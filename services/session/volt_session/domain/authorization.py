"""The verdict on one token: what its issuers say, where it is in use, and which remote starts await it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from volt_contracts import drivers
from volt_contracts.gateway import Grant, Verdict
from volt_contracts.ids import entity_key, split_key
from volt_contracts.network import TenantRow, TenantSettings
from volt_contracts.session import (
    AuthorizationDecided,
    AuthorizationRow,
    Authorize,
    GrantNoted,
    GrantsExpired,
    Issuer,
    IssuerChanged,
    NoteGrant,
    NoteUse,
    UseNoted,
)
from volt_contracts.topics import NETWORK_TENANTS, SESSION_AUTHORIZATIONS, Topic
from volt_eventlog.decider import Output, Tables
from volt_eventlog.message import Deadline, Message, Tick

ACTIVE_AT_MOST = 20
ACTIVE_FOR = timedelta(days=7)
GRANTS_AT_MOST = 20

VERDICTS: Mapping[drivers.TokenStatus, Verdict] = {
    "accepted": "Accepted",
    "blocked": "Blocked",
    "lost": "Blocked",
    "no_credit": "NoCredit",
}


class Vouched(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One issuer's word, and whether it lets two transactions run at once."""

    issuer: Issuer
    concurrent_refused: bool = False


class Use(msgspec.Struct, frozen=True, array_like=True):
    """A transaction that runs on the token."""

    transaction_uid: str
    at: datetime


class AuthorizationState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is known of one token; issuers in the order in which they first spoke."""

    issuers: tuple[Vouched, ...] = ()
    active: tuple[Use, ...] = ()
    grants: tuple[Grant, ...] = ()


NOTHING = AuthorizationState()


def registered(state: AuthorizationState | None, message: Message, _tables: Tables) -> Sequence[Output]:
    """drivers.token_registered → IssuerChanged, unless it says nothing new."""
    fact: drivers.TokenRegistered = message.body
    issuer = Issuer(
        issuer=fact.issuer,
        token_type=fact.token_type,
        verdict=VERDICTS[fact.status],
        contract_ref=fact.contract_ref,
        group_ref=fact.group_ref,
        valid_until=fact.valid_until,
    )
    vouched = Vouched(issuer=issuer, concurrent_refused=fact.concurrent == "refused")
    if vouched in (state or NOTHING).issuers:
        return ()
    return (IssuerChanged(issuer=issuer, concurrent=fact.concurrent),)


def erased(state: AuthorizationState | None, _message: Message, _tables: Tables) -> Sequence[Output]:
    """drivers.token_erased → blocked by everyone who vouched for it, and no contract named any more."""
    changed: list[Output] = []
    for vouched in (state or NOTHING).issuers:
        blocked = replace(vouched.issuer, verdict="Blocked", contract_ref=None, group_ref=None, valid_until=None)
        if blocked != vouched.issuer:
            changed.append(IssuerChanged(issuer=blocked, concurrent=_concurrent(vouched)))
    return changed


def authorize(state: AuthorizationState | None, message: Message, tables: Tables) -> Sequence[Output]:
    """Authorize → AuthorizationDecided: a grant is enough, then the issuers' word, then the tenant's for unknown ones.

    OCPP 1.6 §5.2, OCPP 2.0.1 part 2, C01; never `ConcurrentTx`, which belongs to a start.
    """
    command: Authorize = message.body
    known = state or NOTHING
    issuer, verdict = _preferred(known, message.at)
    if any(_usable(grant, command.evse, message.at) for grant in known.grants):
        issuer, verdict = None, "Accepted"
    elif issuer is None:
        verdict = _unknown_token(message.tenant, tables)
    return (
        AuthorizationDecided(
            command_id=message.id,
            outcome="accepted",
            verdict=verdict,
            group_ref=None if issuer is None else issuer.group_ref,
            valid_until=None if issuer is None else issuer.valid_until,
            station_uid=command.station_uid,
            at=message.at,
        ),
    )


def note_use(state: AuthorizationState | None, message: Message, _tables: Tables) -> Sequence[Output]:
    """NoteUse → UseNoted, when it is new that the transaction runs, or no longer runs."""
    command: NoteUse = message.body
    known = state or NOTHING
    others = [use for use in known.active if use.transaction_uid != command.transaction_uid]
    runs = len(others) < len(known.active)
    if runs == command.running:
        return ()
    refused = bool(known.issuers) and known.issuers[0].concurrent_refused
    return (
        UseNoted(
            transaction_uid=command.transaction_uid,
            running=command.running,
            at=command.at,
            concurrent=command.running and refused and bool(others),
        ),
    )


def note_grant(state: AuthorizationState | None, message: Message, _tables: Tables) -> Sequence[Output]:
    """NoteGrant → GrantNoted; one that is over already, or known, is not noted."""
    command: NoteGrant = message.body
    if command.grant in (state or NOTHING).grants or command.grant.valid_until <= message.at:
        return ()
    return (GrantNoted(grant=command.grant),)


def tick(state: AuthorizationState | None, cause: Tick) -> Sequence[Output]:
    """GrantsExpired for all grants that are over."""
    over = tuple(grant.command_id for grant in (state or NOTHING).grants if grant.valid_until <= cause.at)
    return (GrantsExpired(command_ids=over, at=cause.at),) if over else ()


def deadline(state: AuthorizationState | None, _last_input_at: datetime) -> Deadline | None:
    """When the first grant is over."""
    moments = [grant.valid_until for grant in (state or NOTHING).grants]
    return Deadline("grants", min(moments)) if moments else None


def public(key: str, state: AuthorizationState | None) -> Mapping[Topic, msgspec.Struct | None]:
    """The row of a token that somebody vouches for or that a remote start awaits; of others there is none."""
    known = state or NOTHING
    if not known.issuers and not known.grants:
        return {SESSION_AUTHORIZATIONS: None}
    row = AuthorizationRow(
        token_ref=split_key(key)[1],
        issuers=tuple(vouched.issuer for vouched in known.issuers),
        grants=known.grants,
        active=tuple(use.transaction_uid for use in known.active),
        concurrent=_concurrent(known.issuers[0]) if known.issuers else "allowed",
    )
    return {SESSION_AUTHORIZATIONS: row}


def evolve(state: AuthorizationState | None, event: Any) -> AuthorizationState | None:
    """The state after one more event; None for a token of which nothing is known."""
    before = NOTHING if state is None else state
    match event:
        case IssuerChanged():
            after = replace(before, issuers=_vouched(before, event))
        case UseNoted():
            after = replace(before, active=_active(before, event))
        case GrantNoted():
            after = replace(before, grants=(*before.grants, event.grant)[-GRANTS_AT_MOST:])
        case GrantsExpired():
            kept = tuple(grant for grant in before.grants if grant.command_id not in event.command_ids)
            after = replace(before, grants=kept)
        case _:
            after = before
    return None if after == NOTHING else after


def _vouched(state: AuthorizationState, event: IssuerChanged) -> tuple[Vouched, ...]:
    new = Vouched(issuer=event.issuer, concurrent_refused=event.concurrent == "refused")
    names = [vouched.issuer.issuer for vouched in state.issuers]
    if event.issuer.issuer not in names:
        return (*state.issuers, new)
    place = names.index(event.issuer.issuer)
    return (*state.issuers[:place], new, *state.issuers[place + 1 :])


def _active(state: AuthorizationState, event: UseNoted) -> tuple[Use, ...]:
    oldest = event.at - ACTIVE_FOR
    others = [use for use in state.active if use.transaction_uid != event.transaction_uid and use.at > oldest]
    return (*others, Use(event.transaction_uid, event.at))[-ACTIVE_AT_MOST:] if event.running else tuple(others)


def _concurrent(vouched: Vouched) -> Literal["allowed", "refused"]:
    return "refused" if vouched.concurrent_refused else "allowed"


def _preferred(state: AuthorizationState, at: datetime) -> tuple[Issuer | None, Verdict]:
    """The first issuer that accepts the token; when none does, the first one's word."""
    words = [(vouched.issuer, _word(vouched.issuer, at)) for vouched in state.issuers]
    accepting = (word for word in words if word[1] == "Accepted")
    return next(accepting, words[0] if words else (None, "Unknown"))


def _word(issuer: Issuer, at: datetime) -> Verdict:
    if issuer.verdict == "Accepted" and issuer.valid_until is not None and issuer.valid_until <= at:
        return "Expired"
    return issuer.verdict


def _usable(grant: Grant, evse: int | None, at: datetime) -> bool:
    return grant.valid_until > at and (grant.evse is None or evse is None or grant.evse == evse)


def _unknown_token(tenant: str, tables: Tables) -> Verdict:
    row: TenantRow | None = tables.get(NETWORK_TENANTS, entity_key(tenant, tenant))
    return TenantSettings(name=tenant).unknown_token if row is None else row.settings.unknown_token
