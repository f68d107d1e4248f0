"""Letting a station in: what adopting, setting a password, accepting and the tenant's policy become as commands."""

import hmac
from dataclasses import dataclass
from secrets import token_bytes
from typing import Annotated, Literal

import msgspec
from pydantic import AfterValidator, ConfigDict, Field, SecretStr

from volt_console.asking import CommandResult
from volt_console.commands import Body
from volt_console.queries.onboarding import Newcomer
from volt_contracts.credentials import KEY_BYTES, LONGEST, SHORTEST, of_key, of_password
from volt_contracts.message import Actor
from volt_contracts.network import ConfigureTenant, Credential, RegisterStation, TenantSettings
from volt_contracts.refs import tenant_key
from volt_contracts.station import SetRegistration

Policy = Literal["adopt", "pending", "refuse"]


def _usable(password: SecretStr) -> SecretStr:
    if not SHORTEST <= len(password.get_secret_value().encode("utf-8", "surrogatepass")) <= LONGEST:
        raise ValueError(f"a station's password has {SHORTEST} to {LONGEST} bytes")
    return password


Password = Annotated[SecretStr, AfterValidator(_usable)]


class PasswordBody(Body):
    """A password that somebody has chosen; without one a key is made and shown once."""

    model_config = ConfigDict(hide_input_in_errors=True)

    password: Password | None = Field(default=None, description="16 to 40 bytes; null: one is made.")


class PolicyBody(Body):
    """What is done with stations that nobody registered."""

    unknown_stations: Policy


class LetIn(CommandResult):
    """The outcome, and once the key that was made for the station, to be entered there."""

    identity: str
    password: str | None = None


@dataclass(frozen=True)
class Key:
    """What a station will send; `shown` where we made it, None where somebody chose it or none is asked for."""

    credential: Credential | None
    shown: str | None = None


def key_for(
    secret: str, tenant: str, identity: str, chosen: SecretStr | None, idempotency_key: str | None, *, needed: bool
) -> Key:
    """A station's password as it is kept; a chosen one takes some 20 ms.

    The same idempotency key gives the same key, or a request that is repeated would be another command. Raises NoSecret
    when there is none to keep it with.
    """

    def repeatable(purpose: str) -> bytes | None:
        return None if idempotency_key is None else _derived(secret, tenant, (purpose, identity, idempotency_key))

    if chosen is not None:
        return Key(of_password(chosen.get_secret_value().encode(), repeatable("salt")))
    if not needed:
        return Key(None)
    made = (repeatable("key") or token_bytes(KEY_BYTES)).hex()
    return Key(of_key(secret, tenant, made.encode()), made)


def _derived(secret: str, tenant: str, said: tuple[str, str, str]) -> bytes:
    """Sixteen bytes that nobody without the secret can tell."""
    of_tenant = tenant_key(secret, b"voltlog made station key ", tenant)
    return hmac.digest(of_tenant, msgspec.json.encode(said), "sha256")[:KEY_BYTES]


def register(actor: Actor, found: Newcomer, tenant: TenantSettings, key: Key, body: Body) -> RegisterStation:
    """Make a station known, or give a known one another password; what is known of it stays."""
    return RegisterStation(
        actor=actor,
        not_after=body.not_after,
        identity=found.identity,
        credential=key.credential,
        security_profile=max(tenant.security_profile, found.security_profile or 0),
        registration=found.registration or "accepted",
    )


def accept(actor: Actor, body: Body) -> SetRegistration:
    """Accept a station that waits."""
    return SetRegistration(actor=actor, not_after=body.not_after, registration="accepted")


def configure(actor: Actor, settings: TenantSettings, body: PolicyBody) -> ConfigureTenant:
    """Another policy; all other settings as they are."""
    changed = msgspec.structs.replace(settings, unknown_stations=body.unknown_stations)
    return ConfigureTenant(actor=actor, not_after=body.not_after, settings=changed)
