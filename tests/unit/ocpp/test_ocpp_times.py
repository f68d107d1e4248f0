"""Timestamps as stations send them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volt_ocpp.times import format_time, parse_time


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


CLEAN = [
    ("2026-11-22T10:00:00Z", at(2026, 11, 22, 10)),
    ("2026-11-22T10:00:00.123Z", at(2026, 11, 22, 10, 0, 0, 123000)),
    ("2026-11-22T10:00:00.1Z", at(2026, 11, 22, 10, 0, 0, 100000)),
    ("2026-11-22T10:00:00.123456789Z", at(2026, 11, 22, 10, 0, 0, 123456)),
    ("2026-11-22T10:00:00+00:00", at(2026, 11, 22, 10)),
    ("2026-11-22T10:00:00+02:00", at(2026, 11, 22, 8)),
    ("2026-11-22T10:00:00-0530", at(2026, 11, 22, 15, 30)),
    ("2026-11-22T10:00:00+02", at(2026, 11, 22, 8)),
    ("2026-11-22 10:00:00Z", at(2026, 11, 22, 10)),
]
TOLERATED = [
    ("2026-11-22T10:00:00z", at(2026, 11, 22, 10)),
    (" 2026-11-22T10:00:00Z ", at(2026, 11, 22, 10)),
    ("2026-1-2T3:04:05Z", at(2026, 1, 2, 3, 4, 5)),
    ("2026-11-22T10:00:00.5 UTC", at(2026, 11, 22, 10, 0, 0, 500000)),
    ("2026-12-31T23:59:60Z", at(2027, 1, 1)),
    ("2026-12-31T24:00:00Z", at(2027, 1, 1)),
    ("2026-11-22T10:00:00+2", at(2026, 11, 22, 8)),
]
WITHOUT_ZONE = [
    ("2026-11-22T10:00:00", at(2026, 11, 22, 10)),
    ("2026-11-22 10:00:00.25", at(2026, 11, 22, 10, 0, 0, 250000)),
    ("2026-11-22t10:00:00", at(2026, 11, 22, 10)),
]
UNREADABLE: list[Any] = [
    None, "", "  ", "now", "2022-02-29T10:00:00Z", "2026-13-01T00:00:00Z", "2026-11-22", "20261122", "10:00:00Z",
    "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00", "2026-11-22T10:00:00+99:00",
    "2026-11-22T25:00:00Z", "x" * 100_000, "٢٠٢٦-11-22T10:00:00Z", "\ud800", 1763805600, 1.5, True, [], {},
]  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), CLEAN)
def test_clean_times(raw: str, expected: datetime) -> None:
    parsed = parse_time(raw)
    assert (parsed.value, parsed.had_zone, parsed.sentence) == (expected, True, None)


@pytest.mark.parametrize(("raw", "expected"), TOLERATED)
def test_tolerated_times_say_so(raw: str, expected: datetime) -> None:
    parsed = parse_time(raw)
    assert (parsed.value, parsed.had_zone) == (expected, True)
    assert parsed.sentence is not None


@pytest.mark.parametrize(("raw", "expected"), WITHOUT_ZONE)
def test_times_without_a_zone(raw: str, expected: datetime) -> None:
    parsed = parse_time(raw)
    assert (parsed.value, parsed.had_zone) == (expected, False)
    assert parsed.sentence is not None


@pytest.mark.parametrize("raw", UNREADABLE)
def test_unreadable_times_have_no_value_and_a_sentence(raw: Any) -> None:
    parsed = parse_time(raw)
    assert parsed.value is None
    assert parsed.sentence


@settings(deadline=None)
@given(st.one_of(st.text(), st.from_regex(r"[0-9+:.TZtz \-]{0,40}"), st.integers(), st.none(), st.floats()))
def test_anything_is_read_or_refused_without_raising(raw: Any) -> None:
    parsed = parse_time(raw)
    assert parsed.value is None or parsed.value.utcoffset() == timedelta(0)


@settings(deadline=None)
@given(st.timedeltas(timedelta(0), timedelta(days=100_000)), st.integers(-14 * 60, 14 * 60))
def test_what_is_written_is_read_to_the_millisecond(since: timedelta, offset: int) -> None:
    moment = at(1900, 1, 1).astimezone(timezone(timedelta(minutes=offset))) + since
    parsed = parse_time(format_time(moment))
    assert parsed.value == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert parsed.sentence is None


def test_times_are_written_with_milliseconds_and_z() -> None:
    moment = datetime(2026, 11, 22, 10, 0, 0, 123999, tzinfo=timezone(timedelta(hours=1)))
    assert format_time(moment) == "2026-11-22T09:00:00.123Z"
