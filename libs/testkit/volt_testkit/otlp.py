"""An OTLP/HTTP endpoint of a test's own on loopback: what processes export to it is kept as plain span records."""

import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

PATH = "/v1/traces"
PROTOBUF = "application/x-protobuf"

Value = str | int | float | bool | bytes | None | tuple["Value", ...]


@dataclass(frozen=True)
class SpanRecord:
    """One exported span. Ids are lower-case hex, `kind` and `status` the words of the specification (`PRODUCER`,
    `ERROR`), `links` the (trace id, span id) that it points to, `began` and `ended` nanoseconds since 1970.
    """

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str | None
    attributes: Mapping[str, Value]
    links: tuple[tuple[str, str], ...]
    status: str
    began: int
    ended: int


class NotAnExport(ValueError):
    """What was posted is no `ExportTraceServiceRequest`."""


class Sink:
    """What has arrived so far. Exports come in on threads of the server; whoever reads gets a copy."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        """For OTEL_EXPORTER_OTLP_ENDPOINT."""
        self._lock = Lock()
        self._spans: list[SpanRecord] = []
        self._bodies: list[bytes] = []

    def take(self, body: bytes) -> None:
        """Keep one export.

        Raises:
            NotAnExport: it cannot be decoded.
        """
        spans = decoded(body)
        with self._lock:
            self._spans += spans
            self._bodies.append(body)

    def spans(self, *, trace: str | None = None) -> list[SpanRecord]:
        """All spans, or those of one trace, in the order of their beginning."""
        with self._lock:
            found = [span for span in self._spans if trace is None or span.trace_id == trace]
        return sorted(found, key=lambda span: span.began)

    def bodies(self) -> list[bytes]:
        """The exports as they came over the wire: what is nowhere in them was told to nobody."""
        with self._lock:
            return list(self._bodies)


def decoded(body: bytes) -> list[SpanRecord]:
    """The spans of an export.

    Raises:
        NotAnExport: it is not protobuf of OTLP.
    """
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError as wrong:
        raise NotAnExport(str(wrong)) from wrong
    return [
        _record(str(_attributes(resource.resource.attributes).get("service.name", "")), span)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


@contextmanager
def running_sink() -> Iterator[Sink]:
    """Listen on a free loopback port until the test is done."""
    server = _Server(("127.0.0.1", 0), _Receiver)
    server.sink = Sink(server.server_address[1])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="otlp sink")
    thread.start()
    try:
        yield server.sink
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    sink: Sink


class _Receiver(BaseHTTPRequestHandler):
    """Answers as OTLP/HTTP §"Response" demands: 200 with an empty message, 400 for what cannot be decoded."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer(self._taken(body))

    def _taken(self, body: bytes) -> HTTPStatus:
        if self.path != PATH:
            return HTTPStatus.NOT_FOUND
        if self.headers.get_content_type() != PROTOBUF:
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        try:
            self.server.sink.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        except (NotAnExport, OSError, EOFError, zlib.error):
            return HTTPStatus.BAD_REQUEST
        return HTTPStatus.OK

    def _answer(self, status: HTTPStatus) -> None:
        body = ExportTraceServiceResponse().SerializeToString()
        self.send_response(status)
        self.send_header("Content-Type", PROTOBUF)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests say what failed themselves."""


def _record(service: str, span: Span) -> SpanRecord:
    return SpanRecord(
        service=service,
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() or None,
        attributes=_attributes(span.attributes),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        status=Status.StatusCode.Name(span.status.code).removeprefix("STATUS_CODE_"),
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
    )


def _attributes(pairs: Sequence[KeyValue]) -> dict[str, Value]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Value:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return tuple(_value(entry) for entry in value.array_value.values)
        case "kvlist_value":
            return tuple((pair.key, _value(pair.value)) for pair in value.kvlist_value.values)
        case plain:
            found: Value = getattr(value, plain)
            return found
