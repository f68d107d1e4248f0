"""The tests' own OTLP endpoint, spoken to by the exporter that the services use."""

import gzip
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from volt_testkit.otlp import PATH, PROTOBUF, NotAnExport, Sink, decoded, running_sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as running:
        yield running


def tracer(sink: Sink, compression: Compression = Compression.NoCompression) -> Tracer:
    """A service that exports each span as soon as it ends."""
    provider = TracerProvider(resource=Resource({"service.name": "station", "service.namespace": "voltlog"}))
    exporter = OTLPSpanExporter(endpoint=sink.endpoint + PATH, compression=compression)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("test")


def test_a_span_is_kept_as_it_was_told(sink: Sink) -> None:
    origin = tracer(sink)
    above = origin.start_span("receive StartTransaction", kind=SpanKind.SERVER)
    span = origin.start_span(
        "send station.events",
        context=set_span_in_context(above),
        kind=SpanKind.PRODUCER,
        attributes={"text": "t", "whole": 7, "part": 0.5, "yes": True, "many": ["a", "b"]},
        links=[Link(above.get_span_context())],
    )
    span.set_status(Status(StatusCode.ERROR, "why"))
    span.end()
    above.end()
    first, second = sink.spans()
    context = above.get_span_context()
    assert (first.name, first.kind, first.parent_id, first.links) == ("receive StartTransaction", "SERVER", None, ())
    assert (first.trace_id, first.span_id) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")
    assert (first.service, first.status, dict(first.attributes)) == ("station", "UNSET", {})
    assert (second.name, second.kind, second.status) == ("send station.events", "PRODUCER", "ERROR")
    assert (second.trace_id, second.parent_id) == (first.trace_id, first.span_id)
    assert second.links == ((first.trace_id, first.span_id),)
    assert dict(second.attributes) == {"text": "t", "whole": 7, "part": 0.5, "yes": True, "many": ("a", "b")}
    assert first.began <= second.began <= second.ended <= first.ended


def test_one_trace_can_be_asked_for(sink: Sink) -> None:
    origin = tracer(sink)
    spans = [origin.start_span(name, context=None) for name in ("one", "two")]
    for span in spans:
        span.end()
    trace_id = f"{spans[1].get_span_context().trace_id:032x}"
    assert [span.name for span in sink.spans()] == ["one", "two"]
    assert [span.name for span in sink.spans(trace=trace_id)] == ["two"]
    assert sink.spans(trace="0" * 32) == []


def test_exports_are_kept_as_they_came_and_compressed_ones_are_read(sink: Sink) -> None:
    tracer(sink, Compression.Gzip).start_span("whispered").end()
    (body,) = sink.bodies()
    assert b"whispered" in body
    assert [span.name for span in decoded(body)] == ["whispered"]


@pytest.mark.parametrize(
    ("path", "headers", "body", "status"),
    [
        (PATH, {"Content-Type": PROTOBUF}, b"", 200),
        (PATH, {"Content-Type": PROTOBUF}, b"no protobuf", 400),
        (PATH, {"Content-Type": PROTOBUF, "Content-Encoding": "gzip"}, b"no gzip", 400),
        (PATH, {"Content-Type": PROTOBUF, "Content-Encoding": "gzip"}, gzip.compress(b"")[:-4], 400),
        (PATH, {"Content-Type": PROTOBUF, "Content-Encoding": "gzip"}, gzip.compress(b"")[:10] + b"\xff" * 9, 400),
        (PATH, {"Content-Type": "application/json"}, b"{}", 415),
        ("/v1/metrics", {"Content-Type": PROTOBUF}, b"", 404),
    ],
    ids=["empty", "no protobuf", "no gzip", "cut gzip", "broken gzip", "json", "metrics"],
)
def test_what_is_no_export_of_traces_is_refused(
    sink: Sink, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    response = httpx.post(sink.endpoint + path, headers=headers, content=body, trust_env=False)
    assert response.status_code == status
    assert sink.spans() == []
    assert len(sink.bodies()) == (1 if status == 200 else 0)


def test_what_cannot_be_decoded_is_said_to_be_so() -> None:
    with pytest.raises(NotAnExport):
        decoded(b"\xff\xff\xff")


def test_the_port_is_free_again_afterwards() -> None:
    with running_sink() as running:
        endpoint = running.endpoint
    with pytest.raises(httpx.ConnectError):
        httpx.post(endpoint + PATH, content=b"", trust_env=False)
