"""Append with an acknowledgement for each record: records that arrive together share a request, and a batch each
partition.

A record that comes alone goes out at once. After it there is a pause that grows with what was sent (`Pace`), so that a
busy gateway makes a request of some ten records rather than ten requests.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from aiokafka.errors import IllegalOperation, KafkaError

from volt_contracts.envelope import Header
from volt_contracts.topics import Topic
from volt_eventlog.kafka import Kafka, close_producer
from volt_eventlog.message import Position
from volt_eventlog.pace import Pace
from volt_eventlog.partition import partition_of
from volt_eventlog.sizes import check_size
from volt_runtime.ending import end
from volt_runtime.log import logger

PACE = Pace(0.0, 0.0005, 0.01)
"""Between two requests: nothing waits as long as records come one by one."""
ENOUGH = 32
"""Records that are not kept waiting for more."""
PROBE_S = 2.0
CLOSE_S = 30.0


class AppendFailed(Exception):
    """The broker did not acknowledge the record. It may still land: whoever sends it again must be deduplicated."""


OnAck = Callable[[int, BaseException | None], None]
"""Called with the record's offset, or with -1 and what went wrong."""


class _Lane:
    """One partition: the batch that is on its way, and the one that is being filled meanwhile."""

    __slots__ = ("busy", "name", "partition", "waiting")

    def __init__(self, name: str, partition: int) -> None:
        self.name = name
        self.partition = partition
        self.busy = False
        self.waiting: list[tuple[bytes | None, bytes | None, list[Header], OnAck]] = []


