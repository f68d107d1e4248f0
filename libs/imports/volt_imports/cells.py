"""What the cells of one row say; whatever is wrong with one is a fault with its line and column."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from zoneinfo import available_timezones

from volt_contracts.forms import COUNTRY, LONGEST_TOKEN, is_id
from volt_contracts.refs import normalise_token
from volt_imports.rows import Fault, Row
from volt_imports.words import plain

_SHORTENED = re.compile(r"-?\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_MEASURE = re.compile(r"([0-9.]+)\s*(k?)(V|A|W)?", re.IGNORECASE)
_ENERGY = re.compile(r"([0-9.]+)\s*(k?Wh)?", re.IGNORECASE)
MOST_NAMED = 12
"""A fault names so many of the words there are."""


class Cells:
    """One row. Every method gives what the cell says, or None when it is empty or, with a fault noted, wrong."""

    __slots__ = ("_cells", "_faults", "line")

    def __init__(self, row: Row, faults: list[Fault]) -> None:
        self._cells = row.cells
        self._faults = faults
        self.line = row.line

    def wrong(self, column: str, sentence: str) -> None:
        """Note a fault of this row."""
        self._faults.append(Fault(self.line, column, sentence))

    def text(self, column: str) -> str | None:
        """Printable text."""
        text = self._cells.get(column)
        if text is None:
            return None
        if not text.isprintable():
            self.wrong(column, "it holds characters that cannot be printed")
            return None
        if text[-1].isdigit() and _SHORTENED.fullmatch(text):
            self.wrong(column, f"{text} is a number that a spreadsheet has shortened: format the cells as text")
            return None
        return text

    def id(self, column: str) -> str | None:
        """The id of a location or organisation."""
        text = self.text(column)
        if text is None or is_id(text):
            return text
        self.wrong(column, f"{text!r} is no id: 1 to 36 printable characters without blank and slash")
        return None

    def word(self, column: str, words: Mapping[str, str]) -> str | None:
        """One of a few words."""
        text = self._cells.get(column)
        if text is None:
            return None
        word = words.get(plain(text))
        if word is None:
            known = list(dict.fromkeys(words.values()))
            more = ", …" if len(known) > MOST_NAMED else ""
            self.wrong(column, f"{text!r} is none of {', '.join(known[:MOST_NAMED])}{more}")
            return None
        return word

    def whole(self, column: str, least: int, most: int) -> int | None:
        """A whole number, written in digits."""
        text = self._cells.get(column)
        if text is None:
            return None
        if text.isascii() and text.isdecimal() and len(text) < 10 and least <= int(text) <= most:
            return int(text)
        self.wrong(column, f"{text!r} is no whole number from {least} to {most}")
        return None

    def measure(self, column: str, unit: str, most: int) -> Decimal | None:
        """A positive number with or without its unit, or with thousands of it: 22000, 22 kW."""
        text = self._cells.get(column)
        if text is None:
            return None
        found = _MEASURE.fullmatch(text)
        if found is not None and (found[3] or unit).upper() == unit and not (found[2] and not found[3]):
            value = _decimal(found[1])
            if value is not None:
                value = value * 1000 if found[2] else value
                if 0 < value <= most:
                    return _plain(value)
        self.wrong(column, f"{text!r} is no number of {unit} above 0 and up to {most}")
        return None

    def energy(self, column: str) -> Decimal | None:
        """What a register shows, in Wh, or in kWh with that unit: 1840500, 1840.5 kWh."""
        text = self._cells.get(column)
        if text is None:
            return None
        found = _ENERGY.fullmatch(text)
        value = None if found is None else _decimal(found[1])
        if found is None or value is None:
            self.wrong(column, f"{text!r} is no register: a number of Wh, or of kWh with that unit")
            return None
        return _plain(value * 1000 if (found[2] or "").lower() == "kwh" else value)

    def moment(self, column: str) -> datetime | None:
        """A moment, with its offset from UTC."""
        text = self._cells.get(column)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # as wrong as one without an offset
        self.wrong(column, f"{text!r} is no time with its zone, such as 2026-11-26T08:15:00+01:00")
        return None

    def token(self, column: str) -> str | None:
        """A token's uid, normalised."""
        text = self.text(column)
        if text is None:
            return None
        value = normalise_token(text)
        if 0 < len(value) <= LONGEST_TOKEN:
            return value
        self.wrong(column, f"it is no token: 1 to {LONGEST_TOKEN} characters beside blanks, ':' and '-'")
        return None

    def degrees(self, column: str, most: int) -> Decimal | None:
        """A coordinate (WGS 84) in decimal degrees."""
        text = self._cells.get(column)
        if text is None:
            return None
        value = _decimal(text)
        if value is not None and abs(value) <= most:
            return value
        self.wrong(column, f"{text!r} is no number of degrees from -{most} to {most}, such as 52.5163")
        return None

    def country(self, column: str) -> str | None:
        """A country's two letters."""
        text = self._cells.get(column)
        if text is None or COUNTRY.fullmatch(text.upper()):
            return None if text is None else text.upper()
        self.wrong(column, f"{text!r} is no country: two letters (ISO 3166-1 alpha-2)")
        return None

    def zone(self, column: str) -> str | None:
        """A time zone by its IANA name."""
        text = self._cells.get(column)
        if text is None or text in _zones():
            return text
        self.wrong(column, f"there is no time zone {text!r}; one is Europe/Berlin")
        return None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _plain(value: Decimal) -> Decimal:
    """Without zeros at its end, and never as 1E+3."""
    return value.normalize() if value % 1 else Decimal(int(value))


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and len(text) <= 20 else None
