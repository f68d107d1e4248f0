"""An account: what is known of it beside its clear values, and which tokens are its own.

A token may say that it belongs to an account before anybody has registered that, and after it was erased.
"""

import re
from datetime import datetime

import msgspec

from volt_contracts.accounts import (
    AccountClosed,
    AccountErased,
    AccountProfile,
    AccountRegistered,
    CloseAccount,
    EraseAccount,
    RegisterAccount,
    TokenJoined,
    TokenLeft,
)
from volt_contracts.drivers import DriversCommandFinished, TombstoneRenewed
from volt_contracts.forms import COUNTRY
from volt_contracts.message import Event
from volt_drivers.domain.answers import remember
from volt_eventlog.answers import Answers, Refused, version_objection

LONGEST_DETAIL = 500
MOST_CONTRACTS = 20
MOST_TOKENS = 5_000
"""Some 180 KB of state: a snapshot has its bound."""

UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
"""No token's reference looks like this: both are keys of `drivers.profiles`."""
_CURRENCY = re.compile(r"[A-Z]{3}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class Noted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="noted"):
    """Nobody has registered it yet, but tokens say that they belong to it."""

    tokens: tuple[str, ...] = ()
    answers: Answers = ()


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="known"):
    """An account that was registered; `closed`: it and its tokens are blocked."""

    version: int
    closed: bool = False
    details_ref: str
    external_ref: str | None = None
    contract_refs: tuple[str, ...] = ()
    country: str | None = None
    language: str | None = None
    currency: str | None = None
    tokens: tuple[str, ...] = ()
    answers: Answers = ()


class Erased(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="erased"):
    """The person is forgotten for good. `tokens` have been told to forget, and have not said that they did."""

    version: int
    erased_at: datetime
    renewed: bool = False
    tokens: tuple[str, ...] = ()
    answers: Answers = ()


Account = Noted | Known | Erased
Decided = tuple[Event, ...] | Refused


def register(account: Account | None, command: RegisterAccount, account_uid: str, at: datetime) -> Decided:
    """Make the account known, change it, or open a closed one; nothing happens when it already is so."""
    version = 0 if account is None else version_of(account)
    refused = uid_objection(account_uid) or _objection(command) or version_objection(command.expected_version, version)
    if refused is not None:
        return refused
    if isinstance(account, Erased):
        return Refused("the account was erased: whoever comes back gets another one")
    event = AccountRegistered(
        version=version + 1,
        account_uid=account_uid,
        details_ref=command.details_ref,
        external_ref=command.external_ref,
        contract_refs=tuple(contract.contract_ref for contract in command.contracts),
        country=command.country,
        language=command.language,
        currency=command.currency,
        actor=command.actor.text,
        at=at,
    )
    if isinstance(account, Known) and msgspec.structs.replace(_registered(account, event), version=version) == account:
        return ()
    return (event,)


def close(account: Account | None, command: CloseAccount, account_uid: str, at: datetime) -> Decided:
    """Block the account; a closed one stays closed."""
    if account is None or isinstance(account, Noted):
        return Refused("there is no such account")
    refused = version_objection(command.expected_version, account.version)
    if refused is not None:
        return refused
    if isinstance(account, Erased) or account.closed:
        return ()
    actor = command.actor.text
    return (AccountClosed(version=account.version + 1, account_uid=account_uid, actor=actor, at=at),)


def erase(account: Account | None, command: EraseAccount, account_uid: str, at: datetime) -> Decided:
    """Forget the person, also one of whom only tokens are known; an erased account stays erased."""
    if account is None:
        return Refused("there is no such account")
    if isinstance(account, Erased):
        return ()
    version = version_of(account) + 1
    return (AccountErased(version=version, account_uid=account_uid, actor=command.actor.text, at=at),)


def note(account: Account | None, token_ref: str, joined: bool, key: tuple[str, str], at: datetime) -> Decided:
    """What a token says of itself; `key` is the account's uid and who is behind it."""
    refused = uid_objection(key[0])
    if refused is not None:
        return refused
    tokens = () if account is None else account.tokens
    if (token_ref in tokens) == joined:
        return ()
    if joined and len(tokens) >= MOST_TOKENS:
        return Refused(f"an account has at most {MOST_TOKENS} tokens")
    kind = TokenJoined if joined else TokenLeft
    return (kind(account_uid=key[0], token_ref=token_ref, actor=key[1], at=at),)


