"""A batch of the tally decider is worked on without Kafka: fetched records go in, what would be written comes out."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from unit.eventlog.tally import EVENTS, ROWS, STATE, TALLY, TOPICS

from volt_contracts import codec
from volt_contracts.envelope import Header
from volt_contracts.ids import derive
from volt_contracts.message import Command
from volt_contracts.topics import Topic
from volt_eventlog.batch import Batch
from volt_eventlog.catching_up import Slice
from volt_eventlog.checkpoints import Checkpoints
from volt_eventlog.decider import Decider
from volt_eventlog.fold import CHECKPOINT, Kept, SnapshotCodec
from volt_eventlog.kafka import Kafka
from volt_eventlog.keys import Keys
from volt_eventlog.records import headers_of, message_of
from volt_eventlog.transaction import Outbox

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PREFIX = "p."


@dataclass(frozen=True)
class Fetched:
    """A record as the consumer hands it out."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


@dataclass(frozen=True)
class Written:
    """A record as the producer got it."""

    topic: str
    partition: int
    key: str
    value: bytes | None
    headers: dict[str, bytes]
    offset: int = 0

    @property
    def tag(self) -> str:
        """Its type."""
        return self.headers["ce_type"].decode()

    @property
    def id(self) -> str:
        """Its id."""
        return self.headers["ce_id"].decode()


class NoTables:
    """A decider that looks nothing up."""

    def get(self, topic: Topic, key: str) -> Any | None:
        """Nothing is there."""
        return None


class _Part:
    """One producer batch; `room` records fit in it."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.records: list[tuple[bytes, bytes | None, list[Header]]] = []

    def append(self, *, timestamp: int | None, key: bytes, value: bytes | None, headers: list[Header]) -> object | None:
        """Take a record, or answer None when the batch is full."""
        if len(self.records) == self.room:
            return None
        self.records.append((key, value, headers))
        return object()


@dataclass(frozen=True)
class Place:
    """Where a batch is in its partition."""

    offset: int


@dataclass
class Collector:
    """Stands where the transactional producer would, and takes everything."""

    room: int = 1000
    sent: list[Written] = field(default_factory=list)
    batches: int = 0
    ends: dict[tuple[str, int], int] = field(default_factory=dict)

    def create_batch(self) -> _Part:
        """An empty batch."""
        return _Part(self.room)

    async def send_batch(self, part: _Part, topic: str, *, partition: int) -> asyncio.Future[Place]:
        """Write it, acknowledged at once."""
        self.batches += 1
        first = self.ends.get((topic, partition), 0)
        self.ends[(topic, partition)] = first + len(part.records)
        for offset, (key, value, headers) in enumerate(part.records, first):
            self.sent.append(Written(topic, partition, key.decode(), value, dict(headers), offset))
        acknowledged: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        acknowledged.set_result(Place(first))
        return acknowledged


@dataclass
class Desk:
    """One task's surroundings: its keys as of the last commit, and the offsets reached."""

    decider: Decider = TALLY
    states: dict[str, Kept] = field(default_factory=dict)
    restored_at: datetime = NOON
    positions: dict[str, int] = field(default_factory=dict)
    now: datetime = NOON
    written: list[Written] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kafka = Kafka("127.0.0.1:1", prefix=PREFIX)
        self.snapshots = SnapshotCodec(self.decider)
        self.keys = Keys(self.decider, dict(self.states), self.restored_at)
        self.checkpoints = Checkpoints(self.snapshots, self.keys, 0, 5.0, {}, 0.0)
        self.log = Collector()
        self.positions = {topic.name: 0 for topic in self.decider.inputs} | self.positions

    def fact(
        self,
        body: msgspec.Struct | bytes,
        *,
        topic: Topic,
        key: str = "t/a",
        id: str = "",
        headers: list[Header] | None = None,
        traceparent: bytes | None = None,
    ) -> tuple[Topic, Fetched]:
        """The next record of a topic, appended a second after the one before."""
        self.now += timedelta(seconds=1)
        offset = self.positions[topic.name]
        self.positions[topic.name] = offset + 1
        kind = topic.types[0] if isinstance(body, bytes) else type(body)
        record_id = id or derive("tests", f"{topic.name}/{offset}")
        made = headers_of(
            kind,
            id=record_id,
            source=b"/test",
            subject=key.encode(),
            time=self.now,
            command_id=record_id if isinstance(body, Command) else None,
            traceparent=traceparent,
        )
        value = body if isinstance(body, bytes) else codec.encode(body)
        at = int(self.now.timestamp() * 1000)
        return topic, Fetched(PREFIX + topic.name, 0, offset, at, key.encode(), value, headers or made)

    def batch(self, condemned: Mapping[str, str] | None = None) -> Batch:
        """An empty batch on the committed states, at the offsets that were reached."""
        return Batch(
            self.decider,
            self.kafka,
            self.snapshots,
            self.keys,
            NoTables(),
            0,
            {topic.name: 1 if topic.scale == "single" else 6 for topic in TOPICS},
            condemned or {},
            dict(self.positions),
        )

    def slice(self, key: str, records: Sequence[tuple[Topic, Fetched]], rest: dict[str, int] | None = None) -> Slice:
        """What a released key missed; `rest` says where a further slice begins."""
        messages = [message_of(topic, record, self.decider.lane) for topic, record in records]
        return Slice(key, messages, rest or dict(self.positions), last=rest is None)

    async def work(self, *records: tuple[Topic, Fetched]) -> list[Written]:
        """Decide on these records in one batch and commit it; what it wrote."""
        batch = self.batch()
        for topic, record in records:
            batch.take(topic, record)
        return await self.commit(batch)

    async def commit(self, batch: Batch) -> list[Written]:
        """Close, write and commit a batch; what it wrote."""
        batch.close()
        ends = await batch.outbox.send(self.log)
        end = ends.get((PREFIX + self.decider.events.name, 0))
        if end is not None:
            self.checkpoints.passed(batch.changed, end, 0.0)
        self.keys.commit(batch.changed, batch.published, batch.inputs, batch.woken, batch.sizes)
        return self._written()

    async def checkpoint(self) -> list[Written]:
        """Write the snapshots that wait, as far as one transaction carries them; what it wrote."""
        part, outbox = self.checkpoints.part(), Outbox()
        part.add_to(outbox, PREFIX + self.decider.state.name, 0)
        await outbox.send(self.log)
        self.checkpoints.saved(part)
        return self._written()

    def _written(self) -> list[Written]:
        """What the log has since it was last looked at."""
        sent = self.log.sent[len(self.written) :]
        self.written += sent
        return sent


async def outputs(batch: Batch) -> list[Written]:
    """What a batch would write."""
    collector = Collector()
    await batch.outbox.send(collector)
    return collector.sent


def events(written: Sequence[Written]) -> list[Any]:
    """The decider's own events, decoded."""
    return [codec.decode(EVENTS, w.tag, w.value or b"") for w in of(written, EVENTS)]


def of(written: Sequence[Written], topic: Topic) -> list[Written]:
    """What goes to one topic."""
    return [one for one in written if one.topic == PREFIX + topic.name]


def rows(written: Sequence[Written]) -> list[Any]:
    """The public rows, decoded; None is a tombstone."""
    return [None if w.value is None else codec.decode(ROWS, w.tag, w.value) for w in of(written, ROWS)]


def snapshots(written: Sequence[Written]) -> dict[str, bytes | None]:
    """The snapshots by key."""
    return {one.key: one.value for one in of(written, STATE) if one.key != CHECKPOINT}
