"""Spans of one batch: each sampled live record has its own process span, each of its outputs a send span."""

from opentelemetry.trace import Link, Span, SpanKind

from volt_eventlog import tracing
from volt_eventlog.message import Message, Tick


class BatchSpans:
    """Touches the SDK for sampled records only; for all others the header bytes are passed on."""

    __slots__ = ("_inherited", "_lane", "_message", "_process", "_processes", "_sends", "_transaction")

    def __init__(self, lane: str) -> None:
        self._lane = lane
        self._message: Message | None = None
        self._inherited: bytes | None = None
        self._process: Span | None = None
        self._processes: list[Span] = []
        self._sends: dict[tuple[int, str], Span] = {}
        self._transaction: Span | None = None

    def begin(self, message: Message | Tick) -> None:
        """A message is about to be decided on."""
        self._process = None
        self._inherited = None
        if isinstance(message, Tick):
            return
        self._inherited = message.envelope.traceparent
        if self._inherited is None or not tracing.sampled(self._inherited):
            return
        attributes = tracing.attributes_of(message, self._lane)
        self._process = tracing.process_span(message.topic.name, self._inherited, attributes)
        self._processes.append(self._process)

    def traceparent(self, topic: str) -> bytes | None:
        """The context for an output of the current message: its send span's, or what the message itself carried."""
        if self._process is None:
            return self._inherited
        place = (len(self._processes), topic)
        span = self._sends.get(place)
        if span is None:
            span = tracing.send_span(topic, tracing.traceparent_of(self._process), {})
            self._sends[place] = span
        return tracing.traceparent_of(span)

    def sending(self, count: int) -> None:
        """Everything is decided and goes out now in one transaction, whose span links to the records' own."""
        if self._processes:
            links = [Link(span.get_span_context()) for span in self._processes]
            attributes: dict[str, str | int] = {
                tracing.SYSTEM: "kafka",
                tracing.OPERATION: "commit",
                tracing.OPERATION_TYPE: "settle",
                tracing.GROUP: self._lane,
                tracing.BATCH_COUNT: count,
            }
            self._transaction = tracing.start(f"commit {self._lane}", SpanKind.CLIENT, None, attributes, links)

    def finish(self, failure: BaseException | None) -> None:
        """The transaction is through, was aborted, or was not needed because there was nothing to write."""
        spans = [*self._sends.values(), *self._processes]
        if self._transaction is not None:
            spans.append(self._transaction)
        for span in spans:
            tracing.ended(span, failure)
