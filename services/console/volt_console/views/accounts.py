"""Which accounts are there, and in which state? Without a clear value; their tokens are in the table of tokens."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from volt_console.views.changes import changed_keys
from volt_console.views.upsert import Group, json_text
from volt_contracts.accounts import AccountClosed, AccountErased, AccountRegistered, TokenJoined
from volt_contracts.codec import type_name
from volt_contracts.topics import DRIVERS_ACCOUNT_EVENTS, MessageTypes
from volt_eventlog.message import Message
from volt_eventlog.view import Statement, View

ACCOUNT_COLUMNS = """
    tenant text NOT NULL,
    account_uid text NOT NULL,
    external_ref text,
    contract_refs jsonb,
    country text,
    language text,
    currency text,
    known_offset bigint,
    state text,
    version bigint,
    actor text,
    changed_at timestamptz,
    changed_offset bigint,
    noted_at timestamptz,
    noted_offset bigint,
    latest_at timestamptz GENERATED ALWAYS AS (coalesce(changed_at, noted_at)) STORED,
    PRIMARY KEY (tenant, account_uid)
"""

_KEY = {"tenant": "text", "account_uid": "text"}
KNOWN = Group(
    "accounts",
    _KEY,
    {"external_ref": "text", "contract_refs": "jsonb", "country": "text", "language": "text", "currency": "text"},
    "known_offset",
    {},
)
STATE = Group(
    "accounts",
    _KEY,
    {"state": "text", "version": "bigint", "actor": "text", "changed_at": "timestamptz"},
    "changed_offset",
    {},
)
NOTED = Group("accounts", _KEY, {"noted_at": "timestamptz"}, "noted_offset", {})
"""A token said that it belongs to the account: it may be that nobody has registered it."""
_STATES: dict[type[Struct], str] = {AccountRegistered: "registered", AccountClosed: "closed", AccountErased: "erased"}

TYPES: MessageTypes = (*_STATES, TokenJoined)


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Fold what is said of accounts; an erased one keeps nothing but that it was there."""
    known = [_known(message) for message in batch if isinstance(message.body, AccountRegistered | AccountErased)]
    states = [_state(message) for message in batch if type(message.body) in _STATES]
    noted = [_noted(message) for message in batch if isinstance(message.body, TokenJoined)]
    return [*KNOWN.upsert(known), *STATE.upsert(states), *NOTED.upsert(noted)]


def _known(message: Message) -> dict[str, Any]:
    body: AccountRegistered | AccountErased = message.body
    row: dict[str, Any] = {"tenant": message.tenant, "account_uid": message.entity, "known_offset": message.offset}
    if isinstance(body, AccountErased):
        return row
    return {
        **row,
        "external_ref": body.external_ref,
        "contract_refs": json_text(body.contract_refs),
        "country": body.country,
        "language": body.language,
        "currency": body.currency,
    }


def _noted(message: Message) -> dict[str, Any]:
    body: TokenJoined = message.body
    row = {"tenant": message.tenant, "account_uid": message.entity}
    return {**row, "noted_at": body.at, "noted_offset": message.offset}


def _state(message: Message) -> dict[str, Any]:
    body: AccountRegistered | AccountClosed | AccountErased = message.body
    return {
        "tenant": message.tenant,
        "account_uid": message.entity,
        "state": _STATES[type(body)],
        "version": body.version,
        "actor": body.actor,
        "changed_at": body.at,
        "changed_offset": message.offset,
    }


ACCOUNTS = View(
    name="accounts",
    schema="console",
    generation=1,
    topics=(DRIVERS_ACCOUNT_EVENTS,),
    tables={"accounts": ACCOUNT_COLUMNS},
    types=frozenset(map(type_name, TYPES)),
    indexes=(
        "CREATE INDEX IF NOT EXISTS accounts_latest_g{g} ON {accounts} (tenant, latest_at DESC, account_uid DESC)",
        "CREATE INDEX IF NOT EXISTS accounts_state_g{g} ON {accounts}"
        " (tenant, coalesce(state, 'not_registered'), latest_at DESC, account_uid DESC)",
        'CREATE INDEX IF NOT EXISTS accounts_uid_g{g} ON {accounts} (tenant, account_uid COLLATE "C")',
        "CREATE INDEX IF NOT EXISTS accounts_external_g{g} ON {accounts} (tenant, external_ref)"
        " WHERE external_ref IS NOT NULL",
        "CREATE INDEX IF NOT EXISTS accounts_contracts_g{g} ON {accounts} USING gin (contract_refs jsonb_path_ops)",
    ),
    apply=apply,
    notifies=changed_keys,
    compared={
        "accounts": "tenant, account_uid, external_ref, contract_refs, country, language, currency, state, version,"
        " actor, changed_at"
    },
)
