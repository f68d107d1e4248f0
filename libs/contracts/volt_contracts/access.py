"""API keys: what a program may do for a tenant, until when. The key itself is shown once and kept by nobody."""

from datetime import datetime

from volt_contracts.message import Command, Event, Row


class CreateApiKey(Command, frozen=True, kw_only=True, tag="network.create_api_key.v1"):
    """Let a program in; the record's key is `{tenant}/{key_id}`."""

    name: str
    """What the key is for, in the words of whoever made it; not a person's name."""
    hash: str
    """`volt_contracts.refs.api_key_hash` of the key."""
    scopes: tuple[str, ...]
    """The rights that it gives."""
    expires_at: datetime | None = None


class RevokeApiKey(Command, frozen=True, kw_only=True, tag="network.revoke_api_key.v1"):
    """Let it in no longer, ever."""


class ApiKeyCreated(Event, frozen=True, kw_only=True, tag="network.api_key_created.v1"):
    """The key is good from now on."""

    name: str
    hash: str
    scopes: tuple[str, ...]
    expires_at: datetime | None = None
    actor: str
    at: datetime


class ApiKeyRevoked(Event, frozen=True, kw_only=True, tag="network.api_key_revoked.v1"):
    """The key is good no longer."""

    actor: str
    at: datetime


class ApiKeyRow(Row, frozen=True, kw_only=True, tag="network.api_key.v1"):
    """Public row of `network.api_keys`; key `{tenant}/{key_id}`. A revoked key's row has no hash."""

    name: str
    hash: str | None = None
    scopes: tuple[str, ...]
    expires_at: datetime | None = None
    created_by: str
    created_at: datetime
    revoked_by: str | None = None
    revoked_at: datetime | None = None
