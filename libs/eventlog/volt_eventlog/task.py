"""One task of a decider: a partition number of all its inputs, owned by whoever holds its transactional id."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime
from typing import Any

from aiokafka.errors import IllegalOperation, KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from volt_contracts.topics import Topic
from volt_eventlog.batch import Batch, StateTooLarge
from volt_eventlog.catching_up import Slice, next_slice
from volt_eventlog.checkpoints import Checkpoints, Part
from volt_eventlog.decider import Decider, Tables
from volt_eventlog.fold import SnapshotCodec
from volt_eventlog.intake import Intake
from volt_eventlog.kafka import Kafka, close_producer
from volt_eventlog.keys import Keys
from volt_eventlog.pace import Pace
from volt_eventlog.restore import restore
from volt_eventlog.runner_clock import RunnerClock
from volt_eventlog.stats import DeciderStats
from volt_eventlog.transaction import Outbox, Place, transact
from volt_runtime.log import logger
from volt_runtime.run import StartError

BATCH_RECORDS = 500
BUSY_RECORDS = 200
PAUSE_ABOVE = 4000
RESUME_BELOW = 1000
PACE = Pace(0.1, 0.005, 0.25)
"""Between two transactions: each costs client and broker more than a millisecond."""
COMMIT_IDLE_S = 2.0
"""Offsets of inputs that had no effect are committed at most so often."""
RETRY_S = 0.5
STOP_S = 5.0
LAST_CHECKPOINT_S = 2.0
"""Together less than a supervisor waits before it kills."""


class NoOffset(StartError):
    """An input has no committed offset: never given a start, or expired. Guessing one would lose facts."""


class Task:
    """Runs the batches of one (decider, partition). The host feeds `intake` and owns the consumer."""

    def __init__(
        self,
        decider: Decider,
        kafka: Kafka,
        snapshots: SnapshotCodec,
        partition: int,
        partitions: dict[str, int],
        consumer: Any,
        tables: Tables,
        stats: DeciderStats,
        min_interval_s: float,
        checkpoint_s: float,
    ) -> None:
        self.decider = decider
        self.partition = partition
        self._kafka = kafka
        self._snapshots = snapshots
        self._partitions = partitions
        self._consumer = consumer
        self._tables = tables
        self._stats = stats
        self._pace = PACE.at_least(min_interval_s)
        self._checkpoint_s = checkpoint_s
        self._topics = {topic.name: topic for topic in decider.inputs}
        self._places = {name: TopicPartition(kafka.name(name), partition) for name in self._topics}
        self.intake = Intake(list(self._topics))
        self._arrived = asyncio.Event()
        self._assigned = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._producer: Any = None
        self._keys: Keys | None = None
        self._checkpoints: Checkpoints | None = None
        self._whole = False
        self._condemned: dict[str, str] = {}
        self._clock = RunnerClock(consumer, self._places, self.intake)
        self._last_commit = 0.0
        self._last_size = 0
        self._committed: dict[str, int] = {}
        self._log = logger(f"decider.{decider.lane}")
        self.paused = True
        self.flowing = False

    # Assignment: the host's rebalance callbacks only call these two, which return at once.

    def assign(self) -> None:
        """The partition is ours from now on; `run` takes it over or goes on with what is still warm."""
        self.paused = True
        self.flowing = False
        self._assigned.set()
        self._arrived.set()

    def revoke(self) -> None:
        """The partition may belong to somebody else soon. The batch under way ends; producer and state stay warm."""
        self._assigned.clear()
        self.flowing = False
        self._arrived.set()

    def feed(self, topic: str, records: list[Any]) -> None:
        """Records of one input, as they were fetched."""
        if self.flowing:
            self.intake.add(topic, records)
            self._arrived.set()

    async def run(self) -> None:
        """Work whenever the partition is assigned, for as long as the process lives."""
        while True:
            await self._assigned.wait()
            try:
                if self._producer is None:
                    await self._take_over()
                else:
                    self._flow(dict(self.intake.positions))
                while self._assigned.is_set() and self.flowing:
                    self._idle.clear()
                    try:
                        await self._step()
                    finally:
                        self._idle.set()
            except (KafkaError, IllegalOperation, TimeoutError, ConnectionError) as wrong:
                self._log.warning(f"partition {self.partition} has to be taken over again: {wrong!r}")
                await self.discard()
                await asyncio.sleep(RETRY_S)

    async def drain(self) -> None:
        """Let the batch under way end and start no other."""
        self.revoke()
        await self._idle.wait()

    async def stop(self) -> None:
        """Give the transactional id back in good order, and leave no events that the next owner has to fold."""
        if self._producer is not None:
            await self._last_checkpoint()
            producer, self._producer = self._producer, None
            await close_producer(producer, STOP_S)

    async def discard(self) -> None:
        """Forget everything: after a fence or an error neither producer nor state can be trusted."""
        self.flowing = False
        self._pause()
        self._keys = None
        self._checkpoints = None
        await self.stop()

    def ready(self) -> bool:
        """Whether it is not ours, or ours and taken over."""
        return not self._assigned.is_set() or (self._keys is not None and self._whole)

    def behind_s(self) -> float:
        """How long the oldest record waits."""
        oldest = self.intake.oldest_at()
        return 0.0 if oldest is None else max(0.0, (datetime.now(UTC) - oldest).total_seconds())

    async def _take_over(self) -> None:
        """In this order: fence, restore, read the offsets anew, seek, resume (runners: take-over)."""
        self._pause()
        producer = self._kafka.producer(transactional_id=f"{self.decider.lane}.{self.partition}")
        self._producer = producer
        await producer.start()
        restored = await restore(self._kafka, self.decider, self._snapshots, self.partition)
        self._stats.restored(restored.seconds, len(restored.states))
        positions = {}
        for name, place in self._places.items():
            offset = await self._consumer.committed(place)
            if offset is None:
                raise NoOffset(f"{self.decider.lane} has no committed offset for {place.topic}-{place.partition}")
            positions[name] = offset
        self._keys = Keys(self.decider, restored.states, datetime.now(UTC), restored.sizes)
        waiting = restored.waiting, time.monotonic()
        self._checkpoints = Checkpoints(self._snapshots, self._keys, restored.until, self._checkpoint_s, *waiting)
        self._whole = not restored.rebuilt
        self._clock.reset()
        self._committed = dict(positions)
        if restored.rebuilt:
            self._log.info(f"partition {self.partition} was folded anew from its events", keys=len(restored.states))
            await self._write_anew(positions)
            self._whole = True
        self.intake.reset(positions)
        if self._assigned.is_set():
            self._flow(positions)

    async def _write_anew(self, positions: dict[str, int]) -> None:
        """After a rebuild: every snapshot and every public row, in parts that a transaction can carry."""
        assert self._checkpoints is not None
        part: Part | None = None
        while part is None or not part.last:
            batch = self._batch(positions)
            if part is None:
                batch.mark_rebuilding(finished=False)
            part = self._checkpoints.part()
            for key in part.sizes:
                batch.publish_anew(key)
            part.add_to(batch.outbox, *self._place_of(self.decider.state))
            if part.last:
                batch.mark_rebuilding(finished=True)
            await self._commit(batch)
            self._checkpoints.saved(part)
            part.report(self._log)

    def _flow(self, positions: dict[str, int]) -> None:
        self.intake.reset(positions)
        for name, place in self._places.items():
            self._consumer.seek(place, positions[name])
        self.flowing = True
        self._resume()

    def _pause(self) -> None:
        self.paused = True
        assigned = self._consumer.assignment()
        self._consumer.pause(*(place for place in self._places.values() if place in assigned))

    def _resume(self) -> None:
        self.paused = False
        assigned = self._consumer.assignment()
        self._consumer.resume(*(place for place in self._places.values() if place in assigned))

    def throttle(self) -> None:
        """Fetch no more while enough waits, so that memory stays bounded and no record is fetched twice."""
        if not self.paused and self.intake.size > PAUSE_ABOVE:
            self._pause()
        elif self.paused and self.flowing and self.intake.size < RESUME_BELOW:
            self._resume()

    async def _step(self) -> None:
        await self._wait()
        if not self._assigned.is_set() or not self.flowing:
            return
        assert self._keys is not None
        assert self._checkpoints is not None
        began = time.perf_counter()
        condemned: dict[str, str] = {}
        if self._is_idle():
            await self._pass_markers()
        positions = dict(self.intake.positions)
        records = self.intake.take(BATCH_RECORDS)
        slices = [
            await next_slice(self._kafka, self.decider, key, parked, positions, self.partition)
            for key, parked in self._keys.catching_up()
        ]
        now = await self._clock.now()
        ready = [] if now is None else self._keys.timers.pop(now)
        while True:
            try:
                batch = self._decide(records, slices, positions, ready, now)
                break
            except StateTooLarge as large:
                condemned[large.key] = str(large)
                self._condemned = condemned
        self._condemned = {}
        written = batch.outbox.count > 0 or self._commit_is_due(batch)
        if written:
            await self._commit(batch)
            self._last_size = len(records)
        else:
            batch.spans.finish(None)
        self._keys.commit(batch.changed, batch.published, batch.inputs, batch.woken, batch.sizes)
        self.intake.positions = batch.positions
        if written:
            self._stats.batch(batch, time.perf_counter() - began)
        self._report(batch)
        if self._checkpoints.rest_s(time.monotonic()) == 0:
            await self._checkpoint()

    def _decide(
        self,
        records: list[tuple[str, Any]],
        slices: list[Slice],
        positions: dict[str, int],
        ready: list[str],
        now: datetime | None,
    ) -> Batch:
        assert self._keys is not None
        batch = self._batch(positions)
        for piece in slices:
            batch.catch_up(piece)
        for name, record in records:
            batch.take(self._topics[name], record)
        if now is not None:
            for key in ready:
                batch.wake(key, now)
        batch.close()
        return batch

    def _batch(self, positions: dict[str, int]) -> Batch:
        assert self._keys is not None
        return Batch(
            self.decider,
            self._kafka,
            self._snapshots,
            self._keys,
            self._tables,
            self.partition,
            self._partitions,
            self._condemned,
            dict(positions),
        )

    async def _commit(self, batch: Batch) -> None:
        assert self._checkpoints is not None
        offsets = {self._places[name]: OffsetAndMetadata(offset, "") for name, offset in batch.positions.items()}
        batch.spans.sending(batch.outbox.count)
        try:
            ends = await transact(self._producer, batch.outbox, offsets, self._kafka.group(self.decider.lane))
        except BaseException as failure:
            batch.spans.finish(failure)
            raise
        batch.spans.finish(None)
        self._last_commit = time.monotonic()
        self._committed = dict(batch.positions)
        end = ends.get(self._place_of(self.decider.events))
        if end is not None:  # first of all: a failure between this and the states would make snapshots wrong
            self._checkpoints.passed(batch.changed, end, self._last_commit)

    async def _checkpoint(self) -> None:
        """Write the snapshots that have waited longest. It does not count for the pacing: no batch waits for it."""
        assert self._checkpoints is not None
        began = time.perf_counter()
        part, outbox = self._checkpoints.part(), Outbox()
        part.add_to(outbox, *self._place_of(self.decider.state))
        await transact(self._producer, outbox)
        self._checkpoints.saved(part)
        self._stats.checkpoint(len(part.sizes), time.perf_counter() - began)
        part.report(self._log)

    async def _last_checkpoint(self) -> None:
        """Write all snapshots that wait, unless this task is the owner no more or the broker is away."""
        if self._checkpoints is None or not self._whole:
            return
        try:
            async with asyncio.timeout(LAST_CHECKPOINT_S):
                while self._checkpoints.waiting:
                    await self._checkpoint()
        except (KafkaError, IllegalOperation, TimeoutError, ConnectionError) as wrong:
            self._log.info(f"partition {self.partition} is left with events behind its checkpoint: {wrong!r}")

    def _place_of(self, topic: Topic) -> Place:
        return self._kafka.name(topic), self.partition

    def _commit_is_due(self, batch: Batch) -> bool:
        return batch.positions != self._committed and time.monotonic() - self._last_commit > COMMIT_IDLE_S

    def _is_idle(self) -> bool:
        return not self.intake.size and time.monotonic() - self._last_commit > COMMIT_IDLE_S

    async def _pass_markers(self) -> None:
        """Go past what is behind the last record and is none: the markers of transactions.

        Otherwise a partition that is quiet until its records have expired begins behind the committed offset, and it
        would look as if facts had expired unread.
        """
        assigned = self._consumer.assignment()
        for name, place in self._places.items():
            if place in assigned:
                reached = await self._consumer.position(place)
                if not self.intake.waits(name):
                    self.intake.positions[name] = max(reached, self.intake.positions[name])

    async def _wait(self) -> None:
        """Until there is something to do, and not sooner after the last transaction than the pacing allows."""
        assert self._keys is not None
        if not self.intake.size and not self._keys.catching_up():
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience()):
                    await self._arrived.wait()
        rest = self._last_commit + self._pace.rest_s(self._last_size) - time.monotonic()
        if rest > 0 and self._assigned.is_set() and not self._urgent():
            await asyncio.sleep(rest)

    def _urgent(self) -> bool:
        commands = self.decider.commands
        return self.intake.size >= BUSY_RECORDS or (commands is not None and self.intake.waits(commands.name))

    def _patience(self) -> float:
        assert self._keys is not None
        assert self._checkpoints is not None
        patience = min(COMMIT_IDLE_S, self._checkpoints.rest_s(time.monotonic()))
        next_at = self._keys.timers.next_at()
        if next_at is None:
            return patience
        return min(patience, max(0.05, (next_at - datetime.now(UTC)).total_seconds()))

    def _report(self, batch: Batch) -> None:
        for key, why in batch.parked:
            self._log.error(f"{key} is parked until it is released", key=key, why=why)