class Appender:
    """Appends records, durably: `acks=all`, idempotent, at most one batch in flight per partition."""

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self._producer: Any = None
        self._lanes: dict[tuple[str, int], _Lane] = {}
        self._partitions: dict[str, int] = {}
        self._sending: dict[int, float] = {}
        self._next_send = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready: dict[_Lane, None] = {}
        self._gathered = 0
        self._rest_until = 0.0
        self._timer: asyncio.Handle | None = None
        self._hurried = False
        self._prober: asyncio.Task[None] | None = None
        self._unreachable_since: float | None = None
        self._log = logger("appender")
        self._replacing = asyncio.Lock()

    async def start(self) -> None:
        """Connect.

        Raises:
            KafkaError: no broker can be reached.
        """
        self._producer = self._kafka.producer()
        await self._producer.start()
        self._prober = asyncio.create_task(self._probe(), name="appender probe")

    async def stop(self) -> None:
        """Send what waits, then disconnect."""
        if self._prober is not None:
            await end(self._prober)
        while self._tasks or self._ready:
            self._flush()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._producer.stop()

    @property
    def failing_since(self) -> float | None:
        """Monotonic time since when the broker has not acknowledged anything that it was sent, or None."""
        oldest = min(self._sending.values(), default=None)
        if self._unreachable_since is not None:
            return self._unreachable_since if oldest is None else min(oldest, self._unreachable_since)
        return oldest if oldest is not None and time.monotonic() - oldest > PROBE_S else None

    async def know(self, topic: Topic) -> int:
        """Learn the topic's partition count, so that `append` needs not wait for it."""
        name = self._kafka.name(topic)
        if name not in self._partitions:
            self._partitions[name] = len(await self._producer.partitions_for(name))
        return self._partitions[name]

    def partition_of(self, topic: Topic, key: str) -> int:
        """The partition that `key` belongs to; the topic must be known (`know`)."""
        return partition_of(key, self._partitions[self._kafka.name(topic)])

    def append(
        self, topic: Topic, key: str, value: bytes | None, headers: list[Header], partition: int | None = None
    ) -> asyncio.Future[Position]:
        """Append one record; the future holds its position once it is durable.

        Raises:
            TooLarge: key, value and headers together exceed 900 KiB.
        """
        future: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        name = self._kafka.name(topic)
        if partition is None:
            partition = partition_of(key, self._partitions[name])
        place = partition

        def on_ack(offset: int, error: BaseException | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(Position(topic.name, place, offset))
            else:
                future.set_exception(error)

        self.append_with(topic, key.encode(), value, headers, partition, on_ack)
        return future

    def append_with(
        self, topic: Topic, key: bytes, value: bytes | None, headers: list[Header], partition: int, on_ack: OnAck
    ) -> None:
        """Append one record and be called back: no future and no turn of the loop for each record.

        Raises:
            TooLarge: key, value and headers together exceed 900 KiB.
        """
        check_size(topic.name, key, value, headers)
        lane = self._lanes.get((topic.name, partition))
        if lane is None:
            lane = self._lanes[(topic.name, partition)] = _Lane(self._kafka.name(topic), partition)
        lane.waiting.append((key, value, headers, on_ack))
        if not lane.busy:
            self._ready[lane] = None
            self._gathered += 1
            self._schedule()

    def _schedule(self) -> None:
        """Send what is ready: at once when the pause is over or enough has come, else when the pause is over."""
        enough = self._gathered >= ENOUGH
        if self._timer is not None:
            if self._hurried or not enough:
                return
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        rest = 0.0 if enough else self._rest_until - loop.time()
        self._hurried = rest <= 0.0
        self._timer = loop.call_soon(self._flush) if self._hurried else loop.call_later(rest, self._flush)

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._rest_until = loop.time() + PACE.rest_s(self._gathered)
        self._gathered = 0
        for lane in self._ready:
            lane.busy = True
            task = loop.create_task(self._drain(lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._ready.clear()

    async def _drain(self, lane: _Lane) -> None:
        try:
            await self._send(lane)
        finally:
            lane.busy = False
            if lane.waiting:
                self._ready[lane] = None
                self._gathered += len(lane.waiting)
                self._schedule()

    async def _send(self, lane: _Lane) -> None:
        waiting, lane.waiting = lane.waiting, []
        producer = self._producer
        batch = producer.create_batch()
        taken = 0
        for key, value, headers, _ in waiting:
            if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
                break
            taken += 1
        lane.waiting[:0] = waiting[taken:]
        number, self._next_send = self._next_send, self._next_send + 1
        self._sending[number] = time.monotonic()
        try:
            sent = await producer.send_batch(batch, lane.name, partition=lane.partition)
            metadata = await sent
        except (KafkaError, IllegalOperation) as wrong:
            await self._replace(producer, wrong)
            failure = AppendFailed(f"{lane.name}-{lane.partition}: {wrong!r}")
            for _, _, _, on_ack in waiting[:taken]:
                on_ack(-1, failure)
        else:
            self._unreachable_since = None
            for offset, (_, _, _, on_ack) in enumerate(waiting[:taken], metadata.offset):
                on_ack(offset, None)
        finally:
            del self._sending[number]

    async def _replace(self, producer: Any, wrong: Exception) -> None:
        """After a batch that did not get through, a producer's sequence numbers cannot be trusted any more."""
        async with self._replacing:
            if self._producer is not producer:
                return
            self._log.warning(f"the broker did not take a batch: {wrong!r}; connecting anew")
            fresh = self._kafka.producer()
            while True:
                try:
                    await fresh.start()
                    break
                except KafkaError:
                    self._unreachable_since = self._unreachable_since or time.monotonic()
                    await fresh.stop()
                    fresh = self._kafka.producer()
                    await asyncio.sleep(0.2)
            self._producer = fresh
            closing = asyncio.get_running_loop().create_task(_close(producer))
            self._tasks.add(closing)
            closing.add_done_callback(self._tasks.discard)

    async def _probe(self) -> None:
        """While nothing is on its way, nobody would notice that the broker is gone."""
        while True:
            await asyncio.sleep(PROBE_S)
            if self._sending:
                continue
            if await self._reachable():
                self._unreachable_since = None
            elif self._unreachable_since is None:
                self._unreachable_since = time.monotonic()

    async def _reachable(self) -> bool:
        try:
            async with asyncio.timeout(PROBE_S):
                return bool(await self._producer.client.force_metadata_update())
        except (TimeoutError, KafkaError):
            return False


async def _close(producer: Any) -> None:
    trouble = await close_producer(producer, CLOSE_S)
    if trouble is not None:
        logger("appender").warning(f"a replaced producer did not close in good order: {trouble}")
