"""Which tokens are there, what does their issuer say of them, and how did that change? Without a clear value.

A row for each token, and one for each version that it ever had.
"""

from collections.abc import Sequence
from typing import Any

from volt_console.views.changes import changed_keys
from volt_console.views.upsert import Group
from volt_contracts.codec import type_name
from volt_contracts.drivers import TokenErased, TokenRegistered
from volt_contracts.topics import DRIVERS_TOKEN_EVENTS, MessageTypes
from volt_eventlog.message import Message
from volt_eventlog.view import Statement, View

_SAID = {
    "state": "text",
    "token_type": "text",
    "status": "text",
    "valid_until": "timestamptz",
    "group_ref": "text",
    "issuer": "text",
    "contract_ref": "text",
    "concurrent": "text",
    "account_uid": "text",
    "actor": "text",
    "changed_at": "timestamptz",
}
_COLUMNS = ",\n    ".join(f"{name} {kind}" for name, kind in _SAID.items())

TOKEN_COLUMNS = f"""
    tenant text NOT NULL,
    token_ref text NOT NULL COLLATE "C",
    version bigint,
    {_COLUMNS},
    changed_offset bigint,
    PRIMARY KEY (tenant, token_ref)
"""
VERSIONS = f"""
    tenant text NOT NULL,
    token_ref text NOT NULL COLLATE "C",
    version bigint NOT NULL,
    {_COLUMNS},
    changed_offset bigint,
    PRIMARY KEY (tenant, token_ref, version)
"""

NOW = Group("tokens", {"tenant": "text", "token_ref": "text"}, {"version": "bigint", **_SAID}, "changed_offset", {})
THEN = Group(
    "token_versions", {"tenant": "text", "token_ref": "text", "version": "bigint"}, _SAID, "changed_offset", {}
)


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Fold what is said of tokens."""
    rows = [_row(message) for message in batch if isinstance(message.body, TokenRegistered | TokenErased)]
    return [*NOW.upsert(rows), *THEN.upsert(rows)]


def _row(message: Message) -> dict[str, Any]:
    body: TokenRegistered | TokenErased = message.body
    row = {"tenant": message.tenant, "token_ref": message.entity, "version": body.version, "actor": body.actor}
    row |= {"changed_at": body.at, "changed_offset": message.offset}
    if isinstance(body, TokenErased):
        return {**row, "state": "erased", "status": "blocked"}
    return {
        **row,
        "state": "registered",
        "token_type": body.token_type,
        "status": body.status,
        "valid_until": body.valid_until,
        "group_ref": body.group_ref,
        "issuer": body.issuer,
        "contract_ref": body.contract_ref,
        "concurrent": body.concurrent,
        "account_uid": body.account_uid,
    }


TYPES: MessageTypes = (TokenRegistered, TokenErased)
_COMPARED = ", ".join(_SAID)


def _index(name: str, columns: str, where: str = "") -> str:
    return f"CREATE INDEX IF NOT EXISTS tokens_{name}_g{{g}} ON {{tokens}} (tenant, {columns}) {where}".rstrip()


_LATEST = "changed_at DESC, token_ref DESC"

TOKENS = View(
    name="tokens",
    schema="console",
    generation=1,
    topics=(DRIVERS_TOKEN_EVENTS,),
    tables={"tokens": TOKEN_COLUMNS, "token_versions": VERSIONS},
    types=frozenset(map(type_name, TYPES)),
    indexes=(
        _index("latest", _LATEST),
        _index("status", f"status, {_LATEST}"),
        _index("group", f"group_ref, {_LATEST}", "WHERE group_ref IS NOT NULL"),
        _index("contract", f"contract_ref, {_LATEST}", "WHERE contract_ref IS NOT NULL"),
        _index("account", f"account_uid, {_LATEST}", "WHERE account_uid IS NOT NULL"),
    ),
    apply=apply,
    notifies=changed_keys,
    compared={
        "tokens": f"tenant, token_ref, version, {_COMPARED}",
        "token_versions": f"tenant, token_ref, version, {_COMPARED}",
    },
)
