"""A token: registered with what its issuer says of it, or erased. The clear value is never part of its state."""

from datetime import datetime
from typing import Literal

import msgspec

from volt_contracts.drivers import (
    BlockToken,
    DriversCommandFinished,
    EraseToken,
    RegisterToken,
    TokenErased,
    TokenProfile,
    TokenRegistered,
    TokenStatus,
    TokenType,
    TombstoneRenewed,
)
from volt_contracts.forms import LONGEST_TOKEN
from volt_contracts.message import Event
from volt_contracts.refs import normalise_token
from volt_drivers.domain.account import uid_objection
from volt_drivers.domain.answers import remember
from volt_eventlog.answers import Answers, Refused, version_objection


class Registered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="registered"):
    """A token that its issuer vouches for, or says why not."""

    version: int
    token_type: TokenType
    status: TokenStatus
    valid_until: datetime | None = None
    group_ref: str | None = None
    issuer: str
    contract_ref: str | None = None
    concurrent: Literal["allowed", "refused"] = "allowed"
    account_uid: str | None = None
    answers: Answers = ()


class Erased(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="erased"):
    """A token whose clear value was forgotten. It stays blocked until somebody registers it anew."""

    version: int
    erased_at: datetime
    renewed: bool = False
    answers: Answers = ()


Token = Registered | Erased


def register(token: Token | None, command: RegisterToken, token_ref: str, at: datetime) -> tuple[Event, ...] | Refused:
    """Make the token known or change it; nothing happens when it already is what the command says."""
    version = 0 if token is None else token.version
    refused = version_objection(command.expected_version, version) or _objection(command)
    if refused is not None:
        return refused
    if _wanted(token, command, version) == token:
        return ()
    return (_said(_wanted(token, command, version + 1), token_ref, command.actor.text, at),)


def block(token: Token | None, command: BlockToken, token_ref: str, at: datetime) -> tuple[Event, ...] | Refused:
    """Let nobody charge with it; an erased or a blocked token is blocked already."""
    refused = _whose(token, command.account_uid)
    if refused is not None or token is None:
        return refused or Refused("there is no such token")
    refused = version_objection(command.expected_version, token.version)
    if refused is not None:
        return refused
    if isinstance(token, Erased) or token.status == "blocked":
        return ()
    blocked = msgspec.structs.replace(token, version=token.version + 1, status="blocked")
    return (_said(blocked, token_ref, command.actor.text, at),)


def erase(token: Token | None, command: EraseToken, token_ref: str, at: datetime) -> tuple[Event, ...] | Refused:
    """Forget the clear value and block the token; an erased one stays erased."""
    refused = _whose(token, command.account_uid)
    if refused is not None or token is None:
        return refused or Refused("there is no such token")
    if isinstance(token, Erased):
        return ()
    return (TokenErased(version=token.version + 1, token_ref=token_ref, actor=command.actor.text, at=at),)


def account_of(token: Token | None) -> str | None:
    """The account that it belongs to."""
    return token.account_uid if isinstance(token, Registered) else None


def profile(command: RegisterToken, token_ref: str) -> TokenProfile:
    """The clear value in its one normal form, so that it is the same whatever spelling it was registered in."""
    return TokenProfile(
        token_ref=token_ref,
        value=normalise_token(command.value),
        token_type=command.token_type,
        group=None if command.group is None else normalise_token(command.group),
    )


def evolve(token: Token | None, event: Event) -> Token | None:
    """The token after an event of its own. A refused command for an unknown token leaves no state behind."""
    answers = () if token is None else token.answers
    match event:
        case TokenRegistered():
            return Registered(
                version=event.version,
                token_type=event.token_type,
                status=event.status,
                valid_until=event.valid_until,
                group_ref=event.group_ref,
                issuer=event.issuer,
                contract_ref=event.contract_ref,
                concurrent=event.concurrent,
                account_uid=event.account_uid,
                answers=answers,
            )
        case TokenErased():
            return Erased(version=event.version, erased_at=event.at, answers=answers)
        case TombstoneRenewed() if isinstance(token, Erased):
            return msgspec.structs.replace(token, renewed=True)
        case DriversCommandFinished() if token is not None:
            return msgspec.structs.replace(token, answers=remember(answers, event))
        case _:
            return token


def _wanted(token: Token | None, command: RegisterToken, version: int) -> Registered:
    """The token as the command would have it."""
    return Registered(
        version=version,
        token_type=command.token_type,
        status=command.status,
        valid_until=command.valid_until,
        group_ref=command.group_ref,
        issuer=command.issuer,
        contract_ref=command.contract_ref,
        concurrent=command.concurrent,
        account_uid=command.account_uid,
        answers=() if token is None else token.answers,
    )


def _said(token: Registered, token_ref: str, actor: str, at: datetime) -> TokenRegistered:
    """The event that makes the token so."""
    return TokenRegistered(
        version=token.version,
        token_ref=token_ref,
        token_type=token.token_type,
        status=token.status,
        valid_until=token.valid_until,
        group_ref=token.group_ref,
        issuer=token.issuer,
        contract_ref=token.contract_ref,
        concurrent=token.concurrent,
        account_uid=token.account_uid,
        actor=actor,
        at=at,
    )


def _whose(token: Token | None, account_uid: str | None) -> Refused | None:
    """What is asked for an account holds only for a token that is still its own; an erased one is nobody's."""
    if account_uid is None or not isinstance(token, Registered) or token.account_uid == account_uid:
        return None
    return Refused("it belongs to another account meanwhile, or to none")


def _objection(command: RegisterToken) -> Refused | None:
    """The first thing that is wrong with a registration; sentences name no clear value."""
    if not 0 < len(normalise_token(command.value)) <= LONGEST_TOKEN:
        return Refused(f"a token has 1 to {LONGEST_TOKEN} characters beside blanks, ':' and '-'")
    if command.group is not None and command.group_ref is None:
        return Refused("a group comes with its reference")
    if command.valid_until is not None and command.valid_until.tzinfo is None:
        return Refused("the end of validity has no time zone")
    if not command.issuer.strip():
        return Refused("a token has an issuer")
    return None if command.account_uid is None else uid_objection(command.account_uid)
