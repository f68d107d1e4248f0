"""Who writes which partition of a view, and where it goes on: rows in the view's own database, fenced by an epoch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, AsyncCursor

LEASE_S = 8


Offsets = Mapping[tuple[str, int], int]
"""(Topic, partition) → the next offset that a view will apply."""


@dataclass(frozen=True)
class Lease:
    """A partition number of a view that this process may write; a later epoch makes its transactions fail."""

    partition: int
    epoch: int
    offsets: dict[str, int]


class LeaseLost(Exception):
    """Somebody else has taken the partition over; nothing of the batch was written."""


def ddl(schema: str) -> str:
    """The tables that the runner keeps in a view's schema."""
    return f"""
        CREATE TABLE IF NOT EXISTS {schema}.view_leases (
            view text, generation int, partition int, epoch bigint NOT NULL DEFAULT 0, holder text,
            expires_at timestamptz NOT NULL DEFAULT '-infinity', PRIMARY KEY (view, generation, partition));
        CREATE TABLE IF NOT EXISTS {schema}.view_offsets (
            view text, generation int, partition int, topic text, next_offset bigint NOT NULL,
            PRIMARY KEY (view, generation, partition, topic));
        CREATE TABLE IF NOT EXISTS {schema}.view_generations (
            view text PRIMARY KEY, promoted int NOT NULL);
        CREATE TABLE IF NOT EXISTS {schema}.view_parked (
            view text, generation int, key text, topic text, partition int, "offset" bigint, error text,
            PRIMARY KEY (view, generation, key));
    """


class Leases:
    """The leases of one view in one generation."""

    def __init__(self, schema: str, view: str, generation: int, holder: str) -> None:
        self._schema = schema
        self._who = {"view": view, "generation": generation, "holder": holder}

    async def prepare(self, connection: AsyncConnection[Any], partitions: int) -> None:
        """Make a row for every partition."""
        await connection.execute(
            f"INSERT INTO {self._schema}.view_leases (view, generation, partition) "
            "SELECT %(view)s, %(generation)s, n FROM generate_series(0, %(last)s) n ON CONFLICT DO NOTHING",
            {**self._who, "last": partitions - 1},
        )

    async def take(self, connection: AsyncConnection[Any], partition: int) -> Lease | None:
        """Take a partition whose lease ran out; its epoch rises, so that a former holder's transaction fails."""
        row = await (
            await connection.execute(
                f"UPDATE {self._schema}.view_leases SET epoch = epoch + 1, holder = %(holder)s, "
                "expires_at = clock_timestamp() + make_interval(secs => %(lease)s) "
                "WHERE view = %(view)s AND generation = %(generation)s AND partition = %(partition)s "
                "AND (expires_at < clock_timestamp() OR holder = %(holder)s) RETURNING epoch",
                {**self._who, "partition": partition, "lease": LEASE_S},
            )
        ).fetchone()
        if row is None:
            return None
        found = await connection.execute(
            f"SELECT topic, next_offset FROM {self._schema}.view_offsets "
            "WHERE view = %(view)s AND generation = %(generation)s AND partition = %(partition)s",
            {**self._who, "partition": partition},
        )
        return Lease(partition, row[0], dict(await found.fetchall()))

    async def renew(self, connection: AsyncConnection[Any], partitions: list[int]) -> None:
        """Keep what is held."""
        await connection.execute(
            f"UPDATE {self._schema}.view_leases SET expires_at = clock_timestamp() + make_interval(secs => %(lease)s) "
            "WHERE view = %(view)s AND generation = %(generation)s AND holder = %(holder)s "
            "AND partition = ANY(%(partitions)s)",
            {**self._who, "partitions": partitions, "lease": LEASE_S},
        )

    async def release(self, connection: AsyncConnection[Any]) -> None:
        """Give all back at once, so that nobody waits for them to run out."""
        await connection.execute(
            f"UPDATE {self._schema}.view_leases SET expires_at = '-infinity' "
            "WHERE view = %(view)s AND generation = %(generation)s AND holder = %(holder)s",
            self._who,
        )

    async def advance(
        self, connection: AsyncConnection[Any], lease: Lease, offsets: dict[str, int]
    ) -> AsyncCursor[Any]:
        """Store the next offsets within the batch's transaction; `require` must see the cursor before it commits."""
        held = await connection.execute(
            f"SELECT 1 FROM {self._schema}.view_leases WHERE view = %(view)s AND generation = %(generation)s "
            "AND partition = %(partition)s AND epoch = %(epoch)s FOR SHARE",
            {**self._who, "partition": lease.partition, "epoch": lease.epoch},
        )
        await connection.execute(
            f"INSERT INTO {self._schema}.view_offsets (view, generation, partition, topic, next_offset) "
            "SELECT %(view)s, %(generation)s, %(partition)s, t, o "
            "FROM unnest(%(topics)s::text[], %(offsets)s::bigint[]) AS u(t, o) "
            "ON CONFLICT (view, generation, partition, topic) DO UPDATE SET next_offset = EXCLUDED.next_offset",
            {
                **self._who,
                "partition": lease.partition,
                "topics": list(offsets),
                "offsets": list(offsets.values()),
            },
        )
        return held

    async def require(self, lease: Lease, held: AsyncCursor[Any]) -> None:
        """Let the batch's transaction commit only while the epoch is ours.

        Raises:
            LeaseLost: it is no longer.
        """
        if await held.fetchone() is None:
            raise LeaseLost(f"partition {lease.partition} of {self._who['view']} has a new writer")


async def offsets_of(connection: AsyncConnection[Any], schema: str, view: str, generation: int) -> Offsets:
    """What a generation of a view has applied."""
    found = await connection.execute(
        f"SELECT topic, partition, next_offset FROM {schema}.view_offsets WHERE view = %s AND generation = %s",
        [view, generation],
    )
    return {(topic, partition): offset for topic, partition, offset in await found.fetchall()}


async def hold_still(connection: AsyncConnection[Any], schema: str, view: str, generation: int) -> None:
    """Until the end of this transaction no batch of that generation commits."""
    await connection.execute(
        f"SELECT 1 FROM {schema}.view_leases WHERE view = %s AND generation = %s ORDER BY partition FOR UPDATE",
        [view, generation],
    )
