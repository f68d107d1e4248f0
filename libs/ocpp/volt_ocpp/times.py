"""Reading the timestamps that stations really send, and writing the ones that we send."""

import re
from datetime import UTC, datetime, timedelta, timezone

from msgspec import Struct

_LONGEST = 64
_LENIENT = re.compile(
    r"""\s*
    (?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})
    (?:\s*[Tt_\s]\s*)
    (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]*))?)?
    \s*(?P<zone>[Zz]|UTC|GMT|[+-][0-9]{1,2}(?::?[0-9]{2})?)?
    \s*""",
    re.VERBOSE,
)


class ParsedTime(Struct, frozen=True, gc=False):
    """A station's timestamp: `value` is aware UTC, None when no moment can be read from it.

    Without a zone (`had_zone` false) the clock reading is taken as UTC; who knows the station's zone replaces the
    `tzinfo`. `sentence` says what was odd, None for a clean timestamp.
    """

    value: datetime | None
    had_zone: bool
    sentence: str | None = None


_ABSENT = ParsedTime(None, False, "the time is missing")
_NO_TEXT = ParsedTime(None, False, "the time is no text")
_NO_TIME = ParsedTime(None, False, "the time cannot be read")
_NO_DATE = ParsedTime(None, False, "the time names a moment that no calendar has")
_NO_ZONE = "the time has no zone and was read as UTC"


def parse_time(raw: object) -> ParsedTime:
    """Read a timestamp leniently; never raises, whatever `raw` is.

    Tolerated: a missing zone, an offset in whole hours, fractions of any length (cut to microseconds), a blank for
    the T, a lower-case z, a leap second and 24:00 (both read as the second that follows).
    """
    if type(raw) is not str:
        return _ABSENT if raw is None else _NO_TEXT
    try:
        value = datetime.fromisoformat(raw)
    except ValueError:
        return _read_leniently(raw)
    if value.tzinfo is UTC:
        return ParsedTime(value, True)
    return _in_utc(value, raw)


def _in_utc(value: datetime, raw: str) -> ParsedTime:
    if len(raw) <= len("YYYY-MM-DD"):
        return _NO_TIME
    if value.tzinfo is None:
        return ParsedTime(value.replace(tzinfo=UTC), False, _NO_ZONE)
    try:
        return ParsedTime(value.astimezone(UTC), True)
    except OverflowError:
        return _NO_DATE


def _read_leniently(raw: str) -> ParsedTime:
    if not raw.strip():
        return _ABSENT
    match = _LENIENT.fullmatch(raw) if len(raw) <= _LONGEST else None
    if match is None:
        return _NO_TIME
    try:
        value = _moment(match)
    except (ValueError, OverflowError):
        return _NO_DATE
    if match["zone"] is None:
        return ParsedTime(value, False, _NO_ZONE)
    return ParsedTime(value, True, "the time is not written as RFC 3339 asks")


def _moment(match: re.Match[str]) -> datetime:
    hour, second = int(match["hour"]), int(match["second"] or 0)
    microsecond = int((match["fraction"] or "").ljust(6, "0")[:6])
    at_midnight, leaps = hour == 24, second == 60
    value = datetime(
        int(match["year"]), int(match["month"]), int(match["day"]),
        0 if at_midnight else hour, int(match["minute"]), 59 if leaps else second, 0 if leaps else microsecond,
        tzinfo=_zone(match["zone"]),
    )  # fmt: skip
    return (value + timedelta(days=at_midnight, seconds=leaps)).astimezone(UTC)


def _zone(text: str | None) -> timezone:
    if text is None or text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if text[0] == "-" else offset)


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and Z: the form that every station reads. `moment` must be aware."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
