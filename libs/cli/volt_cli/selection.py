"""Which records a command is about: topics, a station, a session, a type, a stretch of time."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from volt_contracts.envelope import TYPE, header
from volt_contracts.ids import entity_key, station_uid
from volt_contracts.topics import BY_NAME, TOPICS, Topic

LOGS = tuple(topic for topic in TOPICS if topic.kind in ("frames", "events"))
"""What is looked through unless topics are named: every events topic and the raw frames."""

_STEP = re.compile(r"^(\d+)([smhd])$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class _HasSession(msgspec.Struct):
    session_id: str | None = None


_session = msgspec.json.Decoder(_HasSession)


class BadSelection(ValueError):
    """What was asked for cannot be understood; its text says why."""


@dataclass(frozen=True)
class Selection:
    """All conditions must hold; None does not limit."""

    topics: tuple[Topic, ...]
    key: str | None = None
    session: str | None = None
    types: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None

    def takes(self, record: Any) -> bool:
        """Whether a record of one of the topics is meant."""
        if record.value is None or (self.key is not None and record.key != self.key.encode()):
            return False
        if self.start is not None and record.timestamp < self.start.timestamp() * 1000:
            return False
        if self.end is not None and record.timestamp > self.end.timestamp() * 1000:
            return False
        return self.takes_type(record) and (self.session is None or self._session_fits(record.value))

    def takes_type(self, record: Any) -> bool:
        """Whether a record is of one of the types that are meant."""
        tag = (header(record.headers, TYPE) or b"").decode()
        return not self.types or any(tag == wanted or tag.startswith(wanted + ".") for wanted in self.types)

    def _session_fits(self, value: bytes) -> bool:
        try:
            return bool(_session.decode(value).session_id == self.session)
        except msgspec.MsgspecError:
            return False


def station_key(tenant: str, station: str) -> str:
    """The key of a station that is named by its uid or by its OCPP identity."""
    try:
        return entity_key(tenant, str(UUID(station)))
    except ValueError:
        return entity_key(tenant, station_uid(tenant, station))


def moment(text: str | None, now: datetime) -> datetime | None:
    """A time as ISO 8601, or as `10m`, `2h`, `1d` before now.

    Raises:
        BadSelection: it is neither.
    """
    if text is None:
        return None
    step = _STEP.match(text)
    if step:
        try:
            return now - timedelta(**{_UNITS[step[2]]: int(step[1])})
        except OverflowError as wrong:
            raise BadSelection(f"{text!r} before now is before the calendar begins") from wrong
    try:
        parsed = datetime.fromisoformat(text)
        parsed = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        parsed.timestamp()
    except (ValueError, OverflowError) as wrong:
        raise BadSelection(f"{text!r} is no time: write 2026-11-22T10:00Z, or 10m, 2h, 1d for before now") from wrong
    return parsed


def topics_named(names: list[str]) -> tuple[Topic, ...]:
    """The topics of these names; all logs when there are none.

    Raises:
        BadSelection: there is no such topic.
    """
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise BadSelection(f"there is no topic {', '.join(unknown)}; see `voltlog topics list`")
    return tuple(BY_NAME[name] for name in names) or LOGS
