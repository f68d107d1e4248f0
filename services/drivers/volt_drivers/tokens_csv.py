"""Reads tokens from CSV: a header, then one token a row; every row is either a token or a fault with its line."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TypeVar, get_args

from volt_contracts.drivers import TokenStatus, TokenType
from volt_contracts.forms import LONGEST_TOKEN
from volt_contracts.refs import normalise_token

COLUMNS = ("uid", "type", "status", "expiry", "group")
DELIMITERS = (",", ";", "\t")

_TYPES: Mapping[str, TokenType] = {name: name for name in get_args(TokenType)}
_STATUSES: Mapping[str, TokenStatus] = {name: name for name in get_args(TokenStatus)} | {"nocredit": "no_credit"}
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
Word = TypeVar("Word", bound=str)

_END_OF_DAY = time(23, 59, 59, tzinfo=UTC)


class NoTokens(ValueError):
    """The file as a whole cannot be read as tokens; its text says why."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as its row says it; `uid` and `group` are normalised."""

    line: int
    uid: str
    token_type: TokenType
    status: TokenStatus
    valid_until: datetime | None
    group: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the row that ends at this line."""

    line: int
    sentence: str


class TokensCsv:
    """The rows of a file, given as its lines of bytes; read once, row by row, so that its size does not matter.

    UTF-8 with or without a byte order mark; separated by comma, semicolon or tab, whichever the header uses.

    Raises:
        NoTokens: there is no header with a column `uid`, or a line is no UTF-8 text (also while iterating).
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        text = _decoded(lines)
        first = next(text, "")
        delimiter = max(DELIMITERS, key=first.count)
        header = [cell.strip().lower() for cell in next(csv.reader([first], delimiter=delimiter), [])]
        self._places = _places(header)
        self._width = len(header)
        self._cells = csv.reader(text, delimiter=delimiter, strict=True)
        self.ignored = tuple(name for name in header if name and name not in COLUMNS)
        """Columns of the header that mean nothing here."""

    def __iter__(self) -> Iterator[TokenRow | Fault]:
        """Every row that is not blank."""
        try:
            for cells in self._cells:
                if any(cell.strip() for cell in cells):
                    yield self._row(self._cells.line_num + 1, cells)
        except csv.Error as wrong:
            yield Fault(self._cells.line_num + 1, f"the file cannot be read on from here: {wrong}")

    def _row(self, line: int, cells: list[str]) -> TokenRow | Fault:
        if len(cells) > self._width:
            return Fault(line, f"it has {len(cells)} cells, the header has {self._width}")
        said = {name: cells[place].strip() for name, place in self._places.items() if place < len(cells)}
        try:
            return TokenRow(
                line=line,
                uid=_uid(said.get("uid", "")),
                token_type=_word("type", _TYPES, said.get("type") or "rfid"),
                status=_word("status", _STATUSES, said.get("status") or "accepted"),
                valid_until=_expiry(said.get("expiry", "")),
                group=_uid(said["group"], "group") if said.get("group") else None,
            )
        except ValueError as wrong:
            return Fault(line, str(wrong))


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as wrong:
            raise NoTokens(f"line {number} is no UTF-8 text: save the file as CSV in UTF-8") from wrong


def _places(header: list[str]) -> dict[str, int]:
    twice = sorted({name for name in COLUMNS if header.count(name) > 1})
    if twice:
        raise NoTokens(f"the header names {', '.join(twice)} twice")
    if "uid" not in header:
        raise NoTokens(f"the first line is a header with the columns {', '.join(COLUMNS)}; only uid must be there")
    return {name: header.index(name) for name in COLUMNS if name in header}


def _uid(text: str, column: str = "uid") -> str:
    value = normalise_token(text)
    if not value:
        raise ValueError(f"it has no {column}")
    if len(value) > LONGEST_TOKEN or not value.isprintable():
        raise ValueError(f"its {column} is no token: 1 to {LONGEST_TOKEN} printable characters")
    if _SHORTENED.fullmatch(text):
        raise ValueError(f"its {column} {text} is a number that a spreadsheet has shortened: format the cells as text")
    return value


def _word(column: str, words: Mapping[str, Word], text: str) -> Word:
    word = words.get(text.lower().replace(" ", "_").replace("-", "_"))
    if word is None:
        raise ValueError(f"its {column} {text!r} is none of {', '.join(dict.fromkeys(words.values()))}")
    return word


def _expiry(text: str) -> datetime | None:
    """The last moment of validity: of a day its last second in UTC; a time without a zone is UTC."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), _END_OF_DAY)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise ValueError(f"its expiry {text!r} is no ISO date or time, such as 2027-12-31") from wrong
