"""What may be asked about a token: bodies as they come in, and the commands that they become.

A correction replaces what is said of the token as a whole, so that it needs the clear value, which is kept in
`drivers.profiles` alone: it is read from there when a correction is asked for, and shown when somebody asks to see it.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field, SecretStr

from volt_console.commands import Body
from volt_console.queries.tokens import Token
from volt_contracts.drivers import BlockToken, EraseToken, RegisterToken, TokenProfile, TokenStatus, TokenType
from volt_contracts.forms import LONGEST_TOKEN
from volt_contracts.message import Actor
from volt_contracts.refs import token_ref

Clear = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_TOKEN)]
Uid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Seen = Annotated[int, Field(ge=0, description="The version that was seen, 0 for none: at another one it is refused.")]


class ValueBody(Body):
    """The clear value of a token, a group or a contract, in any spelling. It is not in an address, and not logged."""

    model_config = ConfigDict(hide_input_in_errors=True)

    value: Clear


class NewTokenBody(ValueBody):
    """A token that is to be known; one that was erased needs the version that was seen."""

    token_type: TokenType = "rfid"
    status: TokenStatus = "accepted"
    valid_until: AwareDatetime | None = None
    group: Clear | None = None
    issuer: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="Who issued it; the tenant itself unless said."
    )
    contract: Clear | None = Field(default=None, description="Contract id (EMAID).")
    concurrent: Literal["allowed", "refused"] = "allowed"
    account_uid: Uid | None = None
    expected_version: Seen = 0


class CorrectionBody(Body):
    """What is to be otherwise; what is not named stays. Null takes an expiry, a group or an account away."""

    model_config = ConfigDict(hide_input_in_errors=True)

    expected_version: Seen
    token_type: TokenType | None = None
    status: TokenStatus | None = None
    valid_until: AwareDatetime | None = None
    group: Clear | None = None
    issuer: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    concurrent: Literal["allowed", "refused"] | None = None
    account_uid: Uid | None = None


class BlockBody(Body):
    """Let nobody charge with it any more."""

    expected_version: Seen | None = None


def referenced(secret: str, tenant: str, value: SecretStr) -> str:
    """What stands for a clear value. Raises NoSecret."""
    return token_ref(secret, tenant, value.get_secret_value())


def register(actor: Actor, tenant: str, secret: str, body: NewTokenBody) -> RegisterToken:
    """A new token, or one that was erased."""
    return RegisterToken(
        actor=actor,
        not_after=body.not_after,
        value=body.value.get_secret_value(),
        token_type=body.token_type,
        status=body.status,
        valid_until=body.valid_until,
        group=_clear(body.group),
        group_ref=None if body.group is None else referenced(secret, tenant, body.group),
        issuer=body.issuer or tenant,
        contract_ref=None if body.contract is None else referenced(secret, tenant, body.contract),
        concurrent=body.concurrent,
        account_uid=body.account_uid,
        expected_version=body.expected_version,
    )


def correct(
    actor: Actor, tenant: str, secret: str, known: Token, profile: TokenProfile, body: CorrectionBody
) -> RegisterToken:
    """The token as it is known, with what is to be otherwise."""
    named = body.model_fields_set
    group = _clear(body.group) if "group" in named else profile.group
    group_ref = known.group_ref if "group" not in named else group and token_ref(secret, tenant, group)
    valid_until: datetime | None = body.valid_until if "valid_until" in named else known.valid_until
    return RegisterToken(
        actor=actor,
        not_after=body.not_after,
        value=profile.value,
        token_type=body.token_type or profile.token_type,
        status=body.status or known.status,
        valid_until=valid_until,
        group=group,
        group_ref=group_ref,
        issuer=body.issuer or known.issuer or tenant,
        contract_ref=known.contract_ref,
        concurrent=body.concurrent or known.concurrent or "allowed",
        account_uid=body.account_uid if "account_uid" in named else known.account_uid,
        expected_version=body.expected_version,
    )


def block(actor: Actor, body: BlockBody) -> BlockToken:
    """Blocked, and otherwise as it is."""
    return BlockToken(actor=actor, not_after=body.not_after, expected_version=body.expected_version)


def erase(actor: Actor, body: Body) -> EraseToken:
    """Forgotten and blocked."""
    return EraseToken(actor=actor, not_after=body.not_after)


def _clear(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()
