"""The outcomes of an import, as the owners say them: each names its import and its line."""

import asyncio
from collections.abc import Collection
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any, Self

from volt_contracts import codec
from volt_contracts.codec import type_name
from volt_contracts.envelope import COMMAND, TYPE, header
from volt_contracts.imports import row_of
from volt_contracts.message import Outcome
from volt_contracts.migration import AdoptTransaction
from volt_contracts.topics import (
    DRIVERS_TOKEN_EVENTS,
    NETWORK_LOCATION_EVENTS,
    NETWORK_ORGANISATION_EVENTS,
    NETWORK_STATION_EVENTS,
    STATION_EVENTS,
    Topic,
)
from volt_eventlog.kafka import Kafka, KafkaError
from volt_eventlog.reading import since
from volt_eventlog.tail import Tail
from volt_imports.report import Outcomes, Refusal
from volt_imports.rows import Progress, no_progress
from volt_runtime.ending import end
from volt_runtime.run import StartError

SAYING = (NETWORK_ORGANISATION_EVENTS, NETWORK_LOCATION_EVENTS, NETWORK_STATION_EVENTS, DRIVERS_TOKEN_EVENTS)
"""Where outcomes of rows stand; those of transactions are among all that stations say, read only if there are any."""
PATIENCE_S = 60.0
CLOCKS = timedelta(minutes=1)
"""By how much brokers may differ in what time it is."""
_POLL_MS = 500
_ADOPTION = type_name(AdoptTransaction)


class Follower:
    """Reads outcomes from where the topics ended when it was entered, or from a time on. `types`: of its commands."""

    def __init__(self, kafka: Kafka, import_id: str, types: Collection[str], from_then: datetime | None = None) -> None:
        self._kafka = kafka
        self._saying = (*SAYING, STATION_EVENTS) if _ADOPTION in types else SAYING
        self._import_id = import_id
        self._from_then = from_then
        self._tails: list[tuple[Topic, Tail]] = []
        self._stack = AsyncExitStack()
        self._seen: set[int] = set()
        self._outcomes = Outcomes()
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Take the partitions: what is said from now on will be read.

        Raises:
            KafkaError: the broker cannot be reached.
            StartError: topics were never made.
        """
        async with AsyncExitStack() as stack:
            for topic in self._saying:
                tail = await self._tail(topic)
                await tail.start()
                stack.push_async_callback(tail.stop)
                self._tails.append((topic, tail))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _tail(self, topic: Topic) -> Tail:
        holding = (f"{self._import_id}/".encode(),)
        if self._from_then is None:
            return Tail(self._kafka, topic, holding=holding)
        offsets = await since(self._kafka, self._kafka.name(topic), self._from_then - CLOCKS)
        return Tail(self._kafka, topic, offsets, holding=holding)

    async def outcomes(
        self, expected: int, progress: Progress = no_progress, patience_s: float = PATIENCE_S
    ) -> Outcomes:
        """All outcomes, or those that came before nobody said anything for `patience_s`."""
        self._outcomes.expected = expected
        listening = [asyncio.create_task(self._listen(topic, tail)) for topic, tail in self._tails]
        waiting = asyncio.create_task(self._all(expected, progress, patience_s))
        try:
            await asyncio.wait({waiting, *listening}, return_when=asyncio.FIRST_COMPLETED)
            failed = next((task for task in listening if task.done()), None)
            if failed is not None and not waiting.done():
                self._outcomes.stopped = f"the log cannot be read on ({failed.exception()!r})"
        finally:
            for task in (waiting, *listening):
                await _ended(task)
        self._outcomes.refusals.sort(key=lambda refusal: refusal.line)
        self._outcomes.lines.sort()
        return self._outcomes

    async def _all(self, expected: int, progress: Progress, patience_s: float) -> None:
        while self._outcomes.answered < expected:
            self._changed.clear()
            try:
                async with asyncio.timeout(patience_s):
                    await self._changed.wait()
            except TimeoutError:
                self._outcomes.stopped = f"no outcome came for {patience_s:g} s: do network, drivers and station run?"
                return
            progress("outcomes", self._outcomes.answered, expected)

    async def _listen(self, topic: Topic, tail: Tail) -> None:
        async for records in tail.batches(_POLL_MS):
            before = len(self._seen)
            for record in records:
                self._see(topic, record)
            if len(self._seen) > before:
                self._changed.set()

    def _see(self, topic: Topic, record: Any) -> None:
        named = row_of((header(record.headers, COMMAND) or b"").decode())
        if named is None or named[0] != self._import_id or named[1] in self._seen:
            return
        said = codec.decode(topic, header(record.headers, TYPE) or b"", record.value or b"")
        if not isinstance(said, Outcome):
            return
        line, outcomes = named[1], self._outcomes
        self._seen.add(line)
        outcomes.counts[said.outcome] = outcomes.counts.get(said.outcome, 0) + 1
        if said.outcome == "accepted":
            outcomes.lines.append(line)
        else:
            outcomes.refusals.append(Refusal(line, said.outcome, said.sentence or said.outcome))


async def _ended(task: asyncio.Task[None]) -> None:
    """A listener that failed has said so already."""
    try:
        await end(task)
    except (KafkaError, StartError):
        return
