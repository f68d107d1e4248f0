"""A view's batches in the database: rows, offsets and notifications in one transaction; bad records park their key."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from opentelemetry.trace import Span
from psycopg import AsyncConnection
from psycopg.sql import SQL

from volt_contracts.topics import Topic
from volt_eventlog import generations, tracing
from volt_eventlog.leases import Lease, LeaseLost, Leases
from volt_eventlog.message import Message
from volt_eventlog.records import Unusable, message_of, type_of
from volt_eventlog.view import Statement, View
from volt_runtime.log import logger
from volt_runtime.metrics import Counter

Entry = tuple[Topic, Any]
"""A record and the topic that it is of."""


class Work(NamedTuple):
    """What one partition adds to a transaction: its messages, and its next offsets afterwards."""

    lease: Lease
    messages: Sequence[Message]
    offsets: dict[str, int]


class ViewWriter:
    """Writes batches of one view in one generation, under the leases of its worker."""

    def __init__(
        self, view: View, generation: int, leases: Leases, replayed_to: Mapping[tuple[str, int], int], dead: Counter
    ) -> None:
        self.view = view
        self.generation = generation
        self._leases = leases
        self._replayed_to = replayed_to
        """(Topic, partition) → up to where the log was when the view began to be built."""
        self._dead = dead
        self._names = generations.names(view, generation)
        self._parked: set[str] = set()
        self._log = logger(f"view.{view.name}")

    async def load_parked(self, connection: AsyncConnection[Any]) -> None:
        """Learn which keys are parked."""
        found = await connection.execute(
            f"SELECT key FROM {self.view.schema}.view_parked WHERE view = %s AND generation = %s",
            [self.view.name, self.generation],
        )
        self._parked = {row[0] for row in await found.fetchall()}

    def _span(self, message: Message) -> Span:
        """What was in the log before the view began to be built is replayed."""
        replayed_to = self._replayed_to.get((message.topic.name, message.partition), 0)
        return tracing.process_span(
            message.topic.name,
            message.envelope.traceparent,
            tracing.attributes_of(message, f"view.{self.view.name}"),
            replay=message.offset < replayed_to,
        )

    def _message(self, topic: Topic, record: Any) -> Message | None:
        if self.view.types is not None and type_of(record) not in self.view.types:
            return None
        try:
            return message_of(topic, record)
        except Unusable as wrong:
            where = f"{record.topic}-{record.partition}@{record.offset}"
            self._log.error(f"{where} cannot be read and is left out: {wrong}")
            self._dead.add()
            return None

    async def write(self, connection: AsyncConnection[Any], parts: list[tuple[Lease, list[Entry]]]) -> int:
        """Apply all and move on; when that fails, each partition has a transaction of its own."""
        if len(parts) == 1:
            return await self._write_part(connection, *parts[0])
        works = [self._work(lease, entries) for lease, entries in parts]
        try:
            await self._transact(connection, works)
        except (psycopg.OperationalError, psycopg.InterfaceError, LeaseLost):
            raise
        except Exception:  # which record it was is found out below
            return sum([await self._write_part(connection, lease, entries) for lease, entries in parts])
        for work in works:
            work.lease.offsets.update(work.offsets)
        return sum(len(work.messages) for work in works)

    def _work(self, lease: Lease, entries: list[Entry]) -> Work:
        messages = [message for topic, record in entries if (message := self._message(topic, record)) is not None]
        offsets = dict(lease.offsets)
        for topic, record in entries:
            offsets[topic.name] = record.offset + 1
        return Work(lease, [message for message in messages if message.key not in self._parked], offsets)

    async def _write_part(self, connection: AsyncConnection[Any], lease: Lease, entries: list[Entry]) -> int:
        """Apply and move on; a batch that fails is halved until the record that fails it stands alone."""
        work = self._work(lease, entries)
        try:
            await self._transact(connection, [work], alone=len(entries) == 1)
        except (psycopg.OperationalError, psycopg.InterfaceError, LeaseLost):
            raise
        except Exception as wrong:  # whatever a record makes `apply` or the database say, its key is parked for it
            if len(entries) > 1:
                middle = len(entries) // 2
                first = await self._write_part(connection, lease, entries[:middle])
                return first + await self._write_part(connection, lease, entries[middle:])
            await self._park(connection, lease, work.messages, work.offsets, wrong)
        lease.offsets.update(work.offsets)
        return len(work.messages)

    async def _transact(self, connection: AsyncConnection[Any], works: Sequence[Work], *, alone: bool = False) -> None:
        messages = [message for work in works for message in work.messages]
        spans = [self._span(message) for message in messages if tracing.sampled(message.envelope.traceparent)]
        try:
            async with connection.transaction():
                async with connection.pipeline():
                    await self._apply_all(connection, messages)
                    # First the tables, then the leases: the order in which a promotion takes its locks.
                    held = [await self._leases.advance(connection, work.lease, work.offsets) for work in works]
                for work, cursor in zip(works, held, strict=True):
                    await self._leases.require(work.lease, cursor)
        except Exception as failure:
            if alone:  # of a longer batch each record comes again, and has its span then
                _end(spans, failure)
            raise
        _end(spans, None)

    async def _apply_all(self, connection: AsyncConnection[Any], messages: Sequence[Message]) -> None:
        """Send the statements of a transaction, without waiting for any."""
        if not messages:
            return
        for statement in self.view.apply(messages):
            await self._execute(connection, statement)
        if self.view.notifies is not None:
            for payload in self.view.notifies(messages):
                await connection.execute("SELECT pg_notify(%s, %s)", [self._channel, payload])

    @property
    def _channel(self) -> str:
        return f"{self.view.schema}_{self.view.name}"

    async def _execute(self, connection: AsyncConnection[Any], statement: Statement) -> None:
        text = statement.sql.format_map(self._names)
        await connection.execute(SQL(text), dict(statement.params))

    async def _park(
        self,
        connection: AsyncConnection[Any],
        lease: Lease,
        messages: Sequence[Message],
        offsets: dict[str, int],
        why: Exception,
    ) -> None:
        if not messages:
            raise why
        bad = messages[0]
        self._log.error(f"{bad.key} is parked in this view", exc=why, topic=bad.topic.name, offset=bad.offset)
        self._parked.add(bad.key)
        self._dead.add()
        async with connection.transaction():
            await connection.execute(
                f"INSERT INTO {self.view.schema}.view_parked VALUES (%s, %s, %s, %s, %s, %s, %s) "
                "ON CONFLICT DO NOTHING",
                [self.view.name, self.generation, bad.key, bad.topic.name, bad.partition, bad.offset, repr(why)],
            )
            await self._leases.require(lease, await self._leases.advance(connection, lease, offsets))


def _end(spans: Sequence[Span], failure: Exception | None) -> None:
    for span in spans:
        tracing.ended(span, failure)
