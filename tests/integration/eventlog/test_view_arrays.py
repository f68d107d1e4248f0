"""A column of a view's batch as a Postgres array: what comes back is what was sent."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from volt_eventlog.arrays import use_columns

pytestmark = pytest.mark.postgres

AT = datetime(2026, 2, 3, 4, 5, 6, 789, UTC)
COLUMNS: list[tuple[str, list[Any]]] = [
    ("text", []),
    ("text", ["plain", "", " ", "NULL", "null", "ümläut 充电"]),
    ("text", ['"', "\\", '\\"', 'a","b', "{}", "a,b", "line\nand\ttab", "'"]),
    ("text", ['a","b', "c"]),
    ("text", ["NULL", None, 'with "quotes"', None]),
    ("text", [None, None]),
    ("bigint", [0, -1, 1 << 62]),
    ("bigint", [None, 7]),
    ("numeric", [Decimal("1.50"), Decimal("-0.001"), Decimal("1E+3")]),
    ("numeric", [None, Decimal("12")]),
    ("boolean", [True, False]),
    ("boolean", [None, True]),
    ("timestamptz", [AT, AT.replace(microsecond=0), AT.astimezone(timezone(timedelta(hours=-3, minutes=-30)))]),
    ("timestamptz", [AT, None]),
]


@pytest_asyncio.fixture
async def connection(database: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A connection that writes lists as views do."""
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        use_columns(connection)
        yield connection


@pytest.mark.parametrize(("kind", "column"), COLUMNS, ids=str)
async def test_a_column_comes_back_as_it_was_sent(
    connection: psycopg.AsyncConnection[Any], kind: str, column: list[Any]
) -> None:
    found = await connection.execute(f"SELECT %(column)s::{kind}[]".encode(), {"column": column})
    row = await found.fetchone()
    assert row is not None
    assert row[0] == column


async def test_what_no_column_holds_is_refused(connection: psycopg.AsyncConnection[Any]) -> None:
    with pytest.raises(TypeError, match="float"):
        await connection.execute("SELECT %(column)s::float8[]", {"column": [1.5]})
