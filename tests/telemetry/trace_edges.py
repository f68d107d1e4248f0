"""What the traces of a charge and of a command look like: every span with its parent, and what each kind of span says.

The words stand here and not as constants of the code: who renames a span or an attribute breaks somebody's dashboard.
A new consumer is one more line, a new view one more name in `VIEWS_OF`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from volt_console.views import VIEWS
from volt_testkit.otlp import SpanRecord, Value

SERVER, PRODUCER, CONSUMER, CLIENT = "SERVER", "PRODUCER", "CONSUMER", "CLIENT"

GROUP = "messaging.consumer.group.name"
PARTITION = "messaging.destination.partition.id"
OFFSET = "messaging.kafka.offset"
KEY = "messaging.kafka.message.key"
MESSAGE_ID = "messaging.message.id"
BATCH_COUNT = "messaging.batch.message_count"
MESSAGE_TYPE = "volt.message.type"
TENANT = "volt.tenant"
STATION = "volt.station"
ACTION = "volt.ocpp.action"
REPLAY = "volt.replay"


@dataclass(frozen=True)
class Edge:
    """A span and the step that it lies under. `reader` and `about` are a consumer's group and the type it takes."""

    step: str
    under: str | None
    service: str
    name: str
    kind: str
    reader: str | None = None
    about: str | None = None


VIEWS_OF: Mapping[str, tuple[str, ...]] = {
    "gateway.frames": ("view.station_timeline",),
    "station.events": ("view.live_stations", "view.station_timeline", "view.command_outcomes", "view.audit_trail"),
    "session.events": ("view.live_sessions", "view.station_timeline", "view.command_outcomes", "view.audit_trail"),
}
"""The console's views by what they read."""

FOLDED = {f"view.{view.name}": view.types for view in VIEWS}
"""The types that a view takes; None: every record of its topics."""


def seen(under: str, topic: str, *types: str) -> tuple[Edge, ...]:
    """Every view of a topic takes every record that it folds; what it passes over has no span."""
    return tuple(
        Edge(f"{under}: {kind} by {view}", under, "console", f"process {topic}", CONSUMER, view, kind)
        for view in VIEWS_OF[topic]
        for kind in types
        if (folded := FOLDED[view]) is None or kind in folded
    )


START: tuple[Edge, ...] = (
    Edge("received", None, "gateway", "receive StartTransaction", SERVER),
    Edge("framed", "received", "gateway", "send gateway.frames", PRODUCER),
    *seen("framed", "gateway.frames", "gateway.exchange.v1"),
    Edge("heard", "framed", "station", "process gateway.frames", CONSUMER, "station.station", "gateway.exchange.v1"),
    Edge("told", "heard", "station", "send station.events", PRODUCER),
    *seen("told", "station.events", "station.transaction_started.v1"),
    Edge(
        "joined", "told", "session", "process station.events", CONSUMER,
        "session.session", "station.transaction_started.v1",
    ),
    Edge("visited", "joined", "session", "send session.events", PRODUCER),
    *seen("visited", "session.events", "session.started.v1", "session.transaction_joined.v1", "session.authorized.v1"),
    Edge("used", "joined", "session", "send session.authorization.commands", PRODUCER),
    Edge(
        "noted", "used", "session", "process session.authorization.commands", CONSUMER,
        "session.authorization", "session.note_use.v1",
    ),
    Edge("kept", "noted", "session", "send session.authorization.events", PRODUCER),
)  # fmt: skip
"""A StartTransaction of an accepted token on an idle connector."""

REPEAT: tuple[Edge, ...] = (
    Edge("received", None, "gateway", "receive StartTransaction", SERVER),
    Edge("framed", "received", "gateway", "send gateway.frames", PRODUCER),
    *seen("framed", "gateway.frames", "gateway.exchange.v1"),
    Edge("heard", "framed", "station", "process gateway.frames", CONSUMER, "station.station", "gateway.exchange.v1"),
)
"""The same StartTransaction once more: heard, and without any effect."""


