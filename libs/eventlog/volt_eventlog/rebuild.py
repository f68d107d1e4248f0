"""A view built again beside the promoted one, compared with it, and promoted if that was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncConnection

from volt_eventlog import generations
from volt_eventlog.kafka import Kafka
from volt_eventlog.leases import Offsets, hold_still, offsets_of
from volt_eventlog.view import View
from volt_eventlog.view_worker import ViewWorker
from volt_runtime.metrics import Metrics

SHADOW = 1_000_000
"""Generations from here on are rebuilds of the one that the rest of the number names."""


@dataclass
class Comparison:
    """Table → hash in the promoted generation and in the rebuilt one."""

    view: str
    promoted: int
    built: int
    hashes: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def equal(self) -> bool:
        """Whether both have the same rows."""
        return all(before == after for before, after in self.hashes.values())


async def rebuild(view: View, kafka: Kafka, dsn: str, *, batch: int = 1000, keep: bool = False) -> Comparison:
    """Build the view from the log into tables of its own and compare; they are dropped again unless kept.

    Compared is what both have made of the very same records. The last of them are added while the view itself holds
    still, which takes as long as it was busy during the build.
    """
    built = SHADOW + view.generation

    async def build(until: Offsets | None) -> None:
        worker = ViewWorker(view, kafka, dsn, Metrics(), generation=built, batch=batch, min_interval_s=0)
        await worker.catch_up(until)

    async with await AsyncConnection.connect(dsn, autocommit=True) as connection:
        await generations.prepare(connection, view, view.generation)
        await generations.drop(connection, view, built)
        shown = await generations.promoted(connection, view)
        assert shown is not None
        applied = await offsets_of(connection, view.schema, view.name, shown)
        # A view that has applied nothing so far is built to the end all the same: somebody may want to promote that.
        await build(applied or None)
        async with connection.transaction():
            if applied:
                await hold_still(connection, view.schema, view.name, shown)
                await build(await offsets_of(connection, view.schema, view.name, shown))
            comparison = await _compare(connection, view, shown, built)
        if not keep:
            await generations.drop(connection, view, built)
    return comparison


async def promote_rebuilt(view: View, dsn: str) -> None:
    """Put the rebuilt rows and offsets in the place of the view's own, in one transaction: its writer starts over.

    The writer's epoch is raised first, so that a batch of the former rows that is under way fails instead of mixing.
    """
    built = SHADOW + view.generation
    async with await AsyncConnection.connect(dsn, autocommit=True) as connection, connection.transaction():
        await _swap(connection, view, built)
    async with await AsyncConnection.connect(dsn, autocommit=True) as connection:
        await generations.drop(connection, view, built)


async def _swap(connection: AsyncConnection[Any], view: View, built: int) -> None:
    where = "WHERE view = %(view)s AND generation = %(generation)s"
    now = {"view": view.name, "generation": view.generation, "built": built}
    own_tables = ", ".join(generations.names(view, view.generation).values())
    # First the tables, then the leases: the order in which the view's writer takes its locks.
    await generations.run_definition(connection, f"LOCK TABLE {own_tables} IN ACCESS EXCLUSIVE MODE")
    await connection.execute(
        f"UPDATE {view.schema}.view_leases SET epoch = epoch + 1, expires_at = '-infinity', holder = NULL {where}", now
    )
    await connection.execute(f"DELETE FROM {view.schema}.view_offsets {where}", now)
    await connection.execute(f"DELETE FROM {view.schema}.view_parked {where}", now)
    await connection.execute(
        f"INSERT INTO {view.schema}.view_offsets SELECT view, %(generation)s, partition, topic, next_offset "
        f"FROM {view.schema}.view_offsets WHERE view = %(view)s AND generation = %(built)s",
        now,
    )
    await connection.execute(
        f"INSERT INTO {view.schema}.view_parked "
        'SELECT view, %(generation)s, key, topic, partition, "offset", error '
        f"FROM {view.schema}.view_parked WHERE view = %(view)s AND generation = %(built)s",
        now,
    )
    for table in view.tables:
        own = generations.names(view, view.generation)[table]
        other = generations.names(view, built)[table]
        await generations.run_definition(connection, f"TRUNCATE {own}")
        columns = ", ".join(await _written(connection, view.schema, f"{table}_g{view.generation}"))
        await generations.run_definition(connection, f"INSERT INTO {own} ({columns}) SELECT {columns} FROM {other}")


async def _written(connection: AsyncConnection[Any], schema: str, table: str) -> list[str]:
    """The columns of a table that are written; generated ones make themselves."""
    found = await connection.execute(
        "SELECT quote_ident(column_name) FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
        "AND is_generated = 'NEVER' ORDER BY ordinal_position",
        [schema, table],
    )
    return [row[0] for row in await found.fetchall()]


async def _compare(connection: AsyncConnection[Any], view: View, shown: int, built: int) -> Comparison:
    before = await generations.hashes(connection, view, shown)
    after = await generations.hashes(connection, view, built)
    return Comparison(view.name, shown, built, {table: (before[table], after[table]) for table in view.compared})


def named(views: Sequence[View], name: str) -> View | None:
    """The view of this name."""
    return next((view for view in views if view.name == name), None)
