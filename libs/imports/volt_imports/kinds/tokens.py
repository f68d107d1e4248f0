"""A row of a token: uid, type, status, expiry, group; only uid must be there."""

from datetime import UTC, date, datetime, time
from typing import NamedTuple, cast

from volt_contracts.drivers import TokenStatus, TokenType
from volt_imports.cells import Cells
from volt_imports.rows import Fault, Row
from volt_imports.words import TOKEN_STATUSES, TOKEN_TYPES

_END_OF_DAY = time(23, 59, 59, tzinfo=UTC)


class Token(NamedTuple):
    """A token as its row says it; `uid` and `group` are normalised."""

    line: int
    uid: str
    token_type: TokenType
    status: TokenStatus
    valid_until: datetime | None
    group: str | None


def read_token(row: Row, faults: list[Fault]) -> Token | None:
    """The token of a row, or None with its faults noted."""
    cells, before = Cells(row, faults), len(faults)
    uid = cells.token("uid")
    if uid is None and len(faults) == before:
        cells.wrong("uid", "it has no uid")
    token_type = cells.word("type", TOKEN_TYPES) or "rfid"
    status = cells.word("status", TOKEN_STATUSES) or "accepted"
    valid_until = _expiry(cells, row.cells.get("expiry"))
    group = cells.token("group")
    if uid is None or len(faults) > before:
        return None
    return Token(row.line, uid, cast(TokenType, token_type), cast(TokenStatus, status), valid_until, group)


def _expiry(cells: Cells, text: str | None) -> datetime | None:
    """The last moment of validity: of a day its last second in UTC; a time without a zone is UTC."""
    if text is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), _END_OF_DAY)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        cells.wrong("expiry", f"{text!r} is no ISO date or time, such as 2027-12-31")
        return None
