"""The envelope: CloudEvents headers and back, and what is missing from those of strangers."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volt_contracts.envelope import Envelope, EnvelopeError, from_headers, header, time_header, to_headers
from volt_contracts.message import Event
from volt_eventlog.records import headers_of

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
LEAST = Envelope(id="i", type="a.b.v1", source="/a", subject="t/k", time=NOON)
FULL = Envelope(
    id="i",
    type="a.b.v1",
    source="/a/0",
    subject="t/k",
    time=NOON,
    correlation_id="c",
    causation_id="d",
    command_id="e",
    traceparent=b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    extra=(("volt_link", b"l"), ("volt_link", b"m")),
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ENVELOPES = st.builds(
    Envelope,
    id=TEXT,
    type=TEXT,
    source=TEXT,
    subject=TEXT,
    time=st.datetimes(timezones=st.just(UTC)),
    correlation_id=st.none() | TEXT,
    causation_id=st.none() | TEXT,
    command_id=st.none() | TEXT,
    traceparent=st.none() | st.binary(),
    extra=st.lists(st.tuples(st.sampled_from(["volt_link", "volt_deadline"]), st.binary())).map(tuple),
)


@given(ENVELOPES)
def test_every_envelope_survives_its_headers(envelope: Envelope) -> None:
    assert from_headers(to_headers(envelope)) == envelope


def test_the_headers_are_those_of_cloudevents() -> None:
    """CloudEvents Kafka binding §3.2.3, HTTP-like `ce_` prefix; §3.2.1 content type."""
    assert to_headers(LEAST) == [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"i"),
        ("ce_type", b"a.b.v1"),
        ("ce_source", b"/a"),
        ("ce_subject", b"t/k"),
        ("ce_time", b"2026-03-01T12:00:00.250000Z"),
        ("content-type", b"application/json"),
    ]


@pytest.mark.parametrize("name", ["ce_id", "ce_type", "ce_source", "ce_subject", "ce_time"])
def test_a_header_that_every_record_has_may_not_be_missing(name: str) -> None:
    headers = [(key, value) for key, value in to_headers(FULL) if key != name]
    with pytest.raises(EnvelopeError, match=name):
        from_headers(headers)


@pytest.mark.parametrize(
    ("name", "value"), [("ce_time", b"yesterday"), ("ce_time", b""), ("ce_id", b"\xff"), ("ce_correlationid", b"\xff")]
)
def test_a_header_that_cannot_be_read_is_named_as_such(name: str, value: bytes) -> None:
    headers = [(key, value if key == name else given) for key, given in to_headers(FULL)]
    with pytest.raises(EnvelopeError, match="cannot be read"):
        from_headers(headers)


def test_the_time_of_an_envelope_is_aware() -> None:
    headers = [(key, b"2026-03-01T12:00:00" if key == "ce_time" else value) for key, value in to_headers(LEAST)]
    with contextlib.suppress(EnvelopeError):
        assert from_headers(headers).time.tzinfo is not None


def test_other_zones_are_written_in_utc() -> None:
    assert time_header(NOON.astimezone(timezone(timedelta(hours=-7)))) == b"2026-03-01T12:00:00.250000Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_is_written_as_isoformat_writes_it(moment: datetime) -> None:
    """Without a fraction where there is none: the same time always has the same bytes."""
    assert time_header(moment) == moment.isoformat().replace("+00:00", "Z").encode()


def test_one_header_is_found_without_reading_the_others() -> None:
    assert header([("a", b"1"), ("b", b"2"), ("b", b"3")], "b") == b"2"
    assert header([("a", b"1")], "b") is None


class Said(Event, frozen=True, tag="a.b.v1"):
    """Any type."""


def test_the_runners_shorter_way_writes_the_same_headers() -> None:
    assert to_headers(FULL) == headers_of(
        Said,
        id="i",
        source=b"/a/0",
        subject=b"t/k",
        time=NOON,
        correlation_id="c",
        causation_id="d",
        command_id="e",
        traceparent=FULL.traceparent,
        extra=FULL.extra,
    )
