"""A public compacted topic in memory: raw bytes by key, decoded when asked for."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from typing import Any

from volt_contracts import codec
from volt_contracts.topics import Topic
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import partitions, require_topic, stable_bounds
from volt_eventlog.records import type_of
from volt_runtime.ending import end
from volt_runtime.log import logger

Follower = Callable[[str, Any | None], None]


class Table:
    """The latest row of every key. `start` returns when the read-committed end at that moment has been reached."""

    def __init__(self, kafka: Kafka, topic: Topic) -> None:
        self._kafka = kafka
        self.topic = topic
        self._rows: dict[str, tuple[str, bytes]] = {}
        self._decoded: dict[str, Any] = {}
        self._followers: list[Follower] = []
        self._consumer: Any = None
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._log = logger("table")

    def ready(self) -> bool:
        """Whether the end at start has been reached."""
        return self._ready.is_set()

    def get(self, key: str) -> Any | None:
        """The row of `key`, or None."""
        row = self._decoded.get(key)
        if row is None and key in self._rows:
            tag, value = self._rows[key]
            try:
                row = self._decoded[key] = codec.decode(self.topic, tag, value)
            except (codec.Undecodable, codec.UnknownType) as wrong:
                self._log.error(f"{self.topic.name}: the row of {key} cannot be read: {wrong}")
                del self._rows[key]
        return row

    def keys(self) -> Iterator[str]:
        """The keys that have a row."""
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def follow(self, follower: Follower) -> None:
        """Call back with every row there is, and with each change from now on (None: erased)."""
        self._followers.append(follower)
        for key in list(self._rows):
            follower(key, self.get(key))

    async def start(self) -> None:
        """Load the topic and go on following it.

        Raises:
            KafkaError: the broker cannot be reached.
        """
        self._consumer = self._kafka.consumer(max_partition_fetch_bytes=4 << 20)
        await self._consumer.start()
        places = await partitions(self._consumer, self._kafka.name(self.topic))
        require_topic(places, self._kafka.name(self.topic))
        bounds = await stable_bounds(self._consumer, places)
        self._consumer.assign(places)
        for place, (first, _) in bounds.items():
            self._consumer.seek(place, first)
        missing = {place: end for place, (first, end) in bounds.items() if first < end}
        self._task = asyncio.create_task(self._run(missing), name=f"table {self.topic.name}")
        waiter = asyncio.create_task(self._ready.wait())
        await asyncio.wait({waiter, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            waiter.cancel()
            self._task.result()
        gc.freeze()

    async def stop(self) -> None:
        """Follow no longer."""
        if self._task is not None:
            await end(self._task)
        if self._consumer is not None:
            await self._consumer.stop()

    async def watch(self) -> None:
        """Wait for as long as the table is followed; raises what ended that."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def _run(self, missing: dict[Any, int]) -> None:
        if not missing:
            self._ready.set()
        while True:
            for records in (await self._consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    self._apply(record)
            for place in [one for one, until in missing.items() if await self._consumer.position(one) >= until]:
                del missing[place]
            if not missing:
                self._ready.set()

    def _apply(self, record: Any) -> None:
        key = record.key.decode()
        self._decoded.pop(key, None)
        if record.value is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = (type_of(record) or "", record.value)
        for follower in self._followers:
            follower(key, self.get(key))


class TableSet:
    """The tables of a process, looked up by topic."""

    def __init__(self, kafka: Kafka, topics: tuple[Topic, ...]) -> None:
        self._tables = {topic.name: Table(kafka, topic) for topic in topics}

    async def start(self) -> None:
        """Load all of them."""
        await asyncio.gather(*(table.start() for table in self._tables.values()))

    async def stop(self) -> None:
        """Follow none any longer."""
        await asyncio.gather(*(table.stop() for table in self._tables.values()))

    async def watch(self) -> None:
        """Wait until one of them fails, and raise that."""
        if self._tables:
            await asyncio.gather(*(table.watch() for table in self._tables.values()))
        else:
            await asyncio.Event().wait()

    def get(self, topic: Topic, key: str) -> Any | None:
        """The row of `key` in `topic`, or None."""
        return self._tables[topic.name].get(key)

    def __getitem__(self, topic: Topic) -> Table:
        return self._tables[topic.name]
