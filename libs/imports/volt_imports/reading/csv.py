"""CSV: UTF-8 with or without a byte order mark; comma, semicolon or tab, whichever the header uses."""

import csv
from collections.abc import Iterable, Iterator

from volt_imports.columns import Header, read_header
from volt_imports.limits import LONGEST_CELL, MOST_COLUMNS
from volt_imports.reading.tables import rows_of
from volt_imports.rows import Fault, Kind, Row, Unreadable

DELIMITERS = (",", ";", "\t")


class CsvRows:
    """The rows of a file, given as its lines of bytes; read once, row by row.

    Raises:
        Unreadable: there is no header, or a line is no UTF-8 text (also while iterating).
    """

    def __init__(self, lines: Iterable[bytes], kind: Kind | None = None) -> None:
        text = _decoded(lines)
        first = next(text, "")
        delimiter = max(DELIMITERS, key=first.count)
        try:
            names = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error as wrong:
            raise Unreadable(f"the header cannot be read: {wrong}") from wrong
        if len(names) > MOST_COLUMNS:
            raise Unreadable(f"it has {len(names)} columns; {MOST_COLUMNS} can be read")
        self._header: Header = read_header(names, kind)
        self._cells = csv.reader(text, delimiter=delimiter, strict=True)

    @property
    def ignored(self) -> dict[Kind, tuple[str, ...]]:
        """Columns of the header that mean nothing here."""
        return {self._header.kind: self._header.ignored} if self._header.ignored else {}

    def __iter__(self) -> Iterator[Row | Fault]:
        """Every row that is not blank."""
        try:
            yield from rows_of(self._header, self._lines())
        except csv.Error as wrong:
            yield Fault(self._cells.line_num + 1, "", f"the file cannot be read on from here: {wrong}")

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        for cells in self._cells:
            yield self._cells.line_num + 1, cells


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if len(line) > MOST_COLUMNS * LONGEST_CELL:
            raise Unreadable(f"line {number} is longer than any row can be")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as wrong:
            raise Unreadable(f"line {number} is no UTF-8 text: save the file as CSV in UTF-8") from wrong
