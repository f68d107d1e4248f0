"""Trace context in bytes: the sampled bit, malformed headers, and what a reader makes its parent."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import INVALID_SPAN, get_current_span

from volt_eventlog import tracing

TRACE = b"0af7651916cd43dd8448eb211c80319c"
SPAN = b"b7ad6b7169203331"


def header(flags: bytes, version: bytes = b"00") -> bytes:
    """A traceparent with these flags."""
    return version + b"-" + TRACE + b"-" + SPAN + b"-" + flags


@pytest.mark.parametrize("flags", [b"01", b"03", b"05", b"ff", b"0b"])
def test_the_sampled_bit_counts_whatever_else_is_set(flags: bytes) -> None:
    """Level 2 sets the random bit as well: `-03`."""
    assert tracing.sampled(header(flags))
    context = tracing.context_of(header(flags))
    assert context is not None
    assert context.trace_flags.sampled


@pytest.mark.parametrize("flags", [b"00", b"02", b"fe", b"10"])
def test_without_the_bit_it_is_not_sampled(flags: bytes) -> None:
    assert not tracing.sampled(header(flags))
    context = tracing.context_of(header(flags))
    assert context is not None
    assert not context.trace_flags.sampled


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        b"",
        b"00",
        b"x" * 54,
        b"00-" + b"z" * 32 + b"-" + SPAN + b"-01",
        b"00-" + TRACE + b"-" + b"z" * 16 + b"-01",
        b"00-" + b"0" * 32 + b"-" + SPAN + b"-01",
        b"00-" + TRACE + b"-" + b"0" * 16 + b"-01",
        b"00-" + TRACE.upper() + b"-" + SPAN + b"-01",
        header(b"01", version=b"ff"),
    ],
    ids=["none", "empty", "short", "54 bytes", "trace", "span", "zero trace", "zero span", "upper case", "version ff"],
)
def test_what_is_malformed_is_nobodys_parent(wrong: bytes | None) -> None:
    """W3C Trace Context §2.2.2, §3.2: a receiver that cannot parse it starts a new trace."""
    assert tracing.context_of(wrong) is None
    assert tracing.parent(wrong) is None


def test_a_longer_header_of_a_later_version_is_read() -> None:
    """W3C Trace Context §2.2.2: higher versions only append."""
    context = tracing.context_of(header(b"01", version=b"01") + b"-what-comes")
    assert context is not None
    assert f"{context.trace_id:032x}".encode() == TRACE


def test_a_new_context_is_well_formed_and_says_whether_it_is_sampled() -> None:
    made = {tracing.new_traceparent(sampled) for sampled in (True, False) for _ in range(50)}
    assert len(made) == 100
    assert all(tracing.context_of(one) is not None and len(one) == 55 for one in made)
    assert tracing.sampled(tracing.new_traceparent(True))
    assert not tracing.sampled(tracing.new_traceparent(False))


def test_the_parent_is_the_remote_span() -> None:
    parent = tracing.parent(header(b"01"))
    assert parent is not None
    span = get_current_span(parent)
    assert span.get_span_context().is_remote
    assert f"{span.get_span_context().span_id:016x}".encode() == SPAN
    assert get_current_span() is INVALID_SPAN, "it is not made current"


def test_a_recorded_spans_header_makes_it_the_parent_of_the_next() -> None:
    span = TracerProvider().get_tracer("t").start_span("a")
    written = tracing.traceparent_of(span)
    assert tracing.sampled(written)
    context = tracing.context_of(written)
    assert context is not None
    assert (context.trace_id, context.span_id) == (
        span.get_span_context().trace_id,
        span.get_span_context().span_id,
    )
