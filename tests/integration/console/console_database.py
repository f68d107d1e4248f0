"""Applies messages to the console's views as the runner does: each batch in one transaction, with its notifications."""

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL

from volt_console.views import VIEWS
from volt_eventlog import generations
from volt_eventlog.arrays import use_columns
from volt_eventlog.message import Message
from volt_eventlog.view import View


class Tables:
    """The tables of the console's views in a database, made anew."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    async def __aenter__(self) -> "Tables":
        """Begin with empty tables."""
        self._connection = await AsyncConnection.connect(self._dsn, autocommit=True)
        use_columns(self._connection)
        await self._run("DROP SCHEMA IF EXISTS console CASCADE")
        for view in VIEWS:
            await generations.prepare(self._connection, view, view.generation)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave the tables to whoever looks at them after a failure."""
        await self._connection.close()

    async def apply(self, messages: Sequence[Message], dice: Random | None = None) -> None:
        """Fold `messages` into every view; with `dice`, cut anywhere and with the topics in any order."""
        for view in VIEWS:
            for batch in _batches(view, messages, dice):
                await self._apply(view, batch)

    async def _apply(self, view: View, batch: Sequence[Message]) -> None:
        names = generations.names(view, view.generation)
        async with self._connection.transaction():
            for statement in view.apply(batch):
                await self._run(statement.sql.format_map(names), dict(statement.params))
            for payload in view.notifies(batch) if view.notifies else ():
                channel = f"{view.schema}_{view.name}"
                await self._run("SELECT pg_notify(%(channel)s, %(payload)s)", {"channel": channel, "payload": payload})

    async def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """The compared columns of every table, in order of their rows."""
        found = {}
        for view in VIEWS:
            for table, columns in view.compared.items():
                found[table] = await self._run(f"SELECT {columns} FROM console.{table} ORDER BY {columns}")
        return found

    async def _run(self, sql: str, params: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        cursor = await self._connection.execute(SQL(sql), params)
        return await cursor.fetchall() if cursor.description else []


def _batches(view: View, messages: Iterable[Message], dice: Random | None) -> Iterator[list[Message]]:
    """Each partition of each topic in its own order; without dice one batch for each partition number."""
    lanes: dict[tuple[str, int], list[Message]] = {}
    for message in messages:
        if message.topic in view.topics:
            lane = ("" if dice is None else message.topic.name, message.partition)
            lanes.setdefault(lane, []).append(message)
    while lanes:
        lane = dice.choice(sorted(lanes)) if dice else next(iter(lanes))
        size = dice.randint(1, 40) if dice else len(lanes[lane])
        yield lanes[lane][:size]
        lanes[lane] = lanes[lane][size:]
        if not lanes[lane]:
            del lanes[lane]
