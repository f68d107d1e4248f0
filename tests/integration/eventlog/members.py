"""Members of the counting decider's group: within the test's process, and as processes that can be killed or frozen."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import integration.eventlog.counting as counting
from integration.eventlog.counting import COUNTING, everything

from volt_contracts.topics import Topic
from volt_eventlog.appender import Appender
from volt_eventlog.checkpoints import CHECKPOINT_S
from volt_eventlog.decider import Decider
from volt_eventlog.host import Host
from volt_eventlog.kafka import Kafka
from volt_eventlog.table import TableSet
from volt_eventlog.task import Task
from volt_runtime.ending import end
from volt_runtime.metrics import Metrics
from volt_testkit.polling import eventually

TESTS = Path(__file__).parents[2]


class Member:
    """One process's worth of a decider, within this process."""

    def __init__(self, kafka: Kafka, decider: Decider = COUNTING, checkpoint_s: float = CHECKPOINT_S) -> None:
        self.host = Host(decider, kafka, TableSet(kafka, ()), Metrics(), 0.01, checkpoint_s)
        self.task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Join the group and poll."""
        await self.host.start()
        self.task = asyncio.create_task(self.host.run())

    async def start(self) -> None:
        """Join the group and wait until all that was assigned is restored."""
        await self.begin()
        await self.ready()

    async def ready(self) -> None:
        """Wait until all that was assigned is restored."""

        async def not_ready() -> str | None:
            self.check()
            return self.host.not_ready()

        await eventually(not_ready, lambda why: why is None, 30)

    def check(self) -> None:
        """Raise what ended it, if anything did."""
        if self.task is not None and self.task.done():
            self.task.result()

    async def stop(self) -> None:
        """Leave in good order; a second time changes nothing."""
        if self.task is not None:
            task, self.task = self.task, None
            await end(task)
            await self.host.stop()

    async def kill(self) -> None:
        """End without a word to anybody, as far as that goes within a process."""
        if self.task is not None:
            task, self.task = self.task, None
            await end(task, *self.host._running.values())
            for one in self.host._tasks.values():
                one._idle.set()
                one._checkpoints = None
            await self.host.stop()

    def owner_of(self, key: str) -> Task:
        """The task in which the key is kept."""
        return next(task for task in self.host._tasks.values() if task._keys and key in task._keys.states)


class Process:
    """A decider's member, or a view's worker, as a process of its own."""

    def __init__(self, kafka: Kafka, log: Path, module: str = "counting_process", database_url: str = "") -> None:
        self.log = log
        with log.open("ab") as said:
            self.process = self._start(kafka, said, module, database_url)

    def _start(self, kafka: Kafka, said: BinaryIO, module: str, database_url: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", f"integration.eventlog.{module}"],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("VOLT_")},
                "PYTHONPATH": str(TESTS),
                "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
                "VOLT_PREFIX": kafka.prefix,
                "DATABASE_URL": database_url,
            },
            stderr=said,
        )

    def tell(self, number: signal.Signals) -> None:
        """Freeze, wake or end it."""
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        """End it, and wait until it is gone; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)


class Crew:
    """All members of a test; none of them outlives it."""

    def __init__(self, kafka: Kafka, folder: Path) -> None:
        self._kafka = kafka
        self._folder = folder
        self._members: list[Member] = []
        self._processes: list[Process] = []

    def member(self, decider: Decider = COUNTING, checkpoint_s: float = CHECKPOINT_S) -> Member:
        """One within this process, not started yet."""
        self._members.append(Member(self._kafka, decider, checkpoint_s))
        return self._members[-1]

    async def working(self, decider: Decider = COUNTING, checkpoint_s: float = CHECKPOINT_S) -> Member:
        """One within this process that is ready."""
        made = self.member(decider, checkpoint_s)
        await made.start()
        return made

    def process(self) -> Process:
        """A process of its own."""
        return self._started(Process(self._kafka, self._log()))

    def view_process(self, database_url: str) -> Process:
        """A process that writes the summing view."""
        return self._started(Process(self._kafka, self._log(), "viewing_process", database_url))

    def _log(self) -> Path:
        return self._folder / f"process-{len(self._processes)}.log"

    def _started(self, process: Process) -> Process:
        self._processes.append(process)
        return process

    async def leave(self) -> None:
        """End all that still work."""
        for process in self._processes:
            if process.process.poll() is None:
                process.end()
        await asyncio.gather(*(one.stop() for one in self._members))


async def effects(kafka: Kafka, topic: Topic = counting.EVENTS) -> list[str]:
    """The ids of all inputs that had an effect, once for each effect."""
    return [m.body.cause for m in await everything(kafka, topic) if isinstance(m.body, counting.Added)]


async def pour(appender: Appender, ids: Sequence[str], keys: int = 40) -> None:
    """Append one fact for each id, over so many keys."""
    await appender.know(counting.FACTS)
    value = b'{"type":"counting.fed.v1","amount":1}'
    await asyncio.gather(
        *(
            appender.append(counting.FACTS, f"t/{number % keys}", value, counting.headers(counting.Fed(amount=1), id))
            for number, id in enumerate(ids)
        )
    )
