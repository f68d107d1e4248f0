"""The record envelope: CloudEvents 1.0 in the Kafka protocol binding's binary mode, plus W3C trace context.

The value is the JSON of the message alone; everything about the record stands in its headers (CloudEvents Kafka
protocol binding §3.2). `command_id` stands on commands and on their outcomes.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

Header = tuple[str, bytes]

SPEC_VERSION: Header = ("ce_specversion", b"1.0")
CONTENT_TYPE: Header = ("content-type", b"application/json")

ID = "ce_id"
TYPE = "ce_type"
SOURCE = "ce_source"
SUBJECT = "ce_subject"
TIME = "ce_time"
CORRELATION = "ce_correlationid"
CAUSATION = "ce_causationid"
COMMAND = "command_id"
TRACEPARENT = "traceparent"
DEADLINE = "volt_deadline"
"""On an event that a deadline caused and no record: the deadline's name and the time that the runner gave."""
LINK = "volt_link"
"""On `gateway.downlink`: the link that the record is for, so that a gateway skips foreign ones undecoded."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a record beside its value. `time` is when the fact happened, not when it was appended."""

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    correlation_id: str | None = None
    causation_id: str | None = None
    command_id: str | None = None
    traceparent: bytes | None = None
    extra: tuple[Header, ...] = ()


class EnvelopeError(ValueError):
    """A record's headers lack one that every record must have, or hold one that cannot be read."""


_TAKEN = frozenset(
    {"ce_specversion", "content-type", ID, TYPE, SOURCE, SUBJECT, TIME, CORRELATION, CAUSATION, COMMAND, TRACEPARENT}
)


_encode = msgspec.json.Encoder().encode


def time_header(moment: datetime) -> bytes:
    """An aware time as the RFC 3339 text of `ce_time`: its JSON without the quotes, much cheaper than `isoformat`."""
    return _encode(moment.astimezone(UTC))[1:-1]


def to_headers(envelope: Envelope) -> list[Header]:
    """The headers of a record; a list, because aiokafka refuses tuples."""
    headers: list[Header] = [
        SPEC_VERSION,
        (ID, envelope.id.encode()),
        (TYPE, envelope.type.encode()),
        (SOURCE, envelope.source.encode()),
        (SUBJECT, envelope.subject.encode()),
        (TIME, time_header(envelope.time)),
        CONTENT_TYPE,
    ]
    if envelope.causation_id is not None:
        headers.append((CAUSATION, envelope.causation_id.encode()))
    if envelope.correlation_id is not None:
        headers.append((CORRELATION, envelope.correlation_id.encode()))
    if envelope.command_id is not None:
        headers.append((COMMAND, envelope.command_id.encode()))
    if envelope.traceparent is not None:
        headers.append((TRACEPARENT, envelope.traceparent))
    headers.extend(envelope.extra)
    return headers


def from_headers(headers: Sequence[Header]) -> Envelope:
    """The envelope of a record.

    Raises:
        EnvelopeError: a header that every record has is missing or unreadable.
    """
    found = dict(headers)
    try:
        return Envelope(
            id=found[ID].decode(),
            type=found[TYPE].decode(),
            source=found[SOURCE].decode(),
            subject=found[SUBJECT].decode(),
            time=_aware(found[TIME].decode()),
            correlation_id=_text(found.get(CORRELATION)),
            causation_id=_text(found.get(CAUSATION)),
            command_id=_text(found.get(COMMAND)),
            traceparent=found.get(TRACEPARENT),
            extra=() if found.keys() <= _TAKEN else tuple(header for header in headers if header[0] not in _TAKEN),
        )
    except KeyError as missing:
        raise EnvelopeError(f"the record has no header {missing}") from missing
    except ValueError as wrong:
        raise EnvelopeError(f"a header cannot be read: {wrong}") from wrong


def header(headers: Iterable[Header], name: str) -> bytes | None:
    """One header's value without reading the others."""
    for key, value in headers:
        if key == name:
            return value
    return None


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} names no zone")
    return moment


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
