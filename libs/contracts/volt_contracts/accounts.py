"""Accounts of drivers. Events name nobody: clear values are in `drivers.profiles` (and, for 7 days, in commands)."""

from datetime import datetime

import msgspec

from volt_contracts.message import Command, Event, Row
from volt_contracts.refs import document_ref


class AccountDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who a driver is: the clear values of an account."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    external_id: str | None = None
    """What another system of the tenant calls the person."""


class Contract(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A contract id (EMAID) and its reference, made like that of a token."""

    contract_id: str
    contract_ref: str


class RegisterAccount(Command, frozen=True, kw_only=True, tag="drivers.register_account.v1"):
    """Make an account known, change it as a whole, or open a closed one again. The key is its uid, a UUID."""

    details: AccountDetails
    details_ref: str
    """What `details_ref` makes of the details and contract ids: tells whether they have changed."""
    external_ref: str | None = None
    """Of the details' external id, made like that of a token."""
    contracts: tuple[Contract, ...] = ()
    country: str | None = None
    language: str | None = None
    currency: str | None = None
    expected_version: int | None = None
    """The version that the sender has seen, 0 for none: with another one the command is refused."""


class CloseAccount(Command, frozen=True, kw_only=True, tag="drivers.close_account.v1"):
    """Block the account and its tokens; what is known stays."""

    expected_version: int | None = None


class EraseAccount(Command, frozen=True, kw_only=True, tag="drivers.erase_account.v1"):
    """Forget the person: the clear values of the account and of all its tokens. Every replay still works."""


class NoteToken(Command, frozen=True, kw_only=True, tag="drivers.note_token.v1"):
    """A token says that it belongs to the account from now on, or no longer."""

    token_ref: str
    joined: bool


class AccountRegistered(Event, frozen=True, kw_only=True, tag="drivers.account_registered.v1"):
    """What is known of an account from now on, beside its clear values."""

    version: int
    account_uid: str
    details_ref: str
    external_ref: str | None = None
    contract_refs: tuple[str, ...] = ()
    country: str | None = None
    language: str | None = None
    currency: str | None = None
    actor: str
    at: datetime


class AccountClosed(Event, frozen=True, kw_only=True, tag="drivers.account_closed.v1"):
    """The account is blocked, and so are its tokens."""

    version: int
    account_uid: str
    actor: str
    at: datetime


class AccountErased(Event, frozen=True, kw_only=True, tag="drivers.account_erased.v1"):
    """The clear values are gone; each of its tokens is told to forget its own."""

    version: int
    account_uid: str
    actor: str
    at: datetime


class TokenJoined(Event, frozen=True, kw_only=True, tag="drivers.token_joined.v1"):
    """A token belongs to the account."""

    account_uid: str
    token_ref: str
    actor: str
    at: datetime


class TokenLeft(Event, frozen=True, kw_only=True, tag="drivers.token_left.v1"):
    """A token no longer belongs to the account: it was given to another one, or erased."""

    account_uid: str
    token_ref: str
    actor: str
    at: datetime


class AccountProfile(Row, frozen=True, kw_only=True, tag="drivers.account_profile.v1"):
    """A row of `drivers.profiles`: the clear values of an account; erased by a tombstone."""

    account_uid: str
    details: AccountDetails
    contracts: tuple[Contract, ...] = ()


def details_ref(secret: str, tenant: str, details: AccountDetails, contracts: tuple[Contract, ...]) -> str:
    """The reference of an account's clear values as a whole. Raises NoSecret when there is none to make it with."""
    return document_ref(secret, tenant, msgspec.json.encode((details, contracts)))
