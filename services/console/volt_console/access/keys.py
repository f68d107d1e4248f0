"""API keys at the door: whose a key is, and what it may do."""

import hmac
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol

from volt_console.access.errors import BadToken
from volt_console.access.principal import Principal
from volt_console.access.rights import known_rights
from volt_contracts.access import ApiKeyRow
from volt_contracts.api_keys import PREFIX, read
from volt_contracts.ids import entity_key
from volt_contracts.message import Actor
from volt_contracts.refs import api_key_hash

NO_HASH = "0" * 64


class KeyRows(Protocol):
    """The public rows of `network.api_keys`."""

    def get(self, key: str) -> ApiKeyRow | None:
        """The row of `{tenant}/{key_id}`. Raises IssuerAway while the log has not been reached."""

    def keys(self) -> Iterable[str]:
        """The keys of all rows."""


class Keys:
    """Knows every key by its hash; `only` is the one tenant whose keys count, if not all do."""

    def __init__(self, rows: KeyRows, secret: str, only: str | None = None) -> None:
        self._rows = rows
        self._secret = secret
        self._only = only

    @staticmethod
    def takes(token: str) -> bool:
        """Whether a bearer token wants to be an API key."""
        return token.startswith(PREFIX)

    def principal(self, token: str) -> Principal:
        """Who sends this key. Raises BadToken; for all keys that are none it says the same."""
        key = read(token)
        if key is None or self._only not in (None, key.tenant):
            raise BadToken("the key is not valid")
        row = self._rows.get(entity_key(key.tenant, key.key_id))
        known = NO_HASH if row is None or row.hash is None else row.hash
        if not hmac.compare_digest(known, api_key_hash(self._secret, key.tenant, key.text)) or row is None:
            raise BadToken("the key is not valid")
        if row.expires_at is not None and row.expires_at <= datetime.now(UTC):
            raise BadToken("the key has expired")
        return Principal(
            tenant=key.tenant,
            actor=Actor(kind="api_key", id=key.key_id),
            name=row.name,
            scopes=known_rights(row.scopes),
            until=row.expires_at,
        )
