"""What a gateway stands on, without a broker: a log in memory, tables, and somebody to ask."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from volt_contracts import codec
from volt_contracts.envelope import TYPE, Header, header
from volt_contracts.message import Command, Outcome
from volt_contracts.topics import GATEWAY_FRAMES, Topic
from volt_eventlog.ask import Answer, NoOutcome
from volt_eventlog.message import Position

OnAck = Callable[[int, BaseException | None], None]


@dataclass
class Appended:
    """A record of the fake log."""

    topic: Topic
    key: str
    message: Any
    headers: list[Header]
    offset: int


class FakeLog:
    """Acknowledges in the next turn of the loop, or with `holding` only when `release` is called."""

    def __init__(self) -> None:
        self.records: list[Appended] = []
        self.holding = False
        self.acknowledge_now = False
        self.failing_since: float | None = None
        self._held: list[tuple[int, OnAck]] = []

    def partition_of(self, topic: Topic, key: str) -> int:
        return 0

    def append_with(
        self, topic: Topic, key: bytes, value: bytes | None, headers: list[Header], partition: int, on_ack: OnAck
    ) -> None:
        tag = (header(headers, TYPE) or b"").decode()
        offset = len(self.records)
        self.records.append(Appended(topic, key.decode(), codec.decode(topic, tag, value or b""), headers, offset))
        if self.acknowledge_now:
            on_ack(offset, None)
        elif self.holding:
            self._held.append((offset, on_ack))
        else:
            asyncio.get_running_loop().call_soon(on_ack, offset, None)

    def release(self, failure: BaseException | None = None) -> None:
        """Acknowledge everything that is held, or fail it."""
        held, self._held = self._held, []
        for offset, on_ack in held:
            on_ack(-1 if failure else offset, failure)

    def of(self, message_type: type[msgspec.Struct]) -> list[Any]:
        """The messages of one type."""
        return [record.message for record in self.records if type(record.message) is message_type]


class FakeTable:
    """A table that a test writes to."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}
        self._followers: list[Callable[[str, Any | None], None]] = []

    def get(self, key: str) -> Any | None:
        return self.rows.get(key)

    def follow(self, follower: Callable[[str, Any | None], None]) -> None:
        self._followers.append(follower)
        for key, row in list(self.rows.items()):
            follower(key, row)

    def put(self, key: str, row: Any | None) -> None:
        """A new row, or with None the end of one."""
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row
        for follower in self._followers:
            follower(key, row)


class FakeTables:
    """The tables of a process, made when they are asked for."""

    def __init__(self) -> None:
        self._tables: dict[str, FakeTable] = {}

    def __getitem__(self, topic: Topic) -> FakeTable:
        return self._tables.setdefault(topic.name, FakeTable())


@dataclass
class FakeAsk:
    """Gives the outcomes that a test prepared; without one, nobody answers."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    asked: list[tuple[str, Command]] = field(default_factory=list)
    answering: asyncio.Event | None = None

    async def send(self, key: str, command: Command, *, deadline_s: float, traceparent: bytes | None = None) -> Answer:
        self.asked.append((key, command))
        if self.answering is not None:
            await self.answering.wait()
        outcome = self.outcomes.get(key)
        if outcome is None:
            raise NoOutcome("nobody", deadline_s)
        return Answer(outcome, Position(GATEWAY_FRAMES.name, 0, 0), outcome.command_id)
