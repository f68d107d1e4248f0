"""The console's way into Postgres: a small pool of read-only connections, answers as typed models."""

from collections.abc import Mapping
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)
Params = Mapping[str, Any]

WAIT_S = 2.0
"""How long a request waits for a free connection before it is answered that the database is away."""

DATABASE_AWAY: tuple[type[Exception], ...] = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.InvalidSchemaName,
    PoolTimeout,
)
"""What a query raises while Postgres is away, or while the views' tables, or their next generation, are being built."""

OPTIONS = (
    "-c default_transaction_read_only=on -c statement_timeout=5000 -c TimeZone=UTC -c jit=off"
    " -c max_parallel_workers_per_gather=0"  # of many short queries none is worth two processes more
    " -c plan_cache_mode=force_custom_plan"  # a plan for any value does not know that few stations are of that vendor
)


class Database:
    """Runs queries; each raises one of `DATABASE_AWAY` when there is nobody to answer."""

    def __init__(self, dsn: str, size: int = 6) -> None:
        self._pool: AsyncConnectionPool[AsyncConnection[dict[str, Any]]] = AsyncConnectionPool(
            dsn,
            connection_class=AsyncConnection[dict[str, Any]],
            kwargs={"row_factory": dict_row, "autocommit": True, "options": OPTIONS, "connect_timeout": 2},
            min_size=1,
            max_size=size,
            timeout=WAIT_S,
            reconnect_timeout=60,
            check=AsyncConnectionPool.check_connection,
            open=False,
            name="console",
        )

    async def open(self) -> None:
        """Begin to connect; does not wait until the database is there."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close(timeout=2)

    async def all(self, model: type[M], sql: LiteralString, params: Params) -> list[M]:
        """Every row of the answer."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(sql, params)
            return [model(**row) for row in await cursor.fetchall()]

    async def one(self, model: type[M], sql: LiteralString, params: Params) -> M | None:
        """The first row of the answer, if there is one."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(sql, params)).fetchone()
            return None if row is None else model(**row)
