"""Trace context over Kafka, by hand: the sampled bit is tested in the bytes before the SDK is touched.

W3C Trace Context level 1 (`traceparent`), OpenTelemetry messaging conventions: `send <topic>` PRODUCER around the
acknowledgement, `process <topic>` CONSUMER with the record's context as parent.
"""

import os
from collections.abc import Mapping, Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from volt_contracts.topics import STATION_KEY
from volt_eventlog.message import Message

SYSTEM = "messaging.system"
OPERATION = "messaging.operation.name"
OPERATION_TYPE = "messaging.operation.type"
DESTINATION = "messaging.destination.name"
PARTITION = "messaging.destination.partition.id"
GROUP = "messaging.consumer.group.name"
OFFSET = "messaging.kafka.offset"
KEY = "messaging.kafka.message.key"
MESSAGE_ID = "messaging.message.id"
BATCH_COUNT = "messaging.batch.message_count"
ERROR_TYPE = "error.type"
TENANT = "volt.tenant"
STATION = "volt.station"
MESSAGE_TYPE = "volt.message.type"
ACTION = "volt.ocpp.action"
REPLAY = "volt.replay"

_tracer = trace.get_tracer("volt.eventlog")
_HEX = frozenset(b"0123456789abcdef")


def new_traceparent(sampled: bool) -> bytes:
    """A fresh context; one that is not sampled costs two random numbers and no span."""
    raw = os.urandom(24).hex()
    return f"00-{raw[:32]}-{raw[32:]}-0{int(sampled)}".encode()


def sampled(traceparent: bytes | None) -> bool:
    """Whether the sampled bit is set; other flags (the random bit of level 2) do not matter."""
    return traceparent is not None and len(traceparent) >= 55 and traceparent[54] in b"13579bdf"


def context_of(traceparent: bytes | None) -> SpanContext | None:
    """The remote span context in a header, or None where it is malformed (version ff is forbidden)."""
    if traceparent is None or len(traceparent) < 55 or traceparent.startswith(b"ff"):
        return None
    trace_hex, span_hex = traceparent[3:35], traceparent[36:52]
    if not (_HEX.issuperset(trace_hex) and _HEX.issuperset(span_hex)):
        return None
    context = SpanContext(
        trace_id=int(trace_hex, 16),
        span_id=int(span_hex, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED if sampled(traceparent) else TraceFlags.DEFAULT),
    )
    return context if context.is_valid else None


def traceparent_of(span: Span) -> bytes:
    """The header that makes `span` the parent of whoever reads the record."""
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags) & 1:02x}".encode()


def parent(traceparent: bytes | None) -> Context | None:
    """A context whose current span is the remote one."""
    context = context_of(traceparent)
    return None if context is None else trace.set_span_in_context(NonRecordingSpan(context), Context())


def start(
    name: str,
    kind: SpanKind,
    traceparent: bytes | None,
    attributes: Mapping[str, str | int],
    links: Sequence[Link] = (),
) -> Span:
    """A span below the remote context, not made current; end it with `.end()`."""
    return _tracer.start_span(
        name, context=parent(traceparent) or Context(), kind=kind, attributes=dict(attributes), links=list(links)
    )


def start_root(name: str, kind: SpanKind, attributes: Mapping[str, str | int]) -> Span:
    """A span that begins a trace: an inbound frame."""
    return _tracer.start_span(name, context=Context(), kind=kind, attributes=dict(attributes))


def current_traceparent() -> bytes | None:
    """The context of the span that this task is in, such as an HTTP request's; None outside of one."""
    span = trace.get_current_span()
    return traceparent_of(span) if span.get_span_context().is_valid else None


def attributes_of(message: Message, group: str) -> dict[str, str | int]:
    """What is said of a record that `group` reads."""
    attributes: dict[str, str | int] = {
        GROUP: group,
        PARTITION: str(message.partition),
        OFFSET: message.offset,
        KEY: message.key,
        MESSAGE_ID: message.id,
        MESSAGE_TYPE: message.envelope.type,
        TENANT: message.tenant,
    }
    if message.topic.key == STATION_KEY:
        attributes[STATION] = message.entity
    return attributes


def process_span(
    topic: str, traceparent: bytes | None, attributes: Mapping[str, str | int], *, replay: bool = False
) -> Span:
    """`process <topic>`: what a consumer does with one sampled record. A replay is a trace of its own, with a link."""
    said = {SYSTEM: "kafka", OPERATION: "process", OPERATION_TYPE: "process", DESTINATION: topic, **attributes}
    if not replay:
        return start(f"process {topic}", SpanKind.CONSUMER, traceparent, said)
    origin = context_of(traceparent)
    links = [] if origin is None else [Link(origin)]
    return start(f"process {topic}", SpanKind.CONSUMER, None, {**said, REPLAY: True}, links)


def send_span(topic: str, traceparent: bytes | None, attributes: Mapping[str, str | int]) -> Span:
    """`send <topic>`: from handing a record to the client until the broker acknowledged it."""
    return start(
        f"send {topic}",
        SpanKind.PRODUCER,
        traceparent,
        {SYSTEM: "kafka", OPERATION: "send", OPERATION_TYPE: "send", DESTINATION: topic, **attributes},
    )


def ended(span: Span, failure: BaseException | None) -> None:
    """The span's work is done, or this is what went wrong."""
    if failure is not None:
        span.set_status(Status(StatusCode.ERROR, str(failure)))
        span.set_attribute(ERROR_TYPE, type(failure).__name__)
    span.end()
