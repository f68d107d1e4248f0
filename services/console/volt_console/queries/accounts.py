"""Accounts, without who they are: one, or pages of them, the latest changed first."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal, LiteralString

import msgspec
from pydantic import BaseModel, Field

from volt_console.queries.cursor import Page
from volt_console.queries.database import Database
from volt_console.queries.listing import EXPORTED_AT_ONCE, Order, Start, Wanted, conditions, counted, paged, whole

AccountState = Literal["registered", "closed", "erased", "not_registered"]

MOST_COUNTED = 10_000


class Account(BaseModel):
    """What is known of an account beside its clear values. `tokens`: how many say that they belong to it.

    Of one that is not registered only that is known.
    """

    account_uid: str
    state: AccountState
    version: int
    country: str | None
    language: str | None
    currency: str | None
    external_ref: str | None
    contract_refs: list[str]
    tokens: int
    actor: str | None
    changed_at: datetime


class AccountFilter(Wanted):
    """Which accounts; every part that is given must hold."""

    search: str = Field(
        default="",
        max_length=64,
        description="Begin of the account_uid; or a whole reference of its external id or of one of its contracts.",
    )
    state: AccountState | None = None

    @property
    def narrows(self) -> bool:
        """Whether it leaves any account out."""
        return self != AccountFilter()


LATEST = Order(
    {"latest_at": "timestamptz", "account_uid": "text"},
    ("changed_at", "account_uid"),
    tuple[datetime, str],
    descending=True,
)

_ACCOUNT: LiteralString = """
    SELECT account_uid, coalesce(state, 'not_registered') AS state, coalesce(version, 0) AS version,
           country, language, currency, external_ref,
           coalesce(contract_refs, '[]') AS contract_refs, actor, latest_at AS changed_at, (
      SELECT count(*) FROM console.tokens AS token
      WHERE token.tenant = found.tenant AND token.account_uid = found.account_uid
    ) AS tokens FROM
"""
_ONE: LiteralString = (
    f"{_ACCOUNT} console.accounts AS found WHERE tenant = %(tenant)s AND account_uid = %(account_uid)s"
)
_STATE: LiteralString = "coalesce(state, 'not_registered') = %(state)s"
_SEARCHED: LiteralString = """
    (account_uid COLLATE "C" >= %(search)s AND account_uid COLLATE "C" < %(behind)s) OR external_ref = %(search)s
    OR contract_refs @> %(contract)s::jsonb
"""


async def account(database: Database, tenant: str, account_uid: str) -> Account | None:
    """One account of the tenant."""
    return await database.one(Account, _ONE, {"tenant": tenant, "account_uid": account_uid})


async def accounts(
    database: Database, tenant: str, wanted: AccountFilter | None = None, *, cursor: str | None = None, limit: int = 50
) -> Page[Account]:
    """A page of accounts. Raises BadCursor."""
    start = Start.at(cursor, LATEST)
    where, params = _where(tenant, wanted or AccountFilter())
    order = f"ORDER BY {LATEST.by(start.back)}"
    chosen = f"SELECT * FROM console.accounts WHERE {conditions(where + start.where(LATEST))} {order} LIMIT %(limit)s"
    sql = f"{_ACCOUNT} ({chosen}) AS found {order}"
    found = await database.all(Account, sql, {**params, **start.params, "limit": limit + 1})
    return paged(found, LATEST, start, limit)


async def every_account(database: Database, tenant: str, wanted: AccountFilter) -> AsyncIterator[list[Account]]:
    """The whole list; the first part is read at once, so that what is wrong is known early."""

    async def more(cursor: str | None) -> Page[Account]:
        return await accounts(database, tenant, wanted, cursor=cursor, limit=EXPORTED_AT_ONCE)

    return whole(await more(None), more)


async def how_many(database: Database, tenant: str, wanted: AccountFilter) -> int:
    """How many accounts there are, at most one more than `MOST_COUNTED`."""
    where, params = _where(tenant, wanted)
    return await counted(database, f"SELECT FROM console.accounts WHERE {conditions(where)}", params, MOST_COUNTED)


def _where(tenant: str, wanted: AccountFilter) -> tuple[list[LiteralString], dict[str, Any]]:
    where: list[LiteralString] = ["tenant = %(tenant)s"]
    if wanted.state is not None:
        where.append(_STATE)
    if wanted.search:
        where.append(_SEARCHED)
    search = wanted.search.replace("\x00", "")
    searched = {"search": search, "behind": search + "\U0010ffff", "contract": msgspec.json.encode([search]).decode()}
    return where, {"tenant": tenant, "state": wanted.state, **searched}
