"""A token: registered with what its issuer says of it, or erased. The clear value is never part of its state."""

from datetime import datetime
from typing import Literal

import msgspec

from volt_contracts.drivers import (
    DriversCommandFinished,
    EraseToken,
    RegisterToken,
    TokenErased,
    TokenProfile,
    TokenRegistered,
    TokenStatus,
    TokenType,
)
from volt_contracts.forms import LONGEST_TOKEN
from volt_contracts.message import Event
from volt_contracts.refs import normalise_token
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
    answers: Answers = ()


class Erased(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="erased"):
    """A token whose clear value was forgotten. It stays blocked until somebody registers it anew."""

    version: int
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
    wanted = _wanted(token, command, version + 1)
    return (
        TokenRegistered(
            version=wanted.version,
            token_ref=token_ref,
            token_type=wanted.token_type,
            status=wanted.status,
            valid_until=wanted.valid_until,
            group_ref=wanted.group_ref,
            issuer=wanted.issuer,
            contract_ref=wanted.contract_ref,
            concurrent=wanted.concurrent,
            actor=command.actor.text,
            at=at,
        ),
    )


def erase(token: Token | None, command: EraseToken, token_ref: str, at: datetime) -> tuple[Event, ...] | Refused:
    """Forget the clear value and block the token; an erased one stays erased."""
    match token:
        case None:
            return Refused("there is no such token")
        case Erased():
            return ()
        case Registered(version=version):
            return (TokenErased(version=version + 1, token_ref=token_ref, actor=command.actor.text, at=at),)


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
                answers=answers,
            )
        case TokenErased():
            return Erased(version=event.version, answers=answers)
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
        answers=() if token is None else token.answers,
    )


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
    return None
