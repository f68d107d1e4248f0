"""Publish a command and await the outcome that carries its id: for HTTP handlers and whoever else must answer."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from opentelemetry.trace import Span

from volt_contracts import codec
from volt_contracts.envelope import COMMAND, Header, header
from volt_contracts.ids import split_key
from volt_contracts.message import Command, Outcome
from volt_contracts.topics import STATION_KEY, Topic
from volt_eventlog import tracing
from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Position
from volt_eventlog.records import Unusable, headers_of, message_of
from volt_eventlog.tail import Tail
from volt_runtime.ending import end
from volt_runtime.log import logger


@dataclass(frozen=True)
class Answer:
    """An outcome, and where it lies: queries may wait until their view has that position."""

    outcome: Outcome
    position: Position
    command_id: str


class NoOutcome(Exception):
    """The deadline passed. The command is in the log and will still have its outcome."""

    def __init__(self, command_id: str, deadline_s: float) -> None:
        super().__init__(f"command {command_id} had no outcome within {deadline_s:g} s")
        self.command_id = command_id


class Ask:
    """One standing tail of the owner's events, started before the process is ready; foreign outcomes are skipped."""

    def __init__(self, kafka: Kafka, appender: Appender, commands: Topic, events: Topic, source: str) -> None:
        self._appender = appender
        self._commands = commands
        self._events = events
        self._source = source.encode()
        self._tail = Tail(kafka, events, holding=(COMMAND.encode(),))
        self._waiting: dict[bytes, asyncio.Future[Answer]] = {}
        self._askers: Counter[bytes] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._log = logger("ask")

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            KafkaError: the broker cannot be reached.
        """
        await self._appender.know(self._commands)
        await self._tail.start()
        self._task = asyncio.create_task(self._listen(), name=f"ask {self._events.name}")

    async def stop(self) -> None:
        """Listen no longer; who still waits gets no outcome."""
        if self._task is not None:
            await end(self._task)
        await self._tail.stop()

    async def watch(self) -> None:
        """Wait for as long as it listens; raises what ended that."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def publish(
        self, key: str, command: Command, command_id: str | None = None, traceparent: bytes | None = None
    ) -> str:
        """Append a command and return its id, without waiting for the outcome.

        Raises:
            AppendFailed: the broker did not take it; it may still land.
        """
        command_id = command_id or str(uuid4())
        traceparent = traceparent or tracing.current_traceparent()
        span = self._send_span(key, type(command), command_id, traceparent)
        if span is not None:
            traceparent = tracing.traceparent_of(span)
        headers: list[Header] = headers_of(
            type(command),
            id=command_id,
            source=self._source,
            subject=key.encode(),
            time=datetime.now(UTC),
            correlation_id=command_id,
            command_id=command_id,
            traceparent=traceparent or tracing.new_traceparent(True),
        )
        try:
            position = await self._appender.append(self._commands, key, codec.encode(command), headers)
        except BaseException as failure:
            if span is not None:
                tracing.ended(span, failure)
            raise
        if span is not None:
            span.set_attribute(tracing.PARTITION, str(position.partition))
            span.set_attribute(tracing.OFFSET, position.offset)
            tracing.ended(span, None)
        return command_id

    def _send_span(
        self, key: str, command_type: type[Command], command_id: str, traceparent: bytes | None
    ) -> Span | None:
        """Around the acknowledgement. Commands are traced unless what caused them is not; None without an exporter."""
        if traceparent is not None and not tracing.sampled(traceparent):
            return None
        attributes = {
            tracing.KEY: key,
            tracing.MESSAGE_ID: command_id,
            tracing.MESSAGE_TYPE: codec.type_name(command_type),
            tracing.TENANT: split_key(key)[0],
        }
        if self._commands.key == STATION_KEY:
            attributes[tracing.STATION] = split_key(key)[1]
        span = tracing.send_span(self._commands.name, traceparent, attributes)
        return span if span.is_recording() else None

    async def send(
        self,
        key: str,
        command: Command,
        *,
        deadline_s: float = 10.0,
        command_id: str | None = None,
        traceparent: bytes | None = None,
    ) -> Answer:
        """Append a command and wait for its outcome.

        Raises:
            NoOutcome: none came within `deadline_s`.
            AppendFailed: the broker did not take the command; it may still land.
        """
        command_id = command_id or str(uuid4())
        raw_id = command_id.encode()
        future = self._waiting.get(raw_id)
        if future is None:
            future = self._waiting[raw_id] = asyncio.get_running_loop().create_future()
        self._askers[raw_id] += 1
        try:
            await self.publish(key, command, command_id, traceparent)
            async with asyncio.timeout(deadline_s):
                return await asyncio.shield(future)
        except TimeoutError as late:
            raise NoOutcome(command_id, deadline_s) from late
        finally:
            self._askers[raw_id] -= 1
            if not self._askers[raw_id]:
                del self._askers[raw_id], self._waiting[raw_id]

    async def _listen(self) -> None:
        async for record in self._tail:
            command_id = header(record.headers, COMMAND)
            if command_id is not None and command_id in self._waiting:
                self._resolve(command_id, record)

    def _resolve(self, command_id: bytes, record: Any) -> None:
        try:
            message = message_of(self._events, record)
        except Unusable as wrong:
            self._log.error(f"an outcome cannot be read: {wrong}", command_id=command_id.decode())
            return
        future = self._waiting[command_id]
        if isinstance(message.body, Outcome) and not future.done():
            position = Position(self._events.name, record.partition, record.offset)
            future.set_result(Answer(message.body, position, command_id.decode()))
