"""Appends what happens on a link to `gateway.frames`; whoever must wait for the acknowledgement is called back."""

from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Protocol

from volt_contracts import codec
from volt_contracts.envelope import CONTENT_TYPE, ID, SOURCE, SPEC_VERSION, TIME, TRACEPARENT, TYPE, Header
from volt_contracts.gateway import FrameEvent, LinkRefused
from volt_contracts.topics import GATEWAY_FRAMES, Topic
from volt_gateway.ids import Ids
from volt_gateway.link import Link

OnAck = Callable[[int, BaseException | None], None]
"""Called with the record's offset, or with -1 and what went wrong."""

_TYPES: dict[type, Header] = {
    message_type: (TYPE, codec.type_name(message_type).encode()) for message_type in GATEWAY_FRAMES.types
}


class Append(Protocol):
    """The part of `volt_eventlog.appender.Appender` that is needed here."""

    def partition_of(self, topic: Topic, key: str) -> int:
        """The partition that a key belongs to."""

    def append_with(
        self, topic: Topic, key: bytes, value: bytes | None, headers: list[Header], partition: int, on_ack: OnAck
    ) -> None:
        """Append one record and be called back."""


class Journal:
    """Composes records of `gateway.frames`: value, headers, partition."""

    def __init__(self, appender: Append, gateway_id: str, ids: Ids) -> None:
        self._appender = appender
        self._append = appender.append_with
        self._source: Header = (SOURCE, gateway_id.encode())
        self._ids = ids
        self._rfc3339 = Rfc3339()

    def partition(self, key: str) -> int:
        """The partition of a station's records."""
        return self._appender.partition_of(GATEWAY_FRAMES, key)

    def append(
        self,
        link: Link,
        message: FrameEvent,
        at: datetime,
        on_ack: OnAck,
        traceparent: bytes | None = None,
        chain: tuple[Header, ...] = (),
    ) -> None:
        """Append a record of this link. `at` is when it happened, `chain` what correlates it with its cause."""
        headers: list[Header] = [
            SPEC_VERSION,
            (ID, self._ids.uuid()),
            _TYPES[type(message)],
            self._source,
            link.subject,
            (TIME, self._rfc3339(at)),
            CONTENT_TYPE,
            (TRACEPARENT, traceparent or self._ids.unsampled_traceparent()),
            *chain,
        ]
        link.appended_at = monotonic()
        self._append(GATEWAY_FRAMES, link.key_bytes, codec.encode(message), headers, link.partition, on_ack)

    def refused(self, key: str, refusal: LinkRefused) -> None:
        """Append a refusal; nobody waits for it."""
        headers: list[Header] = [
            SPEC_VERSION,
            (ID, self._ids.uuid()),
            _TYPES[LinkRefused],
            self._source,
            ("ce_subject", key.encode()),
            (TIME, self._rfc3339(refusal.at)),
            CONTENT_TYPE,
            (TRACEPARENT, self._ids.unsampled_traceparent()),
        ]
        value = codec.encode(refusal)
        self._append(GATEWAY_FRAMES, key.encode(), value, headers, self.partition(key), nobody_waits)


class Rfc3339:
    """Writes times as the text of `ce_time`; what two of the same second have in common is written once."""

    __slots__ = ("_begin", "_second")

    def __init__(self) -> None:
        self._second: tuple[int, int, int, int] | None = None
        self._begin = b""

    def __call__(self, moment: datetime) -> bytes:
        """The text of an aware UTC time."""
        second = (moment.second, moment.minute, moment.hour, moment.toordinal())
        if second != self._second:
            self._second, self._begin = second, moment.strftime("%Y-%m-%dT%H:%M:%S.").encode()
        return b"%b%06dZ" % (self._begin, moment.microsecond)


def nobody_waits(_offset: int, _failure: BaseException | None) -> None:
    """For records that nothing is answered to."""
    return
