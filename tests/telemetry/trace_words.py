"""What a span has to say, word for word: from the one table, and from the record in the log that it is about."""

from collections.abc import Mapping

from telemetry.trace_edges import (
    ACTION,
    ATTRIBUTES,
    CONSUMER,
    GROUP,
    KEY,
    MESSAGE_ID,
    MESSAGE_TYPE,
    OFFSET,
    PARTITION,
    PROCESS,
    PRODUCER,
    SEND,
    STATION,
    TENANT,
    said_by,
)
from telemetry.traced_story import STATION_UID, TENANT_NAME, Stored, Story

from volt_testkit.otlp import SpanRecord, Value


def expected(story: Story, span: SpanRecord) -> dict[str, Value]:
    """What a span has to say of its record, by the one table and the log."""
    verb, _, what = span.name.partition(" ")
    kind = said_by(span)
    values: dict[str, Value] = {TENANT: TENANT_NAME, STATION: STATION_UID, ACTION: "Reset"}
    if verb == "receive":
        return {name: {**values, ACTION: what}[name] for name in ATTRIBUTES[kind]}
    if ATTRIBUTES[kind]:
        record = record_of(story, span)
        assert record.envelope is not None
        # the group: a trace's paths show already whether it is the right one
        values |= {
            PARTITION: str(record.partition),
            OFFSET: record.offset,
            KEY: record.key,
            GROUP: span.attributes.get(GROUP),
        }
        values |= {MESSAGE_ID: record.envelope.id, MESSAGE_TYPE: record.envelope.type}
    words = {"send": SEND, "process": PROCESS}[verb]
    return {**words, "messaging.destination.name": what, **{name: values[name] for name in ATTRIBUTES[kind]}}


def record_of(story: Story, span: SpanRecord) -> Stored:
    """The record that a span is about: the one that it sent, or the one that its parent sent and that it names."""
    sender = span.span_id if span.kind == PRODUCER else span.parent_id
    sent = [record for record in story.records if f"-{span.trace_id}-{sender}-" in str(record.traceparent)]
    if span.kind == CONSUMER:
        sent = [one for one in sent if one.envelope and one.envelope.id == span.attributes.get(MESSAGE_ID)]
    (found,) = sent
    return found


def assert_request(span: SpanRecord) -> None:
    """The web framework's own span of a request."""
    said: Mapping[str, Value] = span.attributes
    assert (said["http.request.method"], said["http.route"]) == ("POST", "/api/v1/stations/{uid}/reset")
    assert said["http.response.status_code"] == 200
    assert "url.query" not in said
