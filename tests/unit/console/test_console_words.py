"""What pages say, and the small pure parts behind them: figures, spans, cursors, steps of a timeline."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volt_console.pages import words
from volt_console.pages.steps import steps
from volt_console.queries.cursor import BadCursor, after, log_key, text_key, time_key
from volt_console.queries.sessions import CurvePoint, Session
from volt_console.queries.stations import Connector
from volt_console.queries.timeline import Record
from volt_console.views.sentences import command_name

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wh", "shown"),
    [("0", "0.00"), ("4.999", "0.00"), ("5", "0.01"), ("12345", "12.35"), ("1234567890", "1,234,567.89")],
)
def test_energy_is_rounded_half_up_only_to_be_shown(wh: str, shown: str) -> None:
    assert words.kwh(Decimal(wh)) == shown


def test_what_is_not_known_is_a_dash() -> None:
    assert [words.kwh(None), words.kw(None), words.span(None, NOON), words.short(None)] == ["–"] * 4


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7260, "2 h 1 min"), (3 * 86_400, "3 d 0 h"), (-5, "0 s")],
)
def test_spans(seconds: int, shown: str) -> None:
    assert words.span(NOON, NOON + timedelta(seconds=seconds)) == shown


def _plug(status: str | None, charging: str | None) -> Connector:
    nothing = dict.fromkeys(("status_as_sent", "since", "error_code", "vendor_error_code", "info"))
    return Connector.model_validate(
        {"evse": 1, "connector": 1, "status": status, "charging_state": charging, **nothing}
    )


@pytest.mark.parametrize(
    ("status", "charging", "shown"),
    [
        ("Available", None, "Free"),
        ("Occupied", "Charging", "Charging"),
        ("Occupied", None, "Occupied"),
        ("Faulted", "Charging", "Faulted"),
        (None, "SuspendedEV", "Paused by car"),
        (None, None, "Unknown"),
        ("SomethingNew", None, "Unknown"),
    ],
)
def test_a_connector_in_a_word(status: str | None, charging: str | None, shown: str) -> None:
    assert words.condition(_plug(status, charging))[0] == shown


@given(st.text(), st.text())
def test_cursors_give_back_the_key_they_were_made_of(identity: str, uid: str) -> None:
    assert text_key(after(identity, uid)) == (identity, uid)
    assert time_key(after(NOON, uid)) == (NOON, uid)
    assert log_key(after(NOON, 2, 41)) == (NOON, 2, 41)


@given(st.text(max_size=60))
def test_any_other_text_is_a_bad_cursor_and_nothing_worse(text: str) -> None:
    for read in (text_key, time_key, log_key):
        with pytest.raises(BadCursor):
            read(text)


def _record(topic: str, event_id: str, cause: str | None, second: float = 0) -> Record:
    at = NOON + timedelta(seconds=second)
    unknown = dict.fromkeys(("correlation_id", "command_id", "trace_id", "session_id", "transaction_uid"))
    return Record.model_validate(
        {
            "topic": topic,
            "partition": 0,
            "offset": 0,
            "rank": 0,
            "station_uid": "s",
            "recorded_at": at,
            "at": at,
            "type": f"{topic}.x.v1",
            "summary": event_id,
            "event_id": event_id,
            "causation_id": cause,
            **unknown,
        }
    )


def test_a_step_begins_with_a_frame_and_holds_what_followed_in_lanes() -> None:
    found = steps(
        [
            _record("gateway.frames", "f1", None),
            _record("station.events", "s1", "f1"),
            _record("gateway.frames", "f2", None),
            _record("session.events", "v1", "s1"),
            _record("station.events", "s2", "f2"),
        ]
    )
    assert [step.first.event_id for step in found] == ["f1", "f2"]
    assert [[record.event_id for record in lane] for lane in (found[0].wire, found[0].station, found[0].session)] == [
        ["f1"],
        ["s1"],
        ["v1"],
    ]


def test_a_command_and_its_way_over_the_wire_are_one_step() -> None:
    records = [
        _record("session.events", "passed", "command").model_copy(update={"correlation_id": "command"}),
        _record("station.events", "sent", "request").model_copy(update={"correlation_id": "command"}),
        _record("gateway.frames", "report", "downlink").model_copy(update={"correlation_id": "command"}),
        _record("gateway.frames", "other", None),
    ]
    assert [step.first.event_id for step in steps(records)] == ["passed", "other"]


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("station.change_availability.v1", "change availability"),
        ("network.adopt_station.v12", "adopt station"),
        ("StopSession", "stop session"),
        (None, "command"),
    ],
)
def test_commands_have_names_that_people_use(command: str | None, shown: str) -> None:
    assert command_name(command) == shown


def _final(*points: tuple[int, str]) -> Session:
    values: dict[str, Any] = dict.fromkeys(Session.model_fields)
    curve = [CurvePoint(at=NOON + timedelta(minutes=minute), energy_wh=Decimal(wh)) for minute, wh in points]
    return Session.model_construct(None, **(values | {"curve": curve}))


def test_a_curve_fills_its_field_from_corner_to_top() -> None:
    drawn = words.curve_paths(_final((0, "0"), (30, "500"), (60, "1000")))
    assert drawn == ("0.0,100.0 500.0,51.0 1000.0,2.0", "0,100 0.0,100.0 500.0,51.0 1000.0,2.0 1000,100")


@pytest.mark.parametrize("points", [(), ((0, "0"),), ((0, "0"), (0, "5")), ((0, "0"), (5, "0"))])
def test_without_energy_or_time_there_is_no_curve(points: tuple[tuple[int, str], ...]) -> None:
    assert words.curve_paths(_final(*points)) is None


def test_a_late_consequence_stands_at_its_own_time() -> None:
    found = steps(
        [_record("session.events", "began", None), _record("session.events", "final", "began", second=86_400)]
    )
    assert [step.first.event_id for step in found] == ["began", "final"]


def test_in_a_list_it_is_enough_how_many_messages_never_came() -> None:
    missing = ("stop", *(f"seq:{number}" for number in range(99_950, 100_000)))
    assert words._lacks(missing) == ["stop", "50 messages"]
    assert words._lacks(("seq:4",)) == ["1 message"]
