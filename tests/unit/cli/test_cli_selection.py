"""What is asked for on the command line becomes a selection, or a sentence that says why it cannot."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volt_cli.selection import LOGS, BadSelection, Selection, moment, station_key, topics_named
from volt_contracts.ids import station_uid
from volt_contracts.topics import BY_NAME, GATEWAY_FRAMES, SESSION_EVENTS, STATION_EVENTS

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Found:
    """A record that was read."""

    key: bytes = b"demo/k"
    value: bytes | None = b'{"session_id":"s1"}'
    timestamp: int = int(NOON.timestamp() * 1000)
    headers: list[tuple[str, bytes]] = field(default_factory=lambda: [("ce_type", b"session.ended.v1")])


def test_without_conditions_everything_is_meant_but_tombstones() -> None:
    everything = Selection(LOGS)
    assert everything.takes(Found())
    assert not everything.takes(Found(value=None))


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ("session.ended", True),
        ("session.ended.v1", True),
        ("session", True),
        ("session.end", False),
        ("session.ended.v2", False),
        ("station.ended", False),
    ],
)
def test_a_type_is_meant_by_its_first_words(wanted: str, fits: bool) -> None:
    assert Selection(LOGS, types=(wanted,)).takes(Found()) is fits


def test_any_of_several_types_is_meant() -> None:
    assert Selection(LOGS, types=("station.booted", "session.ended")).takes(Found())


def test_a_record_without_a_type_has_none_that_could_be_meant() -> None:
    assert not Selection(LOGS, types=("session.ended",)).takes(Found(headers=[]))


def test_a_key_and_a_session() -> None:
    assert Selection(LOGS, key="demo/k", session="s1").takes(Found())
    assert not Selection(LOGS, key="demo/other").takes(Found())
    assert not Selection(LOGS, session="s2").takes(Found())
    assert not Selection(LOGS, session="s1").takes(Found(value=b"{nonsense"))
    assert not Selection(LOGS, session="s1").takes(Found(value=b'{"session_id":7}'))
    assert not Selection(LOGS, session="s1").takes(Found(value=b"[]"))


def test_a_stretch_of_time_holds_its_ends() -> None:
    second = timedelta(seconds=1)
    assert Selection(LOGS, start=NOON, end=NOON).takes(Found())
    assert not Selection(LOGS, start=NOON + second).takes(Found())
    assert not Selection(LOGS, end=NOON - second).takes(Found())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("10m", NOON - timedelta(minutes=10)),
        ("90s", NOON - timedelta(seconds=90)),
        ("2h", NOON - timedelta(hours=2)),
        ("1d", NOON - timedelta(days=1)),
        ("2026-02-28", datetime(2026, 2, 28, tzinfo=UTC)),
        ("2026-02-28T10:00Z", datetime(2026, 2, 28, 10, tzinfo=UTC)),
        ("2026-02-28T10:00+02:00", datetime(2026, 2, 28, 8, tzinfo=UTC)),
        ("2026-02-28 10:00:00", datetime(2026, 2, 28, 10, tzinfo=UTC)),
    ],
)
def test_moments(text: str | None, expected: datetime | None) -> None:
    assert moment(text, NOON) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "10", "m", "10w", "-5m", "2026-13-01", "12:00", "1e3s"])
def test_what_is_no_moment_is_said(text: str) -> None:
    with pytest.raises(BadSelection, match="is no time"):
        moment(text, NOON)


@pytest.mark.parametrize("text", ["99999999999999d", "800000d"])
def test_what_is_before_all_time_is_said(text: str) -> None:
    with pytest.raises(BadSelection, match="before the calendar begins"):
        moment(text, NOON)


@given(st.text())
def test_any_text_is_a_moment_or_a_sentence(text: str) -> None:
    try:
        found = moment(text, NOON)
    except BadSelection:
        return
    assert found is not None
    assert found.tzinfo is not None


def test_a_station_is_named_by_its_identity_or_its_uid() -> None:
    uid = station_uid("demo", "CP-1")
    assert station_key("demo", "CP-1") == station_key("demo", uid) == f"demo/{uid}"
    assert station_key("other", "CP-1") != station_key("demo", "CP-1").replace("demo", "other")


def test_topics_by_name_or_all_logs() -> None:
    assert topics_named([]) == LOGS
    assert topics_named(["session.events", "gateway.frames"]) == (SESSION_EVENTS, GATEWAY_FRAMES)
    assert {GATEWAY_FRAMES, STATION_EVENTS} <= set(LOGS)
    assert not any(topic.compacted or topic.kind == "commands" for topic in LOGS)
    with pytest.raises(BadSelection, match=r"there is no topic session\.event, x; see `voltlog topics list`"):
        topics_named(["session.event", "x"])
    assert "session.event" not in BY_NAME
