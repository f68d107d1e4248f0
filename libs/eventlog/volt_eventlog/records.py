"""From a consumer's record to a message, and from a message to the headers of a record."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from volt_contracts import codec
from volt_contracts.envelope import (
    CAUSATION,
    COMMAND,
    CONTENT_TYPE,
    CORRELATION,
    ID,
    SOURCE,
    SPEC_VERSION,
    SUBJECT,
    TIME,
    TRACEPARENT,
    TYPE,
    EnvelopeError,
    Header,
    from_headers,
    header,
    time_header,
)
from volt_contracts.topics import Topic
from volt_eventlog.message import Message


class Unusable(ValueError):
    """A record that cannot be made a message: its headers, its type or its value are wrong."""


def message_of(topic: Topic, record: Any, lane: str = "") -> Message:
    """The message in a consumer's record.

    Raises:
        Unusable: it cannot be decoded; its sentence says why.
    """
    try:
        envelope = from_headers(record.headers)
        body = codec.decode(topic, envelope.type, record.value or b"")
        key = record.key.decode()
    except (EnvelopeError, codec.UnknownType, codec.Undecodable, UnicodeDecodeError, AttributeError) as wrong:
        raise Unusable(str(wrong)) from wrong
    return Message(topic, key, body, envelope, record.partition, record.offset, moment(record.timestamp), lane)


def body_of(topic: Topic, record: Any) -> tuple[str, Any]:
    """Key and decoded value alone, for folds: the envelope costs more than all the rest.

    Raises:
        Unusable: it cannot be decoded; its sentence says why.
    """
    try:
        return record.key.decode(), codec.decode(topic, header(record.headers, TYPE) or b"", record.value or b"")
    except (codec.UnknownType, codec.Undecodable, UnicodeDecodeError, AttributeError) as wrong:
        raise Unusable(str(wrong)) from wrong


def type_of(record: Any) -> str | None:
    """The record's `ce_type`, without decoding anything else."""
    value = header(record.headers, TYPE)
    return None if value is None else value.decode()


def moment(timestamp_ms: int) -> datetime:
    """A record's timestamp as an aware UTC time."""
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC)


@lru_cache(maxsize=4096)
def _type_header(message_type: type[msgspec.Struct]) -> Header:
    return TYPE, codec.type_name(message_type).encode()


def headers_of(
    message_type: type[msgspec.Struct],
    *,
    id: str,
    source: bytes,
    subject: bytes,
    time: datetime,
    causation_id: str | None = None,
    correlation_id: str | None = None,
    command_id: str | None = None,
    traceparent: bytes | None = None,
    extra: tuple[Header, ...] = (),
) -> list[Header]:
    """The headers of a new record; the same as `envelope.to_headers`, without building an envelope first."""
    shared = Shared(
        source=(SOURCE, source),
        subject=(SUBJECT, subject),
        time=(TIME, time_header(time)),
        chain=chain_of(causation_id, correlation_id),
    )
    return headers_with(shared, message_type, id, command_id, traceparent, extra)


class Shared(msgspec.Struct, frozen=True):
    """The headers that several records have in common: those of one message mostly do, and are made once for them."""

    source: Header
    subject: Header
    time: Header
    chain: tuple[Header, ...]


def chain_of(causation_id: str | None, correlation_id: str | None) -> tuple[Header, ...]:
    """The headers that lead to a record's cause, and to all that came of the same first cause."""
    cause = () if causation_id is None else ((CAUSATION, causation_id.encode()),)
    return cause if correlation_id is None else (*cause, (CORRELATION, correlation_id.encode()))


def headers_with(
    shared: Shared,
    message_type: type[msgspec.Struct],
    id: str,
    command_id: str | None,
    traceparent: bytes | None,
    extra: tuple[Header, ...],
) -> list[Header]:
    """The headers of a new record, from what it shares with others and what is its own."""
    headers: list[Header] = [
        SPEC_VERSION,
        (ID, id.encode()),
        _type_header(message_type),
        shared.source,
        shared.subject,
        shared.time,
        CONTENT_TYPE,
        *shared.chain,
    ]
    if command_id is not None:
        headers.append((COMMAND, command_id.encode()))
    if traceparent is not None:
        headers.append((TRACEPARENT, traceparent))
    headers.extend(extra)
    return headers
