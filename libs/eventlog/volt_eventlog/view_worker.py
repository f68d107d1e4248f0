"""Writes one view in one generation: leases partitions, reads them, and applies each batch in one transaction."""

import asyncio
import contextlib
import time
from typing import Any
from uuid import uuid4

import psycopg
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from psycopg import AsyncConnection

from volt_eventlog import generations
from volt_eventlog.arrays import use_columns
from volt_eventlog.kafka import Kafka
from volt_eventlog.leases import Lease, LeaseLost, Leases, Offsets
from volt_eventlog.message import Position
from volt_eventlog.pace import Pace
from volt_eventlog.reading import partitions, stable_bounds
from volt_eventlog.view import View
from volt_eventlog.view_writer import Entry, ViewWriter
from volt_runtime.log import logger
from volt_runtime.metrics import Metrics

BATCH = 1000
RENEW_S = 2.0
NO_LEASE_S = 0.5
PACE = Pace(0.05, 0.001, 0.25)
"""Between two transactions."""


class ViewWorker:
    """The runner of one view in this process. Several processes share a view's partitions by their leases."""

    def __init__(
        self,
        view: View,
        kafka: Kafka,
        dsn: str,
        metrics: Metrics,
        *,
        generation: int | None = None,
        batch: int = BATCH,
        min_interval_s: float = PACE.least_s,
    ) -> None:
        self.view = view
        self.generation = view.generation if generation is None else generation
        self._kafka = kafka
        self._dsn = dsn
        self._batch_size = batch
        self._pace = PACE.at_least(min_interval_s)
        self._holder = str(uuid4())
        self._leases = Leases(view.schema, view.name, self.generation, self._holder)
        self._held: dict[int, Lease] = {}
        self._topics = {kafka.name(topic): topic for topic in view.topics}
        self._consumer: Any = None
        self._log = logger(f"view.{view.name}")
        self._moved = asyncio.Condition()
        self._batches = metrics.histogram("volt_view_batch_seconds", "one batch applied", view=view.name)
        self._applied = metrics.counter("volt_view_messages_total", "messages applied", view=view.name)
        dead = metrics.counter("volt_view_parked_total", "keys parked by a bad record", view=view.name)
        self._newest = 0.0
        self._caught_up = False
        self._passed = False
        self._until: dict[TopicPartition, int] = {}
        self._replayed_to: dict[tuple[str, int], int] = {}
        self._writer = ViewWriter(view, self.generation, self._leases, self._replayed_to, dead)
        metrics.gauge("volt_view_seconds_behind", "age of the last applied message", self._behind, view=view.name)

    def not_ready(self) -> str | None:
        """Why pages cannot rely on it yet."""
        return None if self._held else "holds no partition"

    def _behind(self) -> float:
        return 0.0 if self._caught_up or not self._newest else max(0.0, time.time() - self._newest)

    async def run(self) -> None:
        """Work for as long as the process lives; a broken database or broker is waited for."""
        while True:
            try:
                async with await AsyncConnection.connect(self._dsn, autocommit=True) as connection:
                    try:
                        await self._start(connection)
                        await self._loop(connection)
                    except asyncio.CancelledError:
                        await self._give_back(connection)
                        raise
            except (psycopg.OperationalError, psycopg.InterfaceError, KafkaError, LeaseLost) as wrong:
                self._log.warning(f"the view has to be taken up again: {wrong!r}")
                await asyncio.sleep(0.5)
            finally:
                await self._stop_consumer()

    async def catch_up(self, until: Offsets | None = None) -> None:
        """Apply everything up to these offsets, or to the ends as they are now, then return: for rebuilds."""
        async with await AsyncConnection.connect(self._dsn, autocommit=True) as connection:
            await self._start(connection)
            try:
                bounds = await stable_bounds(self._consumer, sorted(self._consumer.assignment()))
                if until is not None:
                    self._until = {place: self._end(place, until) for place in bounds}
                    bounds = {place: (first, self._until[place]) for place, (first, _) in bounds.items()}
                while not await self._reached(bounds):
                    await self._poll(connection)
                await self._store_passed(connection)
                await self._leases.release(connection)
            finally:
                await self._stop_consumer()

    def _end(self, place: TopicPartition, until: Offsets) -> int:
        return until.get((self._topics[place.topic].name, place.partition), 0)

    async def wait_for(self, position: Position, deadline_s: float) -> bool:
        """Whether the view has applied this position within the deadline (reads after writes)."""

        def there() -> bool:
            lease = self._held.get(position.partition)
            return lease is not None and lease.offsets.get(position.topic, 0) > position.offset

        try:
            async with asyncio.timeout(deadline_s), self._moved:
                await self._moved.wait_for(there)
        except TimeoutError:
            return False
        return True

    async def _start(self, connection: AsyncConnection[Any]) -> None:
        self._held.clear()
        # Rows and offsets are of one transaction: what a crash of the database takes back is read from the log again,
        # so no batch waits for the disk.
        await connection.execute("SET synchronous_commit = off")
        use_columns(connection)
        await generations.prepare(connection, self.view, self.generation)
        types = self.view.types
        holding = None if types is None else [tag.encode() for tag in sorted(types)]
        self._consumer = self._kafka.consumer(max_partition_fetch_bytes=1 << 20, holding=holding)
        await self._consumer.start()
        self._places = [place for topic in self._topics for place in await partitions(self._consumer, topic)]
        count = max((place.partition for place in self._places), default=-1) + 1
        await self._leases.prepare(connection, count)
        self._wanted = range(count)
        await self._lease(connection)

    async def _stop_consumer(self) -> None:
        if self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            await consumer.stop()

    async def _loop(self, connection: AsyncConnection[Any]) -> None:
        renewed = time.monotonic()
        while True:
            began = time.monotonic()
            rest = self._pace.rest_s(await self._poll(connection))
            if time.monotonic() - renewed > RENEW_S:
                await self._leases.renew(connection, list(self._held))
                await self._store_passed(connection)
                await self._lease(connection)
                await self._promote_when_built(connection)
                renewed = time.monotonic()
            await asyncio.sleep(max(0.0, rest - (time.monotonic() - began)))

    async def _give_back(self, connection: AsyncConnection[Any]) -> None:
        """The next process needs not wait until our leases run out."""
        if not connection.closed:
            with contextlib.suppress(psycopg.Error):
                await self._leases.release(connection)

    async def _lease(self, connection: AsyncConnection[Any]) -> None:
        taken = []
        for number in self._wanted:
            if number not in self._held:
                lease = await self._leases.take(connection, number)
                if lease is not None:
                    self._held[number] = lease
                    taken.append(number)
        if not taken:
            return
        await self._writer.load_parked(connection)
        before = {place: await self._consumer.position(place) for place in self._consumer.assignment()}
        places = [place for place in self._places if place.partition in self._held]
        bounds = await stable_bounds(self._consumer, places)
        self._consumer.assign(places)
        for place in places:
            name = self._topics[place.topic].name
            stored = self._held[place.partition].offsets.get(name, 0)
            if stored == 0:
                self._replayed_to[(name, place.partition)] = bounds[place][1]
            self._consumer.seek(place, before.get(place, max(stored, bounds[place][0])))

    async def _promote_when_built(self, connection: AsyncConnection[Any]) -> None:
        """A generation that newer code brought is shown as soon as it has caught up; until then the old one is."""
        if not self._caught_up:
            return
        now = await generations.promoted(connection, self.view)
        if now is not None and now < self.generation:
            await generations.promote(connection, self.view, self.generation)
            self._log.info(f"generation {self.generation} is promoted", before=now)

    async def _reached(self, bounds: dict[TopicPartition, tuple[int, int]]) -> bool:
        for place, (first, end) in bounds.items():
            if first < end and await self._consumer.position(place) < end:
                return False
        return True

    async def _poll(self, connection: AsyncConnection[Any]) -> int:
        """Apply what has come; how many records that was."""
        if not self._held:
            self._caught_up = False
            await asyncio.sleep(NO_LEASE_S)  # without an assignment getmany would wait for one for ever
            await self._lease(connection)
            return 0
        fetched = await self._consumer.getmany(timeout_ms=200, max_records=4 * self._batch_size)
        self._caught_up = not fetched
        by_number: dict[int, list[Entry]] = {}
        for place, records in fetched.items():
            topic, end = self._topics[place.topic], self._until.get(place)
            if end is not None:
                records = [record for record in records if record.offset < end]
            by_number.setdefault(place.partition, []).extend((topic, record) for record in records)
        longest = max(map(len, by_number.values()), default=0)
        for start in range(0, longest, self._batch_size):
            parts = {number: entries[start : start + self._batch_size] for number, entries in by_number.items()}
            await self._apply(connection, [(self._held[number], part) for number, part in parts.items() if part])
        if self.view.types is not None:
            await self._note_passed()
        return sum(map(len, by_number.values()))

    async def _note_passed(self) -> None:
        """Batches that hold nothing for the view were passed over unread: they move it on as well."""
        for place in self._places:
            lease = self._held.get(place.partition)
            if lease is None:
                continue
            name, position = self._topics[place.topic].name, await self._consumer.position(place)
            position = min(position, self._until.get(place, position))
            if position > lease.offsets.get(name, 0):
                lease.offsets[name] = position
                self._passed = True
        if self._passed:
            async with self._moved:
                self._moved.notify_all()

    async def _store_passed(self, connection: AsyncConnection[Any]) -> None:
        """Now and then is enough: what was passed over and is not stored is passed over again."""
        if not self._passed:
            return
        leases = list(self._held.values())
        async with connection.transaction():
            async with connection.pipeline():
                held = [await self._leases.advance(connection, lease, lease.offsets) for lease in leases]
            for lease, cursor in zip(leases, held, strict=True):
                await self._leases.require(lease, cursor)
        self._passed = False

    async def _apply(self, connection: AsyncConnection[Any], parts: list[tuple[Lease, list[Entry]]]) -> None:
        """All partitions in one transaction, for each costs the database a round trip for every statement."""
        began = time.perf_counter()
        applied = await self._writer.write(connection, parts)
        self._newest = max(entries[-1][1].timestamp for _, entries in parts) / 1000
        self._applied.add(applied)
        self._batches.observe(time.perf_counter() - began)
        async with self._moved:
            self._moved.notify_all()