def reported(step: str, said: str) -> tuple[Edge, ...]:
    """The gateway reports on a call, and the twin says what that means."""
    reader, about = "station.station", "gateway.call_report.v1"
    return (
        Edge(f"report {step}", "carried", "gateway", "send gateway.frames", PRODUCER),
        *seen(f"report {step}", "gateway.frames", about),
        Edge(f"heard {step}", f"report {step}", "station", "process gateway.frames", CONSUMER, reader, about),
        Edge(f"told {step}", f"heard {step}", "station", "send station.events", PRODUCER),
        *seen(f"told {step}", "station.events", said),
    )


RESET: tuple[Edge, ...] = (
    Edge("asked", None, "console", "POST /api/v1/stations/{uid}/reset", SERVER),
    Edge("ordered", "asked", "console", "send station.commands", PRODUCER, None, "station.reset.v1"),
    Edge("decided", "ordered", "station", "process station.commands", CONSUMER, "station.station", "station.reset.v1"),
    Edge("accepted", "decided", "station", "send station.events", PRODUCER),
    *seen("accepted", "station.events", "station.command_sent.v1"),
    Edge("called", "decided", "station", "send gateway.downlink", PRODUCER),
    Edge("carried", "called", "gateway", "process gateway.downlink", CONSUMER, None, "gateway.send_call.v1"),
    *reported("sent", "station.command_progressed.v1"),
    *reported("result", "station.command_finished.v1"),
    Edge(
        "passed over", "told result", "session", "process station.events", CONSUMER,
        "session.session", "station.command_finished.v1",
    ),
)  # fmt: skip
"""A Reset from the console's API to the station and back to its outcome."""


SEND: Mapping[str, Value] = {
    "messaging.system": "kafka", "messaging.operation.name": "send", "messaging.operation.type": "send",
}  # fmt: skip
PROCESS: Mapping[str, Value] = {
    "messaging.system": "kafka", "messaging.operation.name": "process", "messaging.operation.type": "process",
}  # fmt: skip
COMMIT: Mapping[str, Value] = {
    "messaging.system": "kafka", "messaging.operation.name": "commit", "messaging.operation.type": "settle",
}  # fmt: skip

PLACE = (PARTITION, OFFSET)
RECORD = (KEY, MESSAGE_ID, MESSAGE_TYPE)

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "receive": (TENANT, STATION, ACTION),
    "send": (),
    "send by the gateway": (*PLACE, KEY, TENANT, STATION),
    "send of a command": (*PLACE, *RECORD, TENANT, STATION),
    "process": (*PLACE, *RECORD, GROUP, TENANT, STATION),
    "process of a token's record": (*PLACE, *RECORD, GROUP, TENANT),
    "process by the gateway": (*RECORD, TENANT, STATION, ACTION),
    "commit": (GROUP, BATCH_COUNT),
}
"""What a span says beside `messaging.destination.name` and the three words above; nothing else may be in it."""


def said_by(span: SpanRecord) -> str:
    """Which line of `ATTRIBUTES` a span has to keep to."""
    verb, _, topic = span.name.partition(" ")
    if verb == "send" and span.service in {"gateway", "console"}:
        return "send by the gateway" if span.service == "gateway" else "send of a command"
    if verb == "process" and span.service == "gateway":
        return "process by the gateway"
    if verb == "process" and topic.startswith("session.authorization."):
        return "process of a token's record"
    return verb


Step = tuple[str, str, str, Value, Value]
Path = tuple[Step, ...]
"""A span with all that it lies under: (service, name, kind, reader, type of what it is about) of each."""


def paths_of(spans: Iterable[SpanRecord]) -> Counter[Path]:
    """The paths of a trace as it was exported. A span whose parent is missing has no path from a root: it shows."""
    by_id = {span.span_id: span for span in spans}

    def path(span: SpanRecord) -> Path:
        said = span.attributes
        own = (span.service, span.name, span.kind, said.get(GROUP), said.get(MESSAGE_TYPE))
        if span.parent_id is None:
            return (own,)
        above = by_id.get(span.parent_id)
        return (*(path(above) if above else (("nobody", span.parent_id, "", None, None),)), own)

    return Counter(path(span) for span in by_id.values())


def paths_in(table: Iterable[Edge]) -> Counter[Path]:
    """The paths that a table asks for."""
    known: dict[str, Path] = {}
    for edge in table:
        above = () if edge.under is None else known[edge.under]
        known[edge.step] = (*above, (edge.service, edge.name, edge.kind, edge.reader, edge.about))
    return Counter(known.values())
