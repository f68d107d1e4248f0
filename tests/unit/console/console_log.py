"""A small log in memory: messages with offsets, ids, causes and traces, as the runners would hand them to a view."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from volt_contracts import codec
from volt_contracts.envelope import Envelope
from volt_contracts.fact import FactTime
from volt_contracts.ids import derive, entity_key, station_uid
from volt_contracts.message import Outcome
from volt_contracts.topics import Topic
from volt_eventlog.message import Message

PARTITIONS = 6
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Log:
    """Appends messages for one tenant; `now` is the broker's clock and moves a little with every record."""

    tenant: str = "demo"
    now: datetime = NOON
    messages: list[Message] = field(default_factory=list)
    _ends: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    def uid(self, identity: str) -> str:
        """The uid under which a station of that identity was adopted."""
        return station_uid(self.tenant, identity)

    def append(
        self, topic: Topic, identity: str, body: Any, cause: Message | None = None, key: str | None = None
    ) -> Message:
        """The record of `body` under the station's key (or another `key`), caused by `cause` and in its trace."""
        key = key or entity_key(self.tenant, self.uid(identity))
        partition = crc32(key.encode()) % PARTITIONS
        offset = self._ends[topic.name, partition]
        self._ends[topic.name, partition] += 1
        self.now += timedelta(milliseconds=3)
        envelope = self._envelope(topic, partition, offset, body, cause)
        message = Message(topic, key, body, envelope, partition, offset, self.now)
        self.messages.append(message)
        return message

    def _envelope(self, topic: Topic, partition: int, offset: int, body: Any, cause: Message | None) -> Envelope:
        identifier = derive(f"{self.tenant}/{topic.name}", f"{partition}/{offset}")
        trace = cause.envelope.traceparent if cause else None
        return Envelope(
            id=identifier,
            type=codec.type_name(type(body)),
            source=topic.owner,
            subject=self.tenant,
            time=self.now,
            causation_id=cause.id if cause else None,
            correlation_id=(cause.envelope.correlation_id or cause.id) if cause else None,
            command_id=body.command_id if isinstance(body, Outcome) else None,
            traceparent=trace or f"00-{identifier.replace('-', '')}-{identifier[:8] * 2}-01".encode(),
        )

    def time(self, **parts: Any) -> FactTime:
        """The fact time of something that a good clock reports now."""
        return FactTime(at=parts.pop("at", self.now), received_at=self.now, **parts)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
