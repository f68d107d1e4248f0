"""What imports need of the rest: topics, a tenant, the owners of what is imported, and a way to count the log."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from integration.whole_pipe import DECIDERS, SECRET, Pipe

from volt_contracts import codec
from volt_contracts.envelope import COMMAND, TYPE, header
from volt_contracts.ids import entity_key
from volt_contracts.imports import row_of
from volt_contracts.message import Actor, Outcome, Row
from volt_contracts.network import TenantRow, TenantSettings
from volt_contracts.topics import NETWORK_TENANTS, STATION_EVENTS, Topic
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import opened, partitions, read, stable_bounds
from volt_eventlog.records import headers_of
from volt_eventlog.topics_admin import create_topics
from volt_imports.following import SAYING
from volt_imports.importing import Order
from volt_imports.process import Request
from volt_imports.sending import TOPICS

OWNERS = [decider for decider in DECIDERS if decider.owner in ("network", "drivers", "station")]
Found = TypeVar("Found", bound=msgspec.Struct)
_NOW = datetime(2026, 3, 1, tzinfo=UTC)
ACTOR = Actor(kind="operator", id="anna")


@dataclass
class Stage:
    """One installation on the run's broker."""

    kafka: Kafka
    folder: Path

    async def prepare(self) -> None:
        """Topics, and the tenant `demo` as its decider would have published it."""
        await create_topics(self.kafka, OWNERS)
        row = TenantRow(version=1, settings=TenantSettings(name="demo", security_profile=1))
        key = entity_key("demo", "demo")
        producer = self.kafka.producer()
        await producer.start()
        batch = producer.create_batch()
        headers = headers_of(TenantRow, id="1", source=b"tests", subject=key.encode(), time=_NOW)
        batch.append(timestamp=None, key=key.encode(), value=codec.encode(row), headers=headers)
        await (await producer.send_batch(batch, self.kafka.name(NETWORK_TENANTS), partition=0))
        await producer.stop()

    @asynccontextmanager
    async def deciders(self) -> AsyncIterator[None]:
        """The owners of what is imported work, until the block ends."""
        async with Pipe(self.kafka, "", self.folder).deciders(OWNERS):
            yield

    def order(self, path: Path, **properties: Any) -> Order:
        """An order of tenant `demo`."""
        said: dict[str, Any] = {
            "tenant": "demo",
            "actor": ACTOR,
            "secret": SECRET,
            "name": path.name,
            "patience_s": 30.0,
        }
        return Order(path=path, **(said | properties))

    @contextmanager
    def process(self, path: Path, **properties: Any) -> Iterator["subprocess.Popen[bytes]"]:
        """An import in a process that can be killed."""
        said: dict[str, Any] = {"path": str(path), "name": path.name, "tenant": "demo", "actor": ACTOR}
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap, "VOLT_PREFIX": self.kafka.prefix,
            "VOLT_TOKEN_SECRET": SECRET,
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "volt_imports"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | environment,
        )  # fmt: skip
        try:
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode(Request(**(said | properties))) + b"\n")
            process.stdin.flush()
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()

    async def sent(self) -> Counter[str]:
        """How many commands of each type are committed."""
        return Counter([tag async for _, tag, _ in self._records(TOPICS)])

    async def outcomes(self) -> Counter[tuple[str, int]]:
        """How often each row had an outcome."""
        found: Counter[tuple[str, int]] = Counter()
        async for topic, tag, record in self._records((*SAYING, STATION_EVENTS)):
            row = row_of((header(record.headers, COMMAND) or b"").decode())
            if row is not None and isinstance(codec.decode(topic, tag, record.value), Outcome):
                found[row] += 1
        return found

    async def rows(self, topic: Topic, kind: type | tuple[type, ...] = Row) -> dict[str, Any]:
        """The latest of that kind of every key."""
        rows: dict[str, Any] = {}
        async for _, tag, record in self._records((topic,)):
            row = codec.decode(topic, tag, record.value)
            if isinstance(row, kind):
                rows[record.key.decode()] = row
        return rows

    async def every(self, topic: Topic, kind: type[Found]) -> list[Found]:
        """All of that kind, as they stand in the topic."""
        read_out = [codec.decode(topic, tag, record.value) async for _, tag, record in self._records((topic,))]
        return [one for one in read_out if isinstance(one, kind)]

    async def hidden(self) -> int:
        """How many offsets of the commands are not stable: a transaction is open there."""
        async with opened(self.kafka.consumer(committed=False)) as seeing, opened(self.kafka.consumer()) as reading:
            count = 0
            for topic in TOPICS:
                places = await partitions(seeing, self.kafka.name(topic))
                await partitions(reading, self.kafka.name(topic))
                ends, stable = await stable_bounds(seeing, places), await stable_bounds(reading, places)
                count += sum(ends[place][1] - stable[place][1] for place in places)
            return count

    async def _records(self, topics: Sequence[Topic]) -> AsyncIterator[tuple[Topic, str, Any]]:
        for topic in topics:
            async for _, records in read(self.kafka, [self.kafka.name(topic)]):
                for record in records:
                    yield topic, (header(record.headers, TYPE) or b"").decode(), record
