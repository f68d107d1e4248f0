"""Tokens. Events carry `token_ref`; the clear value is in `drivers.profiles` alone (and, for 7 days, in commands)."""

from datetime import datetime
from typing import Literal

from volt_contracts.message import Command, Event, Outcome, Row

TokenType = Literal["rfid", "app", "emaid", "mac", "ad_hoc"]
TokenStatus = Literal["accepted", "blocked", "no_credit", "lost"]


class RegisterToken(Command, frozen=True, kw_only=True, tag="drivers.register_token.v1"):
    """Make a token known, or change it. The key is its `token_ref`."""

    value: str
    token_type: TokenType
    status: TokenStatus = "accepted"
    valid_until: datetime | None = None
    group_ref: str | None = None
    group: str | None = None
    issuer: str
    contract_ref: str | None = None
    concurrent: Literal["allowed", "refused"] = "allowed"
    account_uid: str | None = None
    """Whose it is; null: of nobody who has an account."""
    expected_version: int | None = None
    """The version that the sender has seen, 0 for none: with another one the command is refused."""


class BlockToken(Command, frozen=True, kw_only=True, tag="drivers.block_token.v1"):
    """Let nobody charge with it any more; everything else that is known of it stays."""

    account_uid: str | None = None
    """Only while it belongs to this account; null: whosever it is."""
    expected_version: int | None = None


class EraseToken(Command, frozen=True, kw_only=True, tag="drivers.erase_token.v1"):
    """Forget the clear value; every replay still works afterwards."""

    account_uid: str | None = None
    """Only while it belongs to this account; null: whosever it is."""


class TokenRegistered(Event, frozen=True, kw_only=True, tag="drivers.token_registered.v1"):
    """What the issuer says of this token from now on."""

    version: int
    token_ref: str
    token_type: TokenType
    status: TokenStatus
    valid_until: datetime | None = None
    group_ref: str | None = None
    issuer: str
    contract_ref: str | None = None
    concurrent: Literal["allowed", "refused"] = "allowed"
    account_uid: str | None = None
    actor: str
    at: datetime


class TokenErased(Event, frozen=True, kw_only=True, tag="drivers.token_erased.v1"):
    """The clear value is gone; the token is blocked."""

    version: int
    token_ref: str
    actor: str
    at: datetime


class TombstoneRenewed(Event, frozen=True, kw_only=True, tag="drivers.tombstone_renewed.v1"):
    """The tombstone of an erased clear value was written once more.

    A quiet partition never closes its last segment, and only closed ones are compacted: a write that comes later than
    the longest age of a segment closes the one that holds the clear value.
    """

    deadline: str
    at: datetime


class DriversCommandFinished(Outcome, frozen=True, kw_only=True, tag="drivers.command_finished.v1"):
    """The one outcome of a command about a token or an account."""

    command: str
    at: datetime


class TokenProfile(Row, frozen=True, kw_only=True, tag="drivers.token_profile.v1"):
    """A row of `drivers.profiles`: the clear value behind a `token_ref`; erased by a tombstone."""

    token_ref: str
    value: str
    token_type: TokenType
    group: str | None = None
