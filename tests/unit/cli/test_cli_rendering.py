"""Records as text: one JSON object, or one line for people; whatever the record holds."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volt_cli.rendering import as_json, as_sentence, by_name
from volt_contracts.envelope import Envelope, Header, to_headers
from volt_contracts.topics import STATION_EVENTS

NOON = datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ENVELOPE = Envelope(
    id="i",
    type="station.booted.v1",
    source="/station.station/0",
    subject="demo/uid",
    time=NOON,
    causation_id="c",
    correlation_id="o",
    traceparent=TRACE,
)


@dataclass(frozen=True)
class Read:
    """A record as a consumer reads it."""

    value: bytes | None = b'{"type":"station.booted.v1","vendor":"V","energy_wh":"12.50","decoder":{"x":1}}'
    key: bytes = b"demo/uid"
    headers: list[Header] = field(default_factory=lambda: to_headers(ENVELOPE))
    partition: int = 3
    offset: int = 42
    timestamp: int = int(NOON.timestamp() * 1000)


def test_json_has_the_place_the_envelope_and_the_value_as_it_is() -> None:
    text = as_json(STATION_EVENTS, Read())
    assert "\n" not in text
    assert json.loads(text) == {
        "topic": "station.events",
        "partition": 3,
        "offset": 42,
        "at": "2026-03-01T12:00:00.500000Z",
        "key": "demo/uid",
        "tenant": "demo",
        "entity": "uid",
        "type": "station.booted.v1",
        "id": "i",
        "time": "2026-03-01T12:00:00.500000Z",
        "source": "/station.station/0",
        "causation_id": "c",
        "correlation_id": "o",
        "command_id": None,
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "data": {"type": "station.booted.v1", "vendor": "V", "energy_wh": "12.50", "decoder": {"x": 1}},
    }


def test_a_record_without_an_envelope_says_so_and_shows_its_bytes() -> None:
    found = json.loads(as_json(STATION_EVENTS, Read(headers=[], value=b"\xffx")))
    assert found["error"] == "the record has no header 'ce_id'"
    assert found["data"] == "\ufffdx"


@pytest.mark.parametrize("value", [b"{nonsense", b"", None, b'{"a":1} trailing', b'{"a":"two\nlines"}', b"\xff\xfe"])
def test_one_line_of_json_whatever_the_value_is(value: bytes | None) -> None:
    text = as_json(STATION_EVENTS, Read(value=value))
    assert "\n" not in text
    assert json.loads(text)["offset"] == 42


@pytest.mark.parametrize("traceparent", [b"", b"00", b"\xff" * 55])
def test_a_malformed_trace_is_no_trace(traceparent: bytes) -> None:
    headers = [(name, traceparent if name == "traceparent" else value) for name, value in to_headers(ENVELOPE)]
    assert json.loads(as_json(STATION_EVENTS, Read(headers=headers)))["offset"] == 42


def test_a_sentence_says_when_where_what_and_whose() -> None:
    text = as_sentence(STATION_EVENTS, Read())
    assert text.startswith("2026-03-01T12:00:00.500Z  station.events-3@42 ")
    assert "station.booted.v1" in text
    assert "demo/uid" in text
    assert "vendor:V,energy_wh:12.50" in text
    assert "decoder" not in text


@given(st.binary() | st.none(), st.binary())
def test_a_sentence_is_one_line_for_any_bytes(value: bytes | None, key: bytes) -> None:
    text = as_sentence(STATION_EVENTS, Read(value=value, key=key, headers=[]))
    assert len(text.splitlines()) == 1


def test_long_values_are_cut() -> None:
    assert len(as_sentence(STATION_EVENTS, Read(value=b'{"a":"' + b"x" * 10_000 + b'"}'))) < 400


class Small(msgspec.Struct, frozen=True, array_like=True, tag="small"):
    energy_wh: int
    at: datetime


class Whole(msgspec.Struct, frozen=True):
    points: tuple[Small, ...]
    by_evse: dict[int, Small]


def test_a_state_that_is_stored_as_a_list_is_shown_with_its_names() -> None:
    small = {"type": "small", "energy_wh": 5, "at": NOON}
    assert by_name(Whole((Small(5, NOON),), {2: Small(5, NOON)})) == {"points": [small], "by_evse": {2: small}}
