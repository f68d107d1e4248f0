"""Writes XLSX workbooks, row by row: the least that a spreadsheet program would read (ECMA-376)."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

Cell = str | int | float | None

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{sheets}</Types>'
)
_SHEET_TYPE = (
    '<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
)
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{all}</Relationships>'
_RELATION = (
    '<Relationship Id="rId{n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"'
    ' Target="{target}"/>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_BOOK = (
    f'<workbook xmlns="{_MAIN}"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{sheets}</sheets></workbook>'
)


def write_workbook(path: Path, sheets: Mapping[str, Iterable[Iterable[Cell]]]) -> None:
    """Write a workbook with these sheets; texts stay texts, numbers numbers, None is an empty cell."""
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        numbers = range(1, len(sheets) + 1)
        archive.writestr("[Content_Types].xml", _TYPES.format(sheets="".join(_SHEET_TYPE.format(n=n) for n in numbers)))
        book = _RELATION.format(n=1, kind="officeDocument", target="xl/workbook.xml")
        archive.writestr("_rels/.rels", _RELATIONS.format(all=book))
        parts = [_RELATION.format(n=n, kind="worksheet", target=f"worksheets/sheet{n}.xml") for n in numbers]
        archive.writestr("xl/_rels/workbook.xml.rels", _RELATIONS.format(all="".join(parts)))
        names = zip(numbers, sheets, strict=True)
        entries = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in names)
        archive.writestr("xl/workbook.xml", _BOOK.format(sheets=entries))
        for number, rows in zip(numbers, sheets.values(), strict=True):
            _write_sheet(archive, number, rows)


def _write_sheet(archive: ZipFile, number: int, rows: Iterable[Iterable[Cell]]) -> None:
    with archive.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as part:
        part.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        for at, row in enumerate(rows, 1):
            cells = "".join(_cell(f"{_letter(place)}{at}", cell) for place, cell in enumerate(row))
            part.write(f'<row r="{at}">{cells}</row>'.encode())
        part.write(b"</sheetData></worksheet>")


def _cell(place: str, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    return f'<c r="{place}"><v>{cell!r}</v></c>'


def _letter(place: int) -> str:
    first, last = divmod(place, 26)
    return ("" if not first else chr(64 + first)) + chr(65 + last)
