"""XLSX: sheets named organisations, locations, stations, tokens; a workbook of one sheet may name it as it likes."""

import math
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from volt_imports.columns import plain, read_header
from volt_imports.limits import MOST_COLUMNS, MOST_ROWS
from volt_imports.reading.archive import NO_WORKBOOK, check_archive
from volt_imports.reading.tables import rows_of
from volt_imports.rows import KINDS, SHEET, Fault, Kind, Progress, Row, Unreadable, no_progress

EXACT = 10**15
"""Spreadsheets keep 15 digits of a number: a longer one has lost the others."""
_EVERY = 10_000


class XlsxRows:
    """The rows of a workbook, sheet by sheet.

    Raises:
        Unreadable: it is no workbook, it is too large, or no sheet of it means anything (also while iterating).
    """

    def __init__(self, path: Path, kind: Kind | None = None, progress: Progress = no_progress) -> None:
        check_archive(path)
        try:
            self._book = CalamineWorkbook.from_path(path)
        except (CalamineError, OSError) as wrong:
            raise Unreadable(NO_WORKBOOK) from wrong
        self._progress = progress
        self._sheets = _sheets(self._book.sheet_names, kind)
        self.ignored: dict[Kind, tuple[str, ...]] = {}
        """Columns that mean nothing here, by sheet; known when it was read."""

    def __iter__(self) -> Iterator[Row | Fault]:
        """Every row that is not blank."""
        for name, kind in self._sheets:
            try:
                sheet = self._book.get_sheet_by_name(name)
            except CalamineError as wrong:
                raise Unreadable(f"the sheet {name!r} cannot be read: {wrong}") from wrong
            yield from self._rows(name, sheet, kind)

    def _rows(self, name: str, sheet: CalamineSheet, kind: Kind | None) -> Iterator[Row | Fault]:
        if sheet.total_height > MOST_ROWS or sheet.width > MOST_COLUMNS:
            raise Unreadable(f"the sheet {name!r} has more than {MOST_ROWS} rows or {MOST_COLUMNS} columns")
        lines = self._lines(sheet)
        number, names = next(((line, cells) for line, cells in lines if any(cells)), (0, []))
        if not number:
            return
        try:
            header = read_header(names, kind)
        except Unreadable as wrong:
            raise Unreadable(f"sheet {name!r}: {wrong}") from wrong
        if header.ignored:
            self.ignored[header.kind] = header.ignored
        offset = SHEET * (KINDS.index(header.kind) + 1)
        yield from rows_of(header, ((offset + line, cells) for line, cells in lines))

    def _lines(self, sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
        total = sheet.total_height
        for line, cells in enumerate(sheet.iter_rows(), 1):
            if not line % _EVERY:
                self._progress("reading", line, total)
            yield line, [cell if type(cell) is str else _text(cell) for cell in cells]


def _sheets(names: list[str], kind: Kind | None) -> list[tuple[str, Kind | None]]:
    """The sheets to read, with what each holds."""
    if kind is not None or len(names) == 1:
        return [(names[0], kind or _kind(names[0]))]
    found: list[tuple[str, Kind | None]] = [(name, named) for name in names if (named := _kind(name)) is not None]
    if not found:
        raise Unreadable(f"none of its sheets is named {', '.join(KINDS)}")
    if len({kind for _, kind in found}) < len(found):
        raise Unreadable("two of its sheets are named alike")
    return found


def _kind(name: str) -> Kind | None:
    return next((kind for kind in KINDS if plain(name) == kind), None)


def _text(cell: Any) -> str:
    """A cell as it would be typed; a number that has lost digits as a spreadsheet shows it."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() if math.isfinite(cell) and cell.is_integer():
            return str(int(cell)) if abs(cell) < EXACT else f"{cell:.14E}"
        case int():
            return str(cell) if abs(cell) < EXACT else f"{cell:.14E}"
        case datetime() | date():
            return cell.isoformat()
        case _:
            return str(cell)
