"""A decider run by the runner's own batches in memory: everything that a task does but talk to Kafka."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.figure import NotMeasured
from benchmarks.frames import BEGIN, LogRecord
from volt_contracts.envelope import Header
from volt_contracts.topics import Topic
from volt_eventlog.batch import Batch
from volt_eventlog.checkpoints import Checkpoints
from volt_eventlog.decider import Decider
from volt_eventlog.fold import SnapshotCodec
from volt_eventlog.kafka import Kafka
from volt_eventlog.keys import Keys
from volt_eventlog.transaction import Outbox

NOWHERE = Kafka("127.0.0.1:1")
PARTITIONS = 6


class NoTables:
    """Nothing is registered: every station was adopted without a place."""

    def get(self, topic: Topic, key: str) -> Any | None:
        """No row."""
        return None


@dataclass(frozen=True)
class Acknowledged:
    """Where a batch is in its partition."""

    offset: int


class Sink:
    """Stands where the producer does, and keeps what would have been sent; every batch is acknowledged at once."""

    def __init__(self) -> None:
        self.sent: dict[str, list[tuple[bytes, bytes | None, list[Header]]]] = {}

    def create_batch(self) -> "SunkBatch":
        """An empty batch."""
        return SunkBatch()

    async def send_batch(self, batch: "SunkBatch", topic: str, *, partition: int) -> "asyncio.Future[Acknowledged]":
        """Keep it."""
        kept = self.sent.setdefault(topic, [])
        done: asyncio.Future[Acknowledged] = asyncio.get_running_loop().create_future()
        done.set_result(Acknowledged(len(kept)))
        kept.extend(batch.records)
        return done


class SunkBatch:
    """A batch without a limit."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes | None, list[Header]]] = []

    def append(self, *, timestamp: int | None, key: bytes, value: bytes | None, headers: list[Header]) -> bool:
        """Add one record."""
        self.records.append((key, value, headers))
        return True


class Lane:
    """One task of a decider: partition 0 of everything. Its checkpoints come as they do under load, by the events."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._codec = SnapshotCodec(decider)
        self._keys = Keys(decider, {}, BEGIN)
        self._checkpoints = Checkpoints(self._codec, self._keys, 0, math.inf, {}, 0.0)
        topics = (*decider.inputs, decider.events, decider.state, *decider.writes)
        self._partitions = {topic.name: PARTITIONS for topic in topics}
        self._positions: dict[str, int] = {}
        self.messages = self.outputs = 0

    @property
    def state_bytes(self) -> float:
        """Mean size of a key's snapshot."""
        sizes = [len(self._codec.encode(kept) or b"") for kept in self._keys.states.values()]
        return sum(sizes) / max(1, len(sizes))

    def states(self) -> dict[str, Any]:
        """Each key's state, as the decider knows it."""
        return {key: kept.state for key, kept in self._keys.states.items()}

    def run(self, topic: Topic, records: Sequence[LogRecord], at_once: int) -> Batch:
        """Decide on the first `at_once` records as one batch, and take over what it changed."""
        batch = Batch(
            self._decider, NOWHERE, self._codec, self._keys, NoTables(), 0, self._partitions, {}, self._positions
        )
        for record in records[:at_once]:
            batch.take(topic, record)
        batch.close()
        for key, why in batch.parked:
            raise NotMeasured(f"{self._decider.lane} parked {key}: {why.strip().splitlines()[-1]}")
        self._keys.commit(batch.changed, batch.published, batch.inputs, batch.woken, batch.sizes)
        self._positions = batch.positions
        self.messages += min(at_once, len(records))
        self.outputs += batch.outbox.count
        if batch.events:
            self._checkpoints.passed(batch.changed, self._checkpoints.until + batch.events, 0.0)
        if self._checkpoints.rest_s(0.0) == 0:
            self._checkpoint()
        return batch

    def _checkpoint(self) -> None:
        """Write the snapshots that wait."""
        part, outbox = self._checkpoints.part(), Outbox()
        part.add_to(outbox, self._decider.state.name, 0)
        self._checkpoints.saved(part)
        self.outputs += outbox.count
