"""What may be asked about an account: bodies as they come in, and the commands that they become."""

from typing import Annotated

from pydantic import ConfigDict, Field, SecretStr

from volt_console.commands import Body
from volt_console.tokens import Clear, Seen, Uid, referenced
from volt_contracts.accounts import (
    AccountDetails,
    CloseAccount,
    Contract,
    EraseAccount,
    RegisterAccount,
    details_ref,
)
from volt_contracts.message import Actor

Detail = Annotated[SecretStr, Field(min_length=1, max_length=500)]


class AccountBody(Body):
    """An account as a whole: what is not named is not known of it any more."""

    model_config = ConfigDict(hide_input_in_errors=True)

    account_uid: Uid | None = Field(default=None, description="Of an account to be changed; a new one gets its own.")
    name: Detail | None = None
    email: Detail | None = None
    phone: Detail | None = None
    address: Detail | None = None
    external_id: Detail | None = Field(default=None, description="What another system calls the person.")
    contracts: Annotated[tuple[Clear, ...], Field(max_length=20, description="Contract ids (EMAID).")] = ()
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    expected_version: Seen = 0


class CloseBody(Body):
    """Block the account and its tokens."""

    expected_version: Seen | None = None


def register(actor: Actor, tenant: str, secret: str, body: AccountBody) -> RegisterAccount:
    """The account with its references. Raises NoSecret."""
    details = AccountDetails(
        name=_clear(body.name),
        email=_clear(body.email),
        phone=_clear(body.phone),
        address=_clear(body.address),
        external_id=_clear(body.external_id),
    )
    contracts = tuple(
        Contract(contract_id=known.get_secret_value(), contract_ref=referenced(secret, tenant, known))
        for known in body.contracts
    )
    return RegisterAccount(
        actor=actor,
        not_after=body.not_after,
        details=details,
        details_ref=details_ref(secret, tenant, details, contracts),
        external_ref=None if body.external_id is None else referenced(secret, tenant, body.external_id),
        contracts=contracts,
        country=body.country,
        language=body.language,
        currency=body.currency,
        expected_version=body.expected_version,
    )


def close(actor: Actor, body: CloseBody) -> CloseAccount:
    """Blocked; what is known stays."""
    return CloseAccount(actor=actor, not_after=body.not_after, expected_version=body.expected_version)


def erase(actor: Actor, body: Body) -> EraseAccount:
    """The person is forgotten for good."""
    return EraseAccount(actor=actor, not_after=body.not_after)


def _clear(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()
