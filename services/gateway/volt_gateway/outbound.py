"""Calls to one station: one at a time, the others wait; every step is reported (OCPP-J 1.6 §4.1.1)."""

from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Literal

import msgspec

from volt_contracts.envelope import CAUSATION, CORRELATION, Envelope, Header
from volt_contracts.gateway import NO_PAYLOAD, CallReport, SendCall
from volt_gateway.journal import Journal, OnAck, nobody_waits
from volt_gateway.link import Link
from volt_gateway.meters import Meters
from volt_gateway.tracing import CallTrace, call_trace
from volt_gateway.waiting_stations import allow_what_was_asked_for
from volt_ocpp import frames
from volt_ocpp.payloads import read_payload
from volt_ocpp.redact import redact

LATE_KEPT = 20
"""Calls without an answer that are remembered: a late answer is still reported."""

Report = Literal["sent", "result", "error", "no_answer", "not_sent"]


@dataclass(slots=True)
class Order:
    """A call that is to be sent, and the record that asked for it."""

    call: SendCall
    chain: tuple[Header, ...]
    traceparent: bytes | None
    trace: CallTrace | None = None
    sent_at: datetime | None = None
    due: float = float("inf")


def order_of(call: SendCall, envelope: Envelope) -> Order:
    """The order in a record of `gateway.downlink`; what it causes names it."""
    chain: list[Header] = [(CAUSATION, envelope.id.encode())]
    if envelope.correlation_id is not None:
        chain.append((CORRELATION, envelope.correlation_id.encode()))
    return Order(call, tuple(chain), envelope.traceparent, call_trace(call.action, envelope))


class Reporter:
    """Appends `call_report` records."""

    def __init__(self, journal: Journal, meters: Meters) -> None:
        self._journal = journal
        self._meters = meters
        self.queue_full = meters.limited("downlink_queue")

    def report(
        self,
        link: Link,
        order: Order,
        report: Report,
        *,
        answer: msgspec.Raw = NO_PAYLOAD,
        error: str | None = None,
        on_ack: OnAck = nobody_waits,
    ) -> None:
        """Say how a call went."""
        self._meters.reports(report).add()
        now, call = datetime.now(UTC), order.call
        said = CallReport(
            link_id=link.link_id,
            link_seq=link.link_seq,
            command_id=call.command_id,
            message_id=call.message_id,
            protocol=call.protocol,
            action=call.action,
            report=report,
            call=_redacted(call.action, call.payload) if report == "sent" else NO_PAYLOAD,
            answer=answer,
            error=error,
            sent_at=order.sent_at,
            at=now,
        )
        if order.trace is None:
            self._journal.append(link, said, now, on_ack, order.traceparent, order.chain)
            return
        sending = order.trace.sending(link)
        self._journal.append(link, said, now, sending.then(on_ack), sending.traceparent, order.chain)
        if report != "sent":
            order.trace.done(None if report == "result" else error or report)


class Outbound:
    """The calls of one link that wait, and the one that is out."""

    __slots__ = ("_late", "_limit", "_link", "_out", "_queue", "_reporter")

    def __init__(self, link: Link, reporter: Reporter, limit: int) -> None:
        self._link = link
        self._reporter = reporter
        self._limit = limit
        self._out: Order | None = None
        self._queue: deque[Order] = deque()
        self._late: OrderedDict[str, Order] = OrderedDict()

    def submit(self, order: Order) -> None:
        """Send this call as soon as the ones before it are answered."""
        if len(self._queue) >= self._limit:
            self._reporter.queue_full.add()
            self._reporter.report(self._link, order, "not_sent", error="queue_full")
            return
        self._queue.append(order)
        self._next()

    def answered(self, message_id: str, payload: msgspec.Raw) -> bool:
        """The station's CALLRESULT; False when nothing like it was asked."""
        order = self._take(message_id)
        if order is None:
            return False
        self._reporter.report(self._link, order, "result", answer=_redacted(order.call.action, payload))
        self._next()
        return True

    def refused(self, message_id: str, code: str, description: str, details: msgspec.Raw | None = None) -> bool:
        """The station's CALLERROR, or an answer that cannot be read; False when nothing like it was asked."""
        order = self._take(message_id)
        if order is None:
            return False
        said = {"errorDescription": description, "errorDetails": msgspec.Raw(b"{}") if details is None else details}
        answer = _redacted(order.call.action, msgspec.Raw(msgspec.json.encode(said)))
        self._reporter.report(self._link, order, "error", answer=answer, error=code)
        self._next()
        return True

    def sweep(self, now: float) -> bool:
        """Give up on an answer that is overdue; False when nothing is waited for any more."""
        order = self._out
        if order is not None and order.due <= now:
            self._out = None
            self._late[order.call.message_id] = order
            if len(self._late) > LATE_KEPT:
                self._late.popitem(last=False)
            self._reporter.report(self._link, order, "no_answer")
            self._next()
        return self._out is not None

    def link_gone(self) -> None:
        """The link is closed: nothing is sent any more, and nothing is answered."""
        if self._out is not None:
            self._reporter.report(self._link, self._out, "no_answer", error="link_gone")
            self._out = None
        while self._queue:
            self._reporter.report(self._link, self._queue.popleft(), "not_sent", error="link_gone")

    def _next(self) -> None:
        while self._out is None and self._queue:
            order = self._queue.popleft()
            if order.call.not_after < datetime.now(UTC):
                self._reporter.report(self._link, order, "not_sent", error="too_late")
                continue
            self._out = order
            order.sent_at = datetime.now(UTC)
            # `sent` is on record before the call is on the wire: a crash in between may say that a call was sent
            # which was not, never the other way round.
            self._reporter.report(self._link, order, "sent", on_ack=partial(self._send, order))

    def _send(self, order: Order, _offset: int, failure: BaseException | None) -> None:
        if self._out is not order:
            return
        if failure is not None:
            self._out = None
            self._next()
            return
        call = order.call
        allow_what_was_asked_for(self._link, call.action, call.payload, monotonic())
        order.due = monotonic() + call.answer_within_s
        self._link.send(frames.call(call.message_id, call.action, bytes(call.payload)))

    def _take(self, message_id: str) -> Order | None:
        if self._out is not None and self._out.call.message_id == message_id:
            order, self._out = self._out, None
            return order
        return self._late.pop(message_id, None)


def _redacted(action: str, payload: msgspec.Raw) -> msgspec.Raw:
    read = read_payload(payload)
    value, pointers = redact(action, read.value)
    return msgspec.Raw(msgspec.json.encode(value)) if pointers else read.raw
