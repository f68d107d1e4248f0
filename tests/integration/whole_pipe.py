"""The whole pipe on a broker of the run: every decider in this process, a real gateway, a fleet, and the views."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import psycopg
from aiokafka.structs import TopicPartition
from pydantic import SecretStr

from volt_contracts.topics import DRIVERS_PROFILES, TOPICS, Topic
from volt_eventlog import generations
from volt_eventlog.decider import Decider, no_deadline
from volt_eventlog.host import run_deciders
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import read, size_up
from volt_eventlog.replay import Verdict, verify
from volt_eventlog.topics_admin import create_topics
from volt_eventlog.view import View
from volt_eventlog.view_worker import ViewWorker
from volt_runtime.metrics import Metrics
from volt_runtime.run import Runtime
from volt_runtime.settings import Settings
from volt_testkit.polling import eventually
from volt_testkit.stack import free_port

SECRET = "a secret of the tests"


def loaded(group: str) -> list[Any]:
    """What services bring under this entry point."""
    return [entry.load() for entry in sorted(entry_points(group=group), key=lambda entry: entry.name)]


DECIDERS: list[Decider] = loaded("voltlog.deciders")
FOLDING = [replace(decider, deadline=no_deadline) for decider in DECIDERS]
"""The same folds; but no time passes for them, so that a rebuild can be compared with what was there before."""
VIEWS: list[View] = loaded("voltlog.views")
DERIVED = [topic for topic in TOPICS if topic.kind in ("state", "rows") and topic is not DRIVERS_PROFILES]
EVENTS = [topic for topic in TOPICS if topic.kind == "events"]


@dataclass(frozen=True)
class Derived:
    """All that follows from the events: snapshots and public rows by topic and key, views' hashes by table."""

    rows: dict[str, dict[str, bytes]]
    views: dict[str, str]

    def difference(self, other: "Derived") -> list[str]:
        """Where two differ, in words."""
        found = [f"view {name}" for name in self.views if self.views[name] != other.views.get(name)]
        for topic, rows in self.rows.items():
            others = other.rows[topic]
            found += [
                f"{topic} {key}: {rows.get(key)!r} / {others.get(key)!r}"
                for key in sorted({*rows, *others})
                if rows.get(key) != others.get(key)
            ]
        return found


