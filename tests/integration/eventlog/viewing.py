"""A small view that adds up: a batch that is applied twice, or not at all, shows in its sums at once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import psycopg
from integration.eventlog.counting import EVENTS, FACTS, Added, Fed

from volt_eventlog.message import Message
from volt_eventlog.view import Statement, View

SUMS = """
    key text PRIMARY KEY, fed bigint NOT NULL DEFAULT 0, added bigint NOT NULL DEFAULT 0, last_fed bigint,
    waiting bigint GENERATED ALWAYS AS (fed - added) STORED
"""
BAD = 13
"""A fact with this amount is one that the database refuses."""


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Add up facts and effects by key; each column is written from one topic."""
    statements = []
    for column, kind in (("fed", Fed), ("added", Added)):
        sums: dict[str, int] = {}
        for message in batch:
            if isinstance(message.body, kind):
                sums[message.key] = sums.get(message.key, 0) + message.body.amount
                if message.body.amount == BAD:
                    sums[message.key] = 1 << 70
        if sums:
            keys = sorted(sums)
            statements.append(
                Statement(_ADD.format(column=column), {"keys": keys, "sums": [sums[key] for key in keys]})
            )
    return statements


_ADD = (
    "INSERT INTO {{sums}} AS row (key, {column}) SELECT * FROM unnest(%(keys)s::text[], %(sums)s::numeric[]::bigint[]) "
    "ON CONFLICT (key) DO UPDATE SET {column} = row.{column} + excluded.{column}"
)


def told(batch: Sequence[Message]) -> list[str]:
    """Payloads for pages: the keys that changed."""
    return sorted({message.key for message in batch})


SUMMING = View(
    name="summing",
    schema="viewing",
    generation=1,
    topics=(FACTS, EVENTS),
    tables={"sums": SUMS},
    apply=apply,
    indexes=("CREATE INDEX IF NOT EXISTS sums_fed_g{g} ON {sums} (fed)",),
    notifies=told,
    compared={"sums": "key, fed, added"},
)


async def rows(dsn: str, sql: str = "SELECT key, fed FROM viewing.sums ORDER BY key") -> list[tuple[Any, ...]]:
    """What a page would see; nothing while the view was not made."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        try:
            return await (await connection.execute(sql.encode())).fetchall()
        except psycopg.errors.UndefinedTable:
            return []


def total(dsn: str, column: str = "fed") -> Callable[[], Awaitable[int]]:
    """The sum over all keys."""

    async def ask() -> int:
        found = await rows(dsn, f"SELECT coalesce(sum({column}), 0)::bigint FROM viewing.sums")
        return int(found[0][0]) if found else 0

    return ask
