"""Runs deciders in a process: one consumer and group for each, its partitions dealt out to tasks."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka import ConsumerRebalanceListener
from aiokafka.errors import (
    ConsumerStoppedError,
    KafkaConnectionError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from aiokafka.structs import TopicPartition

from volt_contracts.topics import Topic
from volt_eventlog.checkpoints import CHECKPOINT_S
from volt_eventlog.decider import Decider
from volt_eventlog.fold import SnapshotCodec
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import partitions
from volt_eventlog.stats import DeciderStats
from volt_eventlog.table import TableSet
from volt_eventlog.task import PACE, Task
from volt_runtime.ending import end
from volt_runtime.log import logger
from volt_runtime.metrics import Metrics
from volt_runtime.run import Runtime, StartError

FETCH_PAUSE_S = 0.02
"""Between two polls that brought something: what comes meanwhile is fetched in one request."""


async def run_deciders(
    rt: Runtime[Any],
    deciders: Sequence[Decider],
    kafka: Kafka,
    *,
    min_interval_s: float = PACE.least_s,
    checkpoint_s: float = CHECKPOINT_S,
) -> None:
    """Run the deciders until the process is asked to stop.

    Raises:
        StartError: topics are missing, or an input has no committed offset.
    """
    needed = tuple({topic.name: topic for decider in deciders for topic in decider.tables}.values())
    tables = TableSet(kafka, needed)
    hosts = [Host(decider, kafka, tables, rt.metrics, min_interval_s, checkpoint_s) for decider in deciders]
    for host in hosts:
        rt.readiness.add(host.decider.lane, host.not_ready)
    try:
        await tables.start()
        rt.create_task(tables.watch(), "tables")
        for host in hosts:
            await host.start()
            rt.create_task(host.run(), host.decider.lane)
        await rt.stopping.wait()
    except KafkaConnectionError as away:
        raise StartError(f"Kafka cannot be reached at {kafka.bootstrap}") from away
    finally:
        await asyncio.gather(*(host.stop() for host in hosts))
        await tables.stop()


class Host(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """One decider in this process: polls its inputs, and keeps a task for every partition it was ever given."""

    def __init__(
        self,
        decider: Decider,
        kafka: Kafka,
        tables: TableSet,
        metrics: Metrics,
        min_interval_s: float,
        checkpoint_s: float,
    ) -> None:
        self.decider = decider
        self._kafka = kafka
        self._tables = tables
        self._min_interval_s = min_interval_s
        self._checkpoint_s = checkpoint_s
        self._stats = DeciderStats(metrics, decider.lane)
        self._stats.lag(lambda: max((task.behind_s() for task in self._tasks.values()), default=0.0))
        self._snapshots = SnapshotCodec(decider)
        self._consumer: Any = None
        self._tasks: dict[int, Task] = {}
        self._running: dict[int, asyncio.Task[None]] = {}
        self._partitions: dict[str, int] = {}
        self._inputs = {kafka.name(topic): topic for topic in decider.inputs}
        self._joined = False
        self._stopped = False
        self._log = logger(f"decider.{decider.lane}")

    async def start(self) -> None:
        """Learn the partition counts and join the group.

        Raises:
            StartError: a topic is missing, or the inputs' partition counts differ.
        """
        self._consumer = self._kafka.consumer(group=self._kafka.group(self.decider.lane))
        await self._consumer.start()
        await self._learn_partitions()
        self._consumer.subscribe(topics=list(self._inputs), listener=self)

    async def run(self) -> None:
        """Poll for as long as the process lives; ends with the error of a task that cannot go on."""
        while not self._stopped:
            for failed in [task for task in self._running.values() if task.done()]:
                failed.result()
            try:
                fetched = await self._consumer.getmany(timeout_ms=100)
            except (NoOffsetForPartitionError, OffsetOutOfRangeError) as wrong:
                sentence = f"{self.decider.lane} has no usable offset: {wrong}; facts may have expired unread"
                raise StartError(sentence) from wrong
            except ConsumerStoppedError:
                return
            except KafkaError as wrong:
                self._log.warning(f"polling failed: {wrong!r}")
                await asyncio.sleep(0.5)
                continue
            for place, records in fetched.items():
                task = self._tasks.get(place.partition)
                if task is not None:
                    task.feed(self._inputs[place.topic].name, records)
            for task in self._tasks.values():
                task.throttle()
            if fetched:
                await asyncio.sleep(FETCH_PAUSE_S)

    async def stop(self) -> None:
        """End the batches under way, give up the transactional ids, leave the group."""
        self._stopped = True
        await asyncio.gather(*(task.drain() for task in self._tasks.values()))
        await end(*self._running.values())
        await asyncio.gather(*(task.stop() for task in self._tasks.values()))
        if self._consumer is not None:
            await self._consumer.stop()

    def not_ready(self) -> str | None:
        """Why this decider does not work yet."""
        if not self._joined:
            return "has not joined its group"
        waiting = [number for number, task in self._tasks.items() if not task.ready()]
        return f"restores partitions {waiting}" if waiting else None

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Only signal: aiokafka sends no heartbeats while this runs."""
        for number in {place.partition for place in revoked}:
            self._tasks[number].revoke()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Only pause and signal."""
        places = list(assigned)
        self._consumer.pause(*places)
        for number in sorted({place.partition for place in places}):
            if number not in self._tasks:
                self._start_task(number)
            self._tasks[number].assign()
        self._joined = True

    def _start_task(self, number: int) -> None:
        task = Task(
            self.decider,
            self._kafka,
            self._snapshots,
            number,
            self._partitions,
            self._consumer,
            self._tables,
            self._stats,
            self._min_interval_s,
            self._checkpoint_s,
        )
        self._tasks[number] = task
        self._running[number] = asyncio.create_task(task.run(), name=f"{self.decider.lane}.{number}")

    async def _learn_partitions(self) -> None:
        for topic in (*self.decider.inputs, self.decider.events, self.decider.state, *self.decider.writes):
            self._partitions[topic.name] = await self._count(topic)
        shared = {topic.name: self._partitions[topic.name] for topic in (*self.decider.inputs, self.decider.events)}
        if len(set(shared.values())) != 1:
            raise StartError(f"the inputs and events of {self.decider.lane} differ in partitions: {shared}")

    async def _count(self, topic: Topic) -> int:
        found = len(await partitions(self._consumer, self._kafka.name(topic)))
        if not found:
            raise StartError(f"there is no topic {self._kafka.name(topic)}; run `voltlog topics create` first")
        return found