@dataclass
class Pipe:
    """Everything on one broker and one database."""

    kafka: Kafka
    dsn: str
    folder: Path
    port: int = field(default_factory=free_port)

    @property
    def settings(self) -> Settings:
        """What the seeds are told."""
        return Settings(
            kafka_bootstrap_servers=self.kafka.bootstrap, prefix=self.kafka.prefix, token_secret=SecretStr(SECRET)
        )

    @asynccontextmanager
    async def deciders(self, deciders: Sequence[Decider] = DECIDERS) -> AsyncIterator[Runtime[Settings]]:
        """All deciders work, until the block ends."""
        rt = Runtime("deciders", self.settings)
        work = asyncio.create_task(run_deciders(rt, deciders, self.kafka))

        async def missing() -> dict[str, str]:
            if work.done():
                work.result()
            return rt.readiness.missing()

        try:
            await eventually(missing, lambda missing: not missing, 60)
            yield rt
            assert rt.failure is None
        finally:
            rt.stopping.set()
            await work
            await rt.close()

    async def seed(self) -> None:
        """What the local stack starts with."""
        await create_topics(self.kafka, DECIDERS)
        async with self.deciders():
            for seed in loaded("voltlog.seed"):
                await seed(self.kafka, self.settings)

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[None]:
        """A real gateway, as a process."""
        health = free_port()
        process = self._process("volt_gateway", VOLT_GATEWAY_PORT=str(self.port), VOLT_HEALTH_PORT=str(health))
        try:
            await eventually(lambda: _ready(health), bool, 60)
            yield
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 30)

    @asynccontextmanager
    async def console(self) -> AsyncIterator[str]:
        """A real console, as a process; answers its address."""
        port, health = free_port(), free_port()
        where = {"VOLT_CONSOLE_PORT": str(port), "VOLT_HEALTH_PORT": str(health), "DATABASE_URL": self.dsn}
        process = self._process("volt_console", **where)
        try:
            await eventually(lambda: _ready(health), bool, 60)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 30)

    async def stray(self, *identities: str) -> None:
        """Somebody asks for stations' addresses without being one: a refusal for each."""
        for identity in identities:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(f"GET /ocpp/demo/{identity} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert b" 400 " in await reader.readline()
            writer.close()

    async def charge(self, fleet_flags: Mapping[str, str]) -> None:
        """Let a fleet charge cars until it has done what its flags say, and all its messages are delivered."""
        flags = ["--drain", *(word for name, value in fleet_flags.items() for word in (f"--{name}", value))]
        fleet = self._process("volt_simulator", *flags, gateway=f"ws://127.0.0.1:{self.port}/ocpp/demo")
        code = await asyncio.to_thread(fleet.wait, 120)
        assert code == 0, (self.folder / "volt_simulator.log").read_text()[-2000:]

    def _process(self, module: str, *flags: str, gateway: str = "", **environment: str) -> "subprocess.Popen[bytes]":
        words = ["--gateway", gateway, "--ledger", str(self.folder / "ledger.ndjson"), *flags] if gateway else []
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("VOLT_")}
        own = {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
            "VOLT_PREFIX": self.kafka.prefix,
            "VOLT_TOKEN_SECRET": SECRET,
        }
        with (self.folder / f"{module}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *words], env={**inherited, **own, **environment}, stdout=log, stderr=log
            )

    async def quiet(self) -> None:
        """Wait until every decider has read all its inputs."""
        await eventually(self._behind, lambda behind: behind == 0, 60)

    async def _behind(self) -> int:
        """How many records wait; the markers of transactions behind the last record do not count."""
        waiting = 0
        for decider in DECIDERS:
            names = [self.kafka.name(topic) for topic in decider.inputs]
            start = await self._committed(decider, (await size_up(self.kafka, names)).all_places)
            async for _, records in read(self.kafka, names, start=start):
                waiting += len(records)
        return waiting

    async def _committed(self, decider: Decider, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        consumer = self.kafka.consumer(group=self.kafka.group(decider.lane))
        await consumer.start()
        try:
            return {place: await consumer.committed(place) or 0 for place in places}
        finally:
            await consumer.stop()

    async def derived(self) -> Derived:
        """All that follows from the events, as it is now; views are brought up to date first."""
        for view in VIEWS:
            await self.build(view, view.generation, batch=1000)
        return Derived(await self.rows(), await self.hashes())

    async def rows(self) -> dict[str, dict[str, bytes]]:
        """Snapshots and public rows by topic and key, as they are now."""
        return {topic.name: await self._latest(topic) for topic in DERIVED}

    async def _latest(self, topic: Topic) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        async for _, records in read(self.kafka, [self.kafka.name(topic)]):
            for record in records:
                found.pop(record.key.decode(), None)
                if record.value is not None:
                    found[record.key.decode()] = record.value
        return found

    async def build(self, view: View, generation: int, *, batch: int, late: Topic | None = None) -> None:
        """Bring a view up to date in batches of this size; `late` is read when all other topics have been."""
        waves = [view.topics] if late is None else [tuple(t for t in view.topics if t is not late), view.topics]
        for topics in waves:
            part = replace(view, topics=topics)
            worker = ViewWorker(
                part, self.kafka, self.dsn, Metrics(), generation=generation, batch=batch, min_interval_s=0
            )
            await worker.catch_up()

    async def hashes(self, generation: int | None = None) -> dict[str, str]:
        """Table → hash, of the views in one generation."""
        found: dict[str, str] = {}
        async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as connection:
            for view in VIEWS:
                found |= await generations.hashes(connection, view, generation or view.generation)
        return found

    async def forget(self) -> None:
        """Delete every table, every state topic and every public one except the one that is a source."""
        async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as connection:
            for schema in sorted({view.schema for view in VIEWS}):
                await connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())
        admin = self.kafka.admin()
        await admin.start()
        names = {self.kafka.name(topic) for topic in DERIVED}
        await admin.delete_topics(sorted(names))
        await eventually(admin.list_topics, lambda left: not names & set(left))
        await admin.close()
        await create_topics(self.kafka, DECIDERS)

    async def count_events(self) -> dict[str, int]:
        """How long each events topic is; a rebuild must not lengthen one."""
        return {topic.name: (await size_up(self.kafka, [self.kafka.name(topic)])).count for topic in EVENTS}

    async def verdicts(self) -> list[Verdict]:
        """What `voltlog replay verify` would say."""
        return [await verify(self.kafka, decider) for decider in DECIDERS]


async def _ready(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.write(b"GET /readyz HTTP/1.1\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return b" 200 " in answer[:20]
