"""Tokens by reference: one with its versions, or pages of them, the latest changed first."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Literal, LiteralString

from pydantic import BaseModel, Field

from volt_console.queries.cursor import Page
from volt_console.queries.database import Database
from volt_console.queries.listing import EXPORTED_AT_ONCE, Order, Start, Wanted, conditions, counted, paged, whole
from volt_contracts.drivers import TokenStatus, TokenType

Standing = Literal["accepted", "blocked", "no_credit", "lost", "expired", "erased"]

MOST_COUNTED = 10_000


class Version(BaseModel):
    """What was said of a token at one time. An erased one keeps nothing but that."""

    version: int
    state: Literal["registered", "erased"]
    token_type: TokenType | None
    status: TokenStatus
    valid_until: datetime | None
    group_ref: str | None
    issuer: str | None
    contract_ref: str | None
    concurrent: Literal["allowed", "refused"] | None
    account_uid: str | None
    actor: str
    changed_at: datetime


class Token(Version):
    """A token as it is now. `standing` is its status, unless it has expired or was erased."""

    token_ref: str
    standing: Standing
    last_used_at: datetime | None
    """When a visit with it began last."""


class TokenFilter(Wanted):
    """Which tokens; every part that is given must hold."""

    search: str = Field(
        default="",
        max_length=64,
        description="Begin of the token_ref; or a whole reference of its group or contract, or the uid of its account.",
    )
    standing: Standing | None = None
    group_ref: str | None = Field(default=None, max_length=64)
    account_uid: str | None = Field(default=None, max_length=64)

    @property
    def narrows(self) -> bool:
        """Whether it leaves any token out."""
        return self != TokenFilter()


LATEST = Order(
    {"changed_at": "timestamptz", "token_ref": "text"},
    ("changed_at", "token_ref"),
    tuple[datetime, str],
    descending=True,
)

_VERSION = """
    version, state, token_type, status, valid_until, group_ref, issuer, contract_ref, concurrent, account_uid, actor,
    changed_at
"""
_STANDING = """
    CASE WHEN state = 'erased' THEN 'erased' WHEN status <> 'accepted' THEN status
         WHEN valid_until <= now() THEN 'expired' ELSE 'accepted' END AS standing
"""
_TOKEN: LiteralString = f"""
    SELECT token_ref, {_VERSION}, {_STANDING}, (
      SELECT opened_at FROM console.live_sessions AS visit
      WHERE visit.tenant = found.tenant AND visit.token_ref = found.token_ref AND opened_at IS NOT NULL
      ORDER BY opened_at DESC, session_id DESC LIMIT 1
    ) AS last_used_at FROM
"""
_ONE: LiteralString = f"{_TOKEN} console.tokens AS found WHERE tenant = %(tenant)s AND token_ref = %(token_ref)s"
_VERSIONS: LiteralString = f"""
    SELECT {_VERSION} FROM console.token_versions WHERE tenant = %(tenant)s AND token_ref = %(token_ref)s
    ORDER BY version DESC LIMIT %(limit)s
"""
_STANDINGS: Mapping[Standing, LiteralString] = {
    "accepted": "status = 'accepted' AND (valid_until IS NULL OR valid_until > now())",
    "expired": "status = 'accepted' AND valid_until <= now()",
    "blocked": "status = 'blocked' AND state = 'registered'",
    "no_credit": "status = 'no_credit'",
    "lost": "status = 'lost'",
    "erased": "status = 'blocked' AND state = 'erased'",
}
_EQUAL: Mapping[str, LiteralString] = {
    "group_ref": "group_ref = %(group_ref)s",
    "account_uid": "account_uid = %(account_uid)s",
}
_SEARCHED: LiteralString = """
    (token_ref >= %(search)s AND token_ref < %(behind)s) OR group_ref = %(search)s OR contract_ref = %(search)s
    OR account_uid = %(search)s
"""


async def token(database: Database, tenant: str, token_ref: str) -> Token | None:
    """One token of the tenant."""
    return await database.one(Token, _ONE, {"tenant": tenant, "token_ref": token_ref})


async def versions(database: Database, tenant: str, token_ref: str, limit: int = 50) -> list[Version]:
    """What was said of it, the latest first."""
    return await database.all(Version, _VERSIONS, {"tenant": tenant, "token_ref": token_ref, "limit": limit})


async def tokens(
    database: Database, tenant: str, wanted: TokenFilter | None = None, *, cursor: str | None = None, limit: int = 50
) -> Page[Token]:
    """A page of tokens.

    Raises:
        BadCursor: the cursor is none of this list.
    """
    start = Start.at(cursor, LATEST)
    where, params = _where(tenant, wanted or TokenFilter())
    order = f"ORDER BY {LATEST.by(start.back)}"
    chosen = f"SELECT * FROM console.tokens WHERE {conditions(where + start.where(LATEST))} {order} LIMIT %(limit)s"
    sql = f"{_TOKEN} ({chosen}) AS found {order}"
    found = await database.all(Token, sql, {**params, **start.params, "limit": limit + 1})
    return paged(found, LATEST, start, limit)


async def every_token(database: Database, tenant: str, wanted: TokenFilter) -> AsyncIterator[list[Token]]:
    """The whole list; the first part is read at once, so that what is wrong is known early."""

    async def more(cursor: str | None) -> Page[Token]:
        return await tokens(database, tenant, wanted, cursor=cursor, limit=EXPORTED_AT_ONCE)

    return whole(await more(None), more)


async def how_many(database: Database, tenant: str, wanted: TokenFilter) -> int:
    """How many tokens there are, at most one more than `MOST_COUNTED`."""
    where, params = _where(tenant, wanted)
    return await counted(database, f"SELECT FROM console.tokens WHERE {conditions(where)}", params, MOST_COUNTED)


def _where(tenant: str, wanted: TokenFilter) -> tuple[list[LiteralString], dict[str, Any]]:
    given = wanted.model_dump()
    where: list[LiteralString] = ["tenant = %(tenant)s"]
    if wanted.standing is not None:
        where.append(_STANDINGS[wanted.standing])
    where += [condition for name, condition in _EQUAL.items() if given[name] is not None]
    if wanted.search:
        where.append(_SEARCHED)
    cleaned = {name: value.replace("\x00", "") for name, value in given.items() if isinstance(value, str)}
    return where, {**given, **cleaned, "tenant": tenant, "behind": cleaned["search"] + "\U0010ffff"}
