"""What happened at a station, and in one visit, in the order of the log? A narrow index; the records stay in Kafka."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from volt_console.views.changes import changed_keys
from volt_console.views.sentences import sentence
from volt_console.views.upsert import insert, storable
from volt_contracts import gateway
from volt_contracts.fact import Fact
from volt_contracts.topics import GATEWAY_FRAMES, NETWORK_STATION_EVENTS, SESSION_EVENTS, STATION_EVENTS
from volt_eventlog.message import Message
from volt_eventlog.view import Statement, View

KEPT = timedelta(days=7)
"""How long frames stay in the index, by the log's own time; in `gateway.frames` they are kept longer."""
FORGET_EVERY = 1024
"""Frames of a partition: looking for old ones reads what was added last, which no range of the index sums up yet."""

TIMELINE = """
    topic text NOT NULL,
    log_partition integer NOT NULL,
    log_offset bigint NOT NULL,
    tenant text NOT NULL,
    station_uid text NOT NULL,
    recorded_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    type text NOT NULL,
    summary text NOT NULL,
    event_id text NOT NULL,
    causation_id text,
    correlation_id text,
    command_id text,
    trace_id text,
    session_id text,
    transaction_uid text,
    evse bigint,
    connector bigint,
    action text,
    direction text,
    PRIMARY KEY (topic, log_partition, log_offset)
"""

TYPES = {
    "topic": "text",
    "log_partition": "integer",
    "log_offset": "bigint",
    "tenant": "text",
    "station_uid": "text",
    "recorded_at": "timestamptz",
    "at": "timestamptz",
    "type": "text",
    "summary": "text",
    "event_id": "text",
    "causation_id": "text",
    "correlation_id": "text",
    "command_id": "text",
    "trace_id": "text",
    "session_id": "text",
    "transaction_uid": "text",
    "evse": "bigint",
    "connector": "bigint",
    "action": "text",
    "direction": "text",
}

_INSERT = insert("station_timeline", TYPES) + " ON CONFLICT (topic, log_partition, log_offset) DO NOTHING"

_FORGET = (
    "DELETE FROM {station_timeline} WHERE topic = 'gateway.frames' AND log_partition = %(partition)s"
    " AND recorded_at < %(before)s"
)

LONGEST_SUMMARY = 400


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Index every record but the signs of life of quiet links; now and then forget frames older than `KEPT`."""
    rows = sorted(_row(message) for message in batch if not isinstance(message.body, gateway.LinkAlive))
    statements = []
    if rows:
        columns = (list(column) for column in zip(*rows, strict=True))
        statements.append(Statement(_INSERT, dict(zip(TYPES, columns, strict=True))))
    for message in batch:
        if message.offset % FORGET_EVERY == 0 and message.topic is GATEWAY_FRAMES:
            statements.append(Statement(_FORGET, {"partition": message.partition, "before": message.at - KEPT}))
    return statements


def _row(message: Message) -> tuple[Any, ...]:
    """The columns in the order of `TYPES`; its beginning is the primary key, by which rows are sorted."""
    body, envelope = message.body, message.envelope
    return (
        message.topic.name,
        message.partition,
        message.offset,
        storable(message.tenant),
        storable(message.entity),
        message.at,
        body.time.at if isinstance(body, Fact) else envelope.time,
        envelope.type,
        storable(sentence(body)[:LONGEST_SUMMARY]),
        envelope.id,
        envelope.causation_id,
        envelope.correlation_id,
        envelope.command_id or getattr(body, "command_id", None),
        trace_id(envelope.traceparent),
        getattr(body, "session_id", None),
        getattr(body, "transaction_uid", None),
        getattr(body, "evse", None),
        getattr(body, "connector", None),
        *_on_the_wire(body),
    )


def _on_the_wire(body: Any) -> tuple[str | None, str | None]:
    """A frame's action, and whether the station called (`in`) or was called (`out`)."""
    match body:
        case gateway.Exchange():
            return storable(body.action), "in"
        case gateway.CallReport():
            return body.action, "out"
        case gateway.Unreadable():
            return None, "in"
    return None, None


def trace_id(traceparent: bytes | None) -> str | None:
    """The trace id in a `traceparent` (W3C Trace Context §3.2), or None where there is none."""
    parts = (traceparent or b"").split(b"-")
    return parts[1].decode("latin-1") if len(parts) > 3 and len(parts[1]) == 32 else None


def _index(name: str, columns: str, where: str = "") -> str:
    only = f" WHERE {where}" if where else ""
    return f"CREATE INDEX IF NOT EXISTS station_timeline_{name}_g{{g}} ON {{station_timeline}} ({columns}){only}"


STATION_TIMELINE = View(
    name="station_timeline",
    schema="console",
    generation=2,
    topics=(GATEWAY_FRAMES, STATION_EVENTS, SESSION_EVENTS, NETWORK_STATION_EVENTS),
    tables={"station_timeline": TIMELINE},
    indexes=(
        _index("station", "tenant, station_uid, recorded_at DESC"),
        _index("session", "tenant, session_id", "session_id IS NOT NULL"),
        _index("transaction", "tenant, transaction_uid", "transaction_uid IS NOT NULL"),
        _index("command", "tenant, command_id", "command_id IS NOT NULL"),
        # Rows lie in the order in which they came: a block range index finds old ones and costs next to nothing.
        "CREATE INDEX IF NOT EXISTS station_timeline_age_g{g} ON {station_timeline} USING brin (recorded_at)"
        " WITH (autosummarize = on)",
    ),
    apply=apply,
    notifies=changed_keys,
    compared={"station_timeline": ", ".join(TYPES)},
)
