"""The spans of an inbound frame: sampling is decided here, once, and carried on in `traceparent`."""

import random

from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from volt_contracts.envelope import Envelope
from volt_contracts.ids import split_key
from volt_contracts.topics import GATEWAY_DOWNLINK, GATEWAY_FRAMES
from volt_eventlog import tracing
from volt_gateway.journal import OnAck
from volt_gateway.link import Link

MILESTONES = frozenset({"Authorize", "BootNotification", "StartTransaction", "StopTransaction"})
"""Always traced, as are the Started and Ended of TransactionEvent."""


class Sending:
    """`send gateway.frames`: a record of a link from its append to its acknowledgement."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, traceparent: bytes, link: Link) -> None:
        self._span = tracing.send_span(
            GATEWAY_FRAMES.name,
            traceparent,
            {
                tracing.PARTITION: str(link.partition),
                tracing.KEY: link.key,
                tracing.TENANT: link.tenant,
                tracing.STATION: link.station_uid,
            },
        )
        self.traceparent = tracing.traceparent_of(self._span)

    def acknowledged(self, offset: int, failure: BaseException | None) -> None:
        """The broker has the record, or has not."""
        if failure is None:
            self._span.set_attribute(tracing.OFFSET, offset)
        tracing.ended(self._span, failure)

    def then(self, on_ack: OnAck) -> OnAck:
        """The same, and then `on_ack`."""

        def both(offset: int, failure: BaseException | None) -> None:
            self.acknowledged(offset, failure)
            on_ack(offset, failure)

        return both


class Trace:
    """A frame that is traced: `receive <action>` from its arrival to its answer, `send gateway.frames` inside it."""

    __slots__ = ("_receive", "_sending", "traceparent")

    def __init__(self, receive: Span) -> None:
        self._receive = receive
        self._sending: Sending | None = None
        self.traceparent = tracing.traceparent_of(receive)

    def sending(self, link: Link) -> bytes:
        """The frame's record is being appended; the context for its header."""
        self._sending = Sending(self.traceparent, link)
        return self._sending.traceparent

    def acknowledged(self, offset: int, failure: BaseException | None) -> None:
        """The broker has the record, or has not."""
        if self._sending is not None:
            self._sending.acknowledged(offset, failure)

    def answered(self, failure: BaseException | None = None) -> None:
        """The answer went out, or never will."""
        tracing.ended(self._receive, failure)


class CallTrace:
    """A call to a station that is traced: `process gateway.downlink` from its record to the end of the call."""

    __slots__ = ("_process",)

    def __init__(self, process: Span) -> None:
        self._process = process

    def sending(self, link: Link) -> Sending:
        """A report on the call is being appended."""
        return Sending(tracing.traceparent_of(self._process), link)

    def done(self, error: str | None) -> None:
        """The call has its result, or never will; a result that comes later adds nothing."""
        if not self._process.is_recording():
            return
        if error is not None:
            self._process.set_status(Status(StatusCode.ERROR, error))
            self._process.set_attribute(tracing.ERROR_TYPE, error)
        self._process.end()


def call_trace(action: str, envelope: Envelope) -> CallTrace | None:
    """The trace of a record of `gateway.downlink`, or None when it is not sampled or nothing is exported."""
    if not tracing.sampled(envelope.traceparent):
        return None
    tenant, station = split_key(envelope.subject)
    attributes = {
        tracing.KEY: envelope.subject,
        tracing.MESSAGE_ID: envelope.id,
        tracing.MESSAGE_TYPE: envelope.type,
        tracing.TENANT: tenant,
        tracing.STATION: station,
        tracing.ACTION: action,
    }
    span = tracing.process_span(GATEWAY_DOWNLINK.name, envelope.traceparent, attributes)
    return CallTrace(span) if span.is_recording() else None


class Sampler:
    """Decides which frames are traced."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio

    def is_drawn(self) -> bool:
        """True for a small part of all frames."""
        return random.random() < self._ratio  # noqa: S311 chooses what is traced, protects nothing

    def begin(self, tenant: str, station: str, action: str, payload: object, *, drawn: bool) -> Trace | None:
        """A trace for this frame, when it was drawn, is broken, or is a milestone. Without an exporter never one."""
        if not (drawn or is_milestone(action, payload)):
            return None
        attributes = {tracing.TENANT: tenant, tracing.STATION: station, tracing.ACTION: action}
        span = tracing.start_root(f"receive {action}", SpanKind.SERVER, attributes)
        return Trace(span) if span.is_recording() else None


def is_milestone(action: str, payload: object) -> bool:
    """Whether the frame is one of the steps of a charge that are always traced."""
    if action in MILESTONES:
        return True
    return action == "TransactionEvent" and isinstance(payload, dict) and payload.get("eventType") != "Updated"
