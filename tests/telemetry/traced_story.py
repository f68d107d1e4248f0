"""A charge and three commands on a whole stack that exports its traces, and the log and the spans that this left."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx
from telemetry.trace_edges import GROUP, MESSAGE_ID, VIEWS_OF, Edge, paths_in, paths_of
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from volt_contracts.envelope import Envelope, EnvelopeError, from_headers
from volt_contracts.ids import station_uid
from volt_contracts.topics import TOPICS, Topic
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import read
from volt_testkit.otlp import Sink, SpanRecord
from volt_testkit.polling import eventually
from volt_testkit.running import Stack
from volt_testkit.signing_in import come_in

TENANT_NAME = "demo"
IDENTITY = "TRACED01"
STATION_UID = station_uid(TENANT_NAME, IDENTITY)
TOKEN = "TAG0001"
PASSWORD = "an-authorization-key-of-tests"
WITHIN_S = 60.0
ARRIVES_S = 20.0
"""For spans of what is done already: exporters send twice a second."""


class Charger:
    """A station on OCPP-J 1.6 that says and answers one thing after the other."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._count = 0
        self._socket: ClientConnection

    async def __aenter__(self) -> Self:
        self._socket = await connect(self._url, subprotocols=[Subprotocol("ocpp1.6")], proxy=None)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close()

    async def call(self, action: str, payload: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The message id of a call, and its result."""
        self._count += 1
        message_id = f"{action}-{self._count}"
        await self._socket.send(json.dumps([2, message_id, action, payload]))
        kind, answered, result = await self._hear()
        assert (kind, answered) == (3, message_id), (kind, answered, result)
        return message_id, result

    async def answer(self, action: str, payload: Mapping[str, Any]) -> None:
        """Wait for a call of the central system and answer it."""
        kind, message_id, called, _ = await self._hear()
        assert (kind, called) == (2, action)
        await self._socket.send(json.dumps([3, message_id, payload]))

    async def _hear(self) -> list[Any]:
        async with asyncio.timeout(WITHIN_S):
            heard: list[Any] = json.loads(await self._socket.recv())
            return heard


@dataclass(frozen=True)
class Stored:
    """A record of the log. `envelope` is None where there is none: private state."""

    topic: Topic
    partition: int
    offset: int
    key: str
    value: bytes
    envelope: Envelope | None

    @property
    def traceparent(self) -> str | None:
        """The header, as text."""
        found = None if self.envelope is None else self.envelope.traceparent
        return None if found is None else found.decode()

    @property
    def trace_id(self) -> str | None:
        """The trace that it belongs to (W3C Trace Context §3.2)."""
        return None if self.traceparent is None else self.traceparent.split("-")[1]

    @property
    def is_sampled(self) -> bool:
        """Whether the sampled flag is set."""
        return self.traceparent is not None and int(self.traceparent.split("-")[3], 16) & 1 == 1


@dataclass
class Story:
    """What was done, by the message ids and command ids under which the log has it."""

    stack: Stack
    sink: Sink
    start: str = ""
    repeat: str = ""
    reading: str = ""
    reset: str = ""
    records: tuple[Stored, ...] = ()

    def frame(self, message_id: str) -> Stored:
        """The exchange of a call of the station."""
        (found,) = [
            record
            for record in self.records
            if record.topic.name == "gateway.frames" and json.loads(record.value).get("message_id") == message_id
        ]
        return found

    def command(self, command_id: str) -> Stored:
        """The record of a command."""
        (found,) = [record for record in self.records if record.envelope and record.envelope.id == command_id]
        return found

    def trace_of(self, record: Stored) -> list[SpanRecord]:
        """All spans of the record's trace that have arrived."""
        assert record.trace_id is not None
        return self.sink.spans(trace=record.trace_id)

    async def arrived(self, record: Stored, table: tuple[Edge, ...]) -> list[SpanRecord]:
        """The spans of the record's trace, when they are those of the table: none is missing and none too many.

        Raises:
            AssertionError: says which are.
        """
        wanted = paths_in(table)

        async def differences() -> tuple[list[str], list[str]]:
            found = paths_of(self.trace_of(record))
            return [str(path) for path in wanted - found], [str(path) for path in found - wanted]

        await eventually(differences, lambda found: found == ([], []), ARRIVES_S)
        return self.trace_of(record)

    async def look(self) -> None:
        """Read the log as it is now."""
        topics, found = {topic.name: topic for topic in TOPICS}, []
        async for place, records in read(Kafka(self.stack.bootstrap), list(topics)):
            for record in records:
                try:
                    envelope = from_headers(record.headers)
                except EnvelopeError:
                    envelope = None
                key, value = (record.key or b"").decode(), record.value or b""
                found.append(Stored(topics[place.topic], record.partition, record.offset, key, value, envelope))
        self.records = tuple(found)


async def told(stack: Stack, sink: Sink) -> Story:
    """Let it happen, and wait until the last outcome is in every view."""
    story, status = Story(stack, sink), stack.status()
    async with Charger(status["gateway"]["url"].replace("{station}", IDENTITY)) as charger:
        await _charge(charger, story)
        async with httpx.AsyncClient(base_url=status["console"]["url"], trust_env=False, timeout=WITHIN_S) as console:
            await come_in(console, "otto")
            last = await _commands(charger, console, story)
    await story.look()
    await eventually(lambda: _views_of(story, last), set(VIEWS_OF["session.events"]).__eq__, WITHIN_S)
    return story


async def _charge(charger: Charger, story: Story) -> None:
    await charger.call("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    begun = {"connectorId": 1, "idTag": TOKEN, "meterStart": 0, "timestamp": _now()}
    story.start, answer = await charger.call("StartTransaction", begun)
    transaction = answer["transactionId"]
    await eventually(lambda: _spans_of(story, "process session.events"), bool, WITHIN_S)
    story.repeat, again = await charger.call("StartTransaction", begun)
    assert again["transactionId"] == transaction
    values = [{"timestamp": _now(), "sampledValue": [{"value": "100"}]}]
    story.reading, _ = await charger.call(
        "MeterValues", {"connectorId": 1, "transactionId": transaction, "meterValue": values}
    )
    ended = {"transactionId": transaction, "idTag": TOKEN, "meterStop": 200, "timestamp": _now()}
    await charger.call("StopTransaction", ended)


async def _commands(charger: Charger, console: httpx.AsyncClient, story: Story) -> str:
    """Three commands; what two of them say is secret. Returns the id of the last."""
    place = f"/api/v1/stations/{STATION_UID}"
    await eventually(lambda: console.get(place), lambda response: response.status_code == 200, WITHIN_S)
    story.reset = await _command(charger, console, f"{place}/reset", {}, "Reset", "Accepted")
    variables = {"variables": [{"variable": "AuthorizationKey", "value": PASSWORD}]}
    await _command(charger, console, f"{place}/variables/set", variables, "ChangeConfiguration", "Accepted")
    start = {"token": TOKEN, "evse": 1}
    return await _command(charger, console, f"{place}/start", start, "RemoteStartTransaction", "Rejected")


async def _command(
    charger: Charger, console: httpx.AsyncClient, path: str, body: Mapping[str, Any], action: str, status: str
) -> str:
    request = asyncio.create_task(console.post(path, json=body))
    await charger.answer(action, {"status": status})
    response = await request
    assert response.status_code == 200, response.text
    return str(response.json()["command_id"])


async def _spans_of(story: Story, name: str) -> list[SpanRecord]:
    return [span for span in story.sink.spans() if span.name == name]


async def _views_of(story: Story, command_id: str) -> set[str]:
    """The views that have taken the outcome of a command."""
    outcomes = {
        record.envelope.id
        for record in story.records
        if record.envelope and record.envelope.command_id == command_id and record.topic.kind == "events"
    }
    taken = [span for span in story.sink.spans() if span.attributes.get(MESSAGE_ID) in outcomes]
    return {str(span.attributes[GROUP]) for span in taken if span.service == "console"}


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
