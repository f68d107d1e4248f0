"""Making and revoking API keys: bodies as they come in, the commands that they become, and how keys are listed."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Annotated, Literal

import msgspec
from pydantic import AwareDatetime, BaseModel, Field

from volt_console.access.keys import KeyRows
from volt_console.access.rights import Right
from volt_console.asking import CommandResult
from volt_console.commands import Body
from volt_console.queries.cursor import Page, after, time_key
from volt_contracts.access import ApiKeyRow, CreateApiKey
from volt_contracts.api_keys import RANDOM_BYTES, ApiKey, made
from volt_contracts.ids import split_key
from volt_contracts.message import Actor
from volt_contracts.refs import api_key_hash, tenant_key

State = Literal["good", "expired", "revoked"]


class KeyBody(Body):
    """A key to be made."""

    name: Annotated[str, Field(min_length=1, max_length=60, description="What it is for; not a person's name.")]
    scopes: Annotated[list[Right], Field(min_length=1, description="Rights that you have yourself.")]
    expires_at: AwareDatetime | None = Field(default=None, description="null: it is good until it is revoked.")


class KeyMade(CommandResult):
    """The outcome, and once the key itself, to be sent as `Authorization: Bearer …`."""

    key_id: str
    key: str | None = None


class ShownKey(BaseModel):
    """A key as it is listed: everything but the key."""

    key_id: str
    name: str
    scopes: list[str]
    state: State
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_by: str | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class NewKey:
    """A key and the command that makes it good."""

    key: ApiKey
    command: CreateApiKey


def new_key(secret: str, tenant: str, actor: Actor, body: KeyBody, idempotency_key: str | None) -> NewKey:
    """The same idempotency key gives the same key, or a request that is repeated would make another one.

    Raises:
        NoSecret: there is none to keep it with.
    """
    key = made(
        tenant, token_bytes(RANDOM_BYTES) if idempotency_key is None else _derived(secret, tenant, idempotency_key)
    )
    command = CreateApiKey(
        actor=actor,
        not_after=body.not_after,
        name=body.name,
        hash=api_key_hash(secret, tenant, key.text),
        scopes=tuple(body.scopes),
        expires_at=body.expires_at,
    )
    return NewKey(key, command)


def _derived(secret: str, tenant: str, idempotency_key: str) -> bytes:
    """Bytes that nobody without the secret can tell."""
    of_tenant = tenant_key(secret, b"voltlog made api key ", tenant)
    return hmac.digest(of_tenant, msgspec.json.encode(idempotency_key), "sha512")[:RANDOM_BYTES]


def listed(rows: KeyRows, tenant: str, cursor: str | None = None, limit: int = 50) -> Page[ShownKey]:
    """The tenant's keys, the latest made first. Raises BadCursor."""
    before = time_key(cursor) if cursor else None
    found = sorted(_of(rows, tenant), key=lambda key: (key.created_at, key.key_id), reverse=True)
    left = [key for key in found if before is None or (key.created_at, key.key_id) < before]
    page = left[:limit]
    more = len(left) > limit
    return Page(items=page, next=after(page[-1].created_at, page[-1].key_id) if more else None)


def _of(rows: KeyRows, tenant: str) -> Iterable[ShownKey]:
    for key in list(rows.keys()):
        row = rows.get(key) if split_key(key)[0] == tenant else None
        if row is not None:
            yield shown(split_key(key)[1], row)


def shown(key_id: str, row: ApiKeyRow) -> ShownKey:
    """A row as it is listed."""
    return ShownKey(
        key_id=key_id,
        name=row.name,
        scopes=list(row.scopes),
        state=_state(row),
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_by=row.revoked_by,
        revoked_at=row.revoked_at,
    )


def _state(row: ApiKeyRow) -> State:
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and row.expires_at <= datetime.now(UTC) else "good"