def profile(command: RegisterAccount, account_uid: str) -> AccountProfile:
    """The clear values."""
    return AccountProfile(account_uid=account_uid, details=command.details, contracts=command.contracts)


def evolve(account: Account | None, event: Event) -> Account | None:
    """The account after an event of its own. A refused command for an unknown one leaves no state behind."""
    match event:
        case AccountRegistered():
            return _registered(account, event)
        case AccountClosed() if isinstance(account, Known):
            return msgspec.structs.replace(account, version=event.version, closed=True)
        case AccountErased():
            tokens, answers = ((), ()) if account is None else (account.tokens, account.answers)
            return Erased(version=event.version, erased_at=event.at, tokens=tokens, answers=answers)
        case TombstoneRenewed() if isinstance(account, Erased):
            return msgspec.structs.replace(account, renewed=True)
        case TokenJoined():
            account = account or Noted()
            return msgspec.structs.replace(account, tokens=(*account.tokens, event.token_ref))
        case TokenLeft() if account is not None:
            left = tuple(token_ref for token_ref in account.tokens if token_ref != event.token_ref)
            return msgspec.structs.replace(account, tokens=left)
        case DriversCommandFinished() if account is not None:
            return msgspec.structs.replace(account, answers=remember(account.answers, event))
        case _:
            return account


def version_of(account: Account) -> int:
    """The version of its document; 0 while it was never registered."""
    return 0 if isinstance(account, Noted) else account.version


def uid_objection(account_uid: str) -> Refused | None:
    """Why this is no account's uid."""
    return None if UID.fullmatch(account_uid) else Refused("an account's uid is a UUID, in lower case")


def _registered(account: Account | None, event: AccountRegistered) -> Known:
    return Known(
        version=event.version,
        details_ref=event.details_ref,
        external_ref=event.external_ref,
        contract_refs=event.contract_refs,
        country=event.country,
        language=event.language,
        currency=event.currency,
        tokens=() if account is None else account.tokens,
        answers=() if account is None else account.answers,
    )


def _objection(command: RegisterAccount) -> Refused | None:
    """The first thing that is wrong with a registration; sentences name no clear value."""
    details = command.details
    texts = (details.name, details.email, details.phone, details.address, details.external_id)
    if any(text is not None and not 0 < len(text.strip()) <= LONGEST_DETAIL for text in texts):
        return Refused(f"name, e-mail, phone, address and external id have 1 to {LONGEST_DETAIL} characters each")
    if details.email is not None and not _EMAIL.fullmatch(details.email):
        return Refused("the e-mail address is none")
    if (details.external_id is None) != (command.external_ref is None):
        return Refused("an external id comes with its reference")
    if not command.details_ref:
        return Refused("the details come with their reference")
    return _contract_objection(command) or _word_objection(command)


def _contract_objection(command: RegisterAccount) -> Refused | None:
    contracts = command.contracts
    if len(contracts) > MOST_CONTRACTS:
        return Refused(f"an account has at most {MOST_CONTRACTS} contracts")
    if any(not 0 < len(contract.contract_id.strip()) <= LONGEST_DETAIL for contract in contracts):
        return Refused(f"a contract id has 1 to {LONGEST_DETAIL} characters")
    if any(not contract.contract_ref for contract in contracts):
        return Refused("a contract id comes with its reference")
    if len({contract.contract_ref for contract in contracts}) < len(contracts):
        return Refused("a contract is named twice")
    return None


def _word_objection(command: RegisterAccount) -> Refused | None:
    if command.country is not None and not COUNTRY.fullmatch(command.country):
        return Refused("a country is two capital letters (ISO 3166-1 alpha-2)")
    if command.currency is not None and not _CURRENCY.fullmatch(command.currency):
        return Refused("a currency is three capital letters (ISO 4217)")
    if command.language is not None and not _LANGUAGE.fullmatch(command.language):
        return Refused("a language is a tag such as de or en-GB (BCP 47)")
    return None
