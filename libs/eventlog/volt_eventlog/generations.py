"""A view's tables by generation: made beside the promoted one, promoted and rolled back by one statement."""

from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL

from volt_eventlog import leases
from volt_eventlog.view import View


def names(view: View, generation: int) -> dict[str, str]:
    """Table → qualified name in this generation."""
    return {table: f"{view.schema}.{table}_g{generation}" for table in view.tables}


async def prepare(connection: AsyncConnection[Any], view: View, generation: int) -> None:
    """Make schema, runner's tables and the view's own tables where they are missing."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('voltlog views'))")
        await run_definition(connection, f"CREATE SCHEMA IF NOT EXISTS {view.schema}")
        await run_definition(connection, leases.ddl(view.schema))
        for table, columns in view.tables.items():
            await run_definition(
                connection, f"CREATE TABLE IF NOT EXISTS {view.schema}.{table}_g{generation} ({columns})"
            )
        for index in view.indexes:
            await run_definition(connection, index.format_map(_Indexed(view, generation)))
        if await promoted(connection, view) is None:
            await _promote(connection, view, generation)


async def promoted(connection: AsyncConnection[Any], view: View) -> int | None:
    """The generation that queries see."""
    found = await connection.execute(
        f"SELECT promoted FROM {view.schema}.view_generations WHERE view = %s", [view.name]
    )
    row = await found.fetchone()
    return None if row is None else int(row[0])


async def promote(connection: AsyncConnection[Any], view: View, generation: int) -> None:
    """Let queries see this generation, in one transaction."""
    async with connection.transaction():
        await _promote(connection, view, generation)


async def drop(connection: AsyncConnection[Any], view: View, generation: int) -> None:
    """Remove a generation that is not promoted: its tables, offsets and leases."""
    async with connection.transaction():
        for table in view.tables:
            await run_definition(connection, f"DROP TABLE IF EXISTS {view.schema}.{table}_g{generation} CASCADE")
        for kept in ("view_offsets", "view_leases", "view_parked"):
            await connection.execute(
                f"DELETE FROM {view.schema}.{kept} WHERE view = %s AND generation = %s", [view.name, generation]
            )


async def hashes(connection: AsyncConnection[Any], view: View, generation: int) -> dict[str, str]:
    """Table → hash over all rows of the compared columns, in an order of their own."""
    result = {}
    for table, columns in view.compared.items():
        name = f"{view.schema}.{table}_g{generation}"
        found = await connection.execute(
            f"SELECT md5(coalesce(string_agg(h, '' ORDER BY h), '')), count(*) "
            f"FROM (SELECT md5(ROW({columns})::text) AS h FROM {name}) AS rows"
        )
        row = await found.fetchone()
        assert row is not None
        result[table] = f"{row[0]}:{row[1]}"
    return result


async def _promote(connection: AsyncConnection[Any], view: View, generation: int) -> None:
    for table in view.tables:
        await run_definition(connection, f"DROP VIEW IF EXISTS {view.schema}.{table}")
        source = f"{view.schema}.{table}_g{generation}"
        await run_definition(connection, f"CREATE VIEW {view.schema}.{table} AS SELECT * FROM {source}")
    await connection.execute(
        f"INSERT INTO {view.schema}.view_generations (view, promoted) VALUES (%s, %s) "
        "ON CONFLICT (view) DO UPDATE SET promoted = EXCLUDED.promoted",
        [view.name, generation],
    )


async def run_definition(connection: AsyncConnection[Any], statement: str) -> None:
    """Definitions are constants of the code; psycopg asks for that to be said."""
    await connection.execute(SQL(statement))


class _Indexed(dict[str, str]):
    """`{table}` → its qualified name; `{g}` → the generation, for the names of indexes."""

    def __init__(self, view: View, generation: int) -> None:
        super().__init__(names(view, generation), g=str(generation))
