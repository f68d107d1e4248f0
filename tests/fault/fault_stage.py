"""What the fault tests share: load as a process, the log read back, waiting until the pipe has done its work."""

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from volt_contracts.topics import GATEWAY_FRAMES, SESSION_EVENTS, Topic
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Message
from volt_eventlog.reading import read
from volt_eventlog.records import message_of
from volt_testkit import acknowledged, ledger
from volt_testkit.polling import eventually
from volt_testkit.running import Stack

Found = TypeVar("Found", acknowledged.Kept, ledger.Comparison)
LOAD = Path(__file__).parents[1] / "load" / "gateway_load.py"


@contextmanager
def running_load(stack: Stack, acks: Path, *flags: str) -> Iterator[subprocess.Popen[bytes]]:
    """The load generator against the stack's gateway, its acknowledgements in a file."""
    url = stack.status()["gateway"]["url"].replace("/{station}", "")
    words = [sys.executable, str(LOAD), "--url", url, "--acks", str(acks), *flags]
    with (stack.home / "load.log").open("ab") as log:
        process = subprocess.Popen(words, env={**os.environ}, stdout=log, stderr=log)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


async def messages(kafka: Kafka, topic: Topic) -> list[Message]:
    """Everything in a topic."""
    return [message_of(topic, record) async for _, records in read(kafka, [topic.name]) for record in records]


async def load_kept(stack: Stack, acks: Path, deadline_s: float = 120) -> acknowledged.Kept:
    """Hold the load's acknowledgements against the log, once the pipe has taken them all in."""
    kafka = Kafka(stack.bootstrap)
    entries = acknowledged.read_acknowledgements(acks)
    stored = acknowledged.stored_calls(await messages(kafka, GATEWAY_FRAMES))

    async def look() -> acknowledged.Kept:
        return acknowledged.check(entries, stored, await messages(kafka, SESSION_EVENTS), "demo")

    return await _until_clean(look, deadline_s)


async def fleet_kept(stack: Stack, file: Path, deadline_s: float = 120) -> ledger.Comparison:
    """Hold the fleet's ledger against the log, once the pipe has taken everything in."""
    kafka = Kafka(stack.bootstrap)

    async def look() -> ledger.Comparison:
        entries = ledger.read_ledger(file)
        return ledger.compare(entries, await messages(kafka, SESSION_EVENTS), "demo", stack.secret)

    return await _until_clean(look, deadline_s)


async def _until_clean(look: Callable[[], Awaitable[Found]], deadline_s: float) -> Found:
    seen: list[Found] = []

    async def ask() -> Found:
        seen[:] = [await look()]
        return seen[0]

    try:
        return await eventually(ask, lambda found: not found.problems, deadline_s)
    except AssertionError:
        return seen[0]
