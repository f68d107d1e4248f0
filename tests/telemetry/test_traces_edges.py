"""One StartTransaction is one trace through gateway, station, session and the console's views; one command as well."""

import json
from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio
from psycopg import AsyncConnection
from telemetry.trace_edges import (
    BATCH_COUNT,
    CLIENT,
    COMMIT,
    CONSUMER,
    GROUP,
    MESSAGE_ID,
    PRODUCER,
    REPEAT,
    REPLAY,
    RESET,
    SERVER,
    START,
    STATION,
    TENANT,
    VIEWS_OF,
    Edge,
)
from telemetry.trace_words import assert_request, expected
from telemetry.traced_story import (
    ARRIVES_S,
    IDENTITY,
    PASSWORD,
    STATION_UID,
    TENANT_NAME,
    TOKEN,
    WITHIN_S,
    Stored,
    Story,
    told,
)

from volt_testkit.otlp import SpanRecord, running_sink
from volt_testkit.polling import eventually
from volt_testkit.running import running_stack

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

DECIDERS = frozenset({"station.station", "session.session", "session.authorization"})


@pytest_asyncio.fixture(scope="module")
async def story(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    """The whole stack with nothing traced but milestones and commands."""
    with running_sink() as sink:
        home = tmp_path_factory.mktemp("telemetry")
        with running_stack(home, OTEL_EXPORTER_OTLP_ENDPOINT=sink.endpoint, VOLT_TRACE_RATIO="0") as stack:
            yield await told(stack, sink)


def origin(story: Story, what: str) -> Stored:
    """The record with which a trace of the story came into the log."""
    calls = {"start": story.start, "repeat": story.repeat}
    return story.frame(calls[what]) if what in calls else story.command(story.reset)


TRACES = pytest.mark.parametrize(
    ("what", "table"), [("start", START), ("repeat", REPEAT), ("reset", RESET)], ids=["start", "repeat", "reset"]
)


@TRACES
async def test_one_trace_has_exactly_the_spans_of_its_table(story: Story, what: str, table: tuple[Edge, ...]) -> None:
    spans = await story.arrived(origin(story, what), table)
    assert len(spans) == len(table)
    assert {span.status for span in spans} == {"UNSET"}
    assert [span.links for span in spans if span.links] == []
    assert all(span.began <= span.ended for span in spans)


@TRACES
async def test_nothing_of_it_is_in_another_trace(story: Story, what: str, table: tuple[Edge, ...]) -> None:
    spans = await story.arrived(origin(story, what), table)
    own = {span.span_id for span in spans}
    trace_id = spans[0].trace_id
    ids = {record.envelope.id for record in story.records if record.trace_id == trace_id and record.envelope}
    assert ids
    about = [span for span in story.sink.spans() if span.attributes.get(MESSAGE_ID) in ids]
    assert {span.trace_id for span in about if REPLAY not in span.attributes} == {trace_id}
    assert {span.span_id for span in story.sink.spans() if span.trace_id == trace_id} == own


@TRACES
async def test_every_span_says_exactly_what_its_kind_says(story: Story, what: str, table: tuple[Edge, ...]) -> None:
    for span in await story.arrived(origin(story, what), table):
        if span.kind == SERVER and span.service == "console":
            assert_request(span)
        else:
            assert dict(span.attributes) == expected(story, span), span.name


@TRACES
async def test_stored_headers_name_the_send_spans(story: Story, what: str, table: tuple[Edge, ...]) -> None:
    spans = {span.span_id: span for span in await story.arrived(origin(story, what), table)}
    sent = set()
    for record in story.records:
        if record.trace_id == origin(story, what).trace_id:
            _, _, span_id, flags = str(record.traceparent).split("-")
            assert (spans[span_id].name, spans[span_id].kind) == (f"send {record.topic.name}", PRODUCER)
            assert int(flags, 16) & 1
            sent.add(span_id)
    assert sent == {span.span_id for span in spans.values() if span.kind == PRODUCER}


@pytest.mark.parametrize(("what", "table"), [("start", START), ("reset", RESET)], ids=["start", "reset"])
async def test_each_transaction_links_to_what_it_decided(story: Story, what: str, table: tuple[Edge, ...]) -> None:
    spans = await story.arrived(origin(story, what), table)
    effective = {span.parent_id for span in spans if span.kind == PRODUCER}
    decided = [span for span in spans if span.attributes.get(GROUP) in DECIDERS and span.span_id in effective]
    assert {span.service for span in decided} == ({"station", "session"} if what == "start" else {"station"})
    for span in decided:
        (commit,) = await eventually(partial(linking, story, span), bool, ARRIVES_S)
        group, count = str(span.attributes[GROUP]), commit.attributes[BATCH_COUNT]
        assert (commit.service, commit.name, commit.kind) == (span.service, f"commit {group}", CLIENT)
        assert (commit.parent_id, commit.status) == (None, "UNSET")
        assert dict(commit.attributes) == {**COMMIT, GROUP: group, BATCH_COUNT: count}
        assert isinstance(count, int)
        assert count >= 1
        assert commit.ended >= span.ended


async def test_links_are_those_of_transactions_alone(story: Story) -> None:
    consumers = {span.span_id for span in story.sink.spans() if span.kind == CONSUMER}
    linked = [span for span in story.sink.spans() if span.links and REPLAY not in span.attributes]
    assert linked
    assert {span.name.partition(" ")[0] for span in linked} == {"commit"}
    assert {span_id for span in linked for _, span_id in span.links} <= consumers


async def test_the_answer_waits_for_the_acknowledgement(story: Story) -> None:
    spans = {span.name: span for span in await story.arrived(story.frame(story.start), START)}
    receive, send = spans["receive StartTransaction"], spans["send gateway.frames"]
    assert receive.began <= send.began
    assert send.ended <= receive.ended


async def test_readings_at_ratio_zero_leave_no_span(story: Story) -> None:
    reading = story.frame(story.reading)
    assert str(reading.traceparent).endswith("-00")
    carried = [record for record in story.records if record.traceparent == reading.traceparent]
    topics = {record.topic.name for record in carried}
    assert topics == {"gateway.frames", "station.events", "station.telemetry", "session.events"}
    assert await story.arrived(story.frame(story.repeat), REPEAT)
    assert story.trace_of(reading) == []
    ids = {record.envelope.id for record in carried if record.envelope}
    assert [span for span in story.sink.spans() if span.attributes.get(MESSAGE_ID) in ids] == []
    traced = {span.name.partition(" ")[2] for span in story.sink.spans() if span.name.startswith("receive ")}
    assert traced == {"BootNotification", "StartTransaction", "StopTransaction"}


async def test_an_effect_carries_the_trace_of_its_cause(story: Story) -> None:
    """Unsampled contexts are passed on byte for byte; sampled ones keep the trace, with the send span of their own."""
    causes = {record.envelope.id: record for record in story.records if record.envelope}
    seen = set()
    for record in story.records:
        cause = causes.get(str(record.envelope.causation_id)) if record.envelope else None
        if cause is None or cause.traceparent is None or record.topic.kind == "rows":
            continue
        seen.add(cause.is_sampled)
        if cause.is_sampled:
            assert (record.trace_id, record.is_sampled) == (cause.trace_id, True), record
        else:
            assert record.traceparent == cause.traceparent, record
    assert seen == {True, False}


async def test_grep_shows_the_trace_of_every_record(story: Story) -> None:
    lines = story.stack.command("events", "grep", "--json", "--station", IDENTITY).splitlines()
    shown = {(line["topic"], line["partition"], line["offset"]): line["trace_id"] for line in map(json.loads, lines)}
    start = story.frame(story.start)
    assert shown[(start.topic.name, start.partition, start.offset)] == start.trace_id
    stored = {(record.topic.name, record.partition, record.offset): record.trace_id for record in story.records}
    assert {place: trace_id for place, trace_id in shown.items() if place in stored}.items() <= stored.items()
    traced = {topic for (topic, _, _), trace_id in shown.items() if trace_id == start.trace_id}
    assert traced == {"gateway.frames", "station.events", "session.events"}


async def test_no_secret_and_no_clear_token_is_told_to_the_collector(story: Story) -> None:
    exported = b"\n".join(story.sink.bodies()).lower()
    assert STATION_UID.encode() in exported
    assert b"RemoteStartTransaction".lower() in exported
    assert b"ChangeConfiguration".lower() in exported
    secrets = [str(value) for value in json.loads((story.stack.home / "secrets.json").read_text()).values()]
    assert secrets
    for secret in [*secrets, TOKEN, PASSWORD]:
        assert len(secret) >= len(TOKEN)
        assert secret.lower().encode() not in exported, "a secret is in an exported span"


async def test_a_station_is_named_only_where_it_is_one(story: Story) -> None:
    assert {span.attributes[STATION] for span in story.sink.spans() if STATION in span.attributes} == {STATION_UID}
    named = {span.attributes[TENANT] for span in story.sink.spans() if TENANT in span.attributes}
    assert named == {TENANT_NAME}


async def test_a_view_that_is_built_anew_links_to_the_traces_of_old(story: Story) -> None:
    """Last, because it takes the console's tables away: the log is read again, and no trace of then may grow."""
    start = story.frame(story.start)
    before = await story.arrived(start, START)
    (sent,) = [span for span in before if span.name == "send gateway.frames"]
    async with await AsyncConnection.connect(story.stack.status()["postgres"]["url"], autocommit=True) as database:
        story.stack.kill("console")
        await database.execute("DROP SCHEMA console CASCADE")

    async def replays() -> list[SpanRecord]:
        return [span for span in story.sink.spans() if REPLAY in span.attributes and is_about(span, start)]

    views = VIEWS_OF["gateway.frames"]
    found = await eventually(replays, lambda spans: len(spans) == len(views), WITHIN_S)
    for span in found:
        assert (span.service, span.name, span.kind) == ("console", "process gateway.frames", CONSUMER)
        assert (span.parent_id, span.links) == (None, ((sent.trace_id, sent.span_id),))
        (live,) = [one for one in before if is_about(one, start) and one.attributes[GROUP] == span.attributes[GROUP]]
        assert dict(span.attributes) == {**live.attributes, REPLAY: True}
    assert {span.attributes[GROUP] for span in found} == set(views)
    assert await story.arrived(start, START) == before


def is_about(span: SpanRecord, record: Stored) -> bool:
    """Whether a consumer's span names this record."""
    return record.envelope is not None and span.attributes.get(MESSAGE_ID) == record.envelope.id


async def linking(story: Story, to: SpanRecord) -> list[SpanRecord]:
    """The spans that link to this one."""
    return [span for span in story.sink.spans() if (to.trace_id, to.span_id) in span.links]
