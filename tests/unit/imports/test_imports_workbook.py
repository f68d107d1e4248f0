"""XLSX: sheets by name, numbers as they were typed, and archives that would fill the memory."""

import struct
import zlib
from pathlib import Path
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volt_imports.contents import Contents, read_file
from volt_imports.rows import Unreadable, place
from volt_testkit.workbook import write_workbook


def read(folder: Path, sheets: dict[str, list[list[Any]]]) -> Contents:
    write_workbook(folder / "network.xlsx", sheets)
    return read_file(folder / "network.xlsx", "network.xlsx")


def test_each_sheet_is_a_kind_of_rows(tmp_path: Path) -> None:
    contents = read(
        tmp_path,
        {
            "Stations": [["identity", "evse", "connector", "max power"], ["CP1", 1, 1, 22000], ["CP1", 2, 1, "22 kW"]],
            "notes": [["whatever"]],
            "tokens": [[], ["uid", "colour"], [12345678, "red"], ["00012", None]],
        },
    )

    assert contents.faults == []
    assert [evse.number for evse in contents.stations["CP1"].described() or ()] == [1, 2]
    assert list(contents.tokens) == ["12345678", "00012"]
    assert contents.ignored == {"tokens": ("colour",)}
    assert [place(token.line) for token in contents.tokens.values()] == ["tokens row 3", "tokens row 4"]
    assert contents.stations["CP1"].line != contents.tokens["12345678"].line


def test_a_single_sheet_may_have_any_name(tmp_path: Path) -> None:
    assert list(read(tmp_path, {"Sheet1": [["uid"], ["A"]]}).tokens) == ["A"]


def test_a_number_that_lost_digits_is_a_fault(tmp_path: Path) -> None:
    contents = read(tmp_path, {"tokens": [["uid"], [12345678901234567890], [1e15], [999999999999999]]})

    assert [place(fault.line) for fault in contents.faults] == ["tokens row 2", "tokens row 3"]
    assert "shortened" in contents.faults[0].sentence
    assert list(contents.tokens) == ["999999999999999"]


@pytest.mark.parametrize(
    ("sheets", "word"),
    [
        ({"a": [["uid"]], "b": [["uid"]]}, "none of its sheets"),
        ({"tokens": [["uid"]], "Tokens ": [["uid"]]}, "named alike"),
        ({"tokens": [["identity"], ["CP1"]]}, "column uid"),
        ({"tokens": [["uid", *([None] * 120), "far"]]}, "beyond column 104"),
    ],
)
def test_what_means_nothing_is_refused(tmp_path: Path, sheets: dict[str, list[list[Any]]], word: str) -> None:
    with pytest.raises(Unreadable, match=word):
        read(tmp_path, sheets)


def test_a_cell_far_below_is_refused_before_a_table_is_made(tmp_path: Path) -> None:
    sheet = b'<worksheet><sheetData><row r="4000000"><c r="A4000000"><v>1</v></c></row></sheetData></worksheet>'
    with ZipFile(tmp_path / "far.xlsx", "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", sheet)

    with pytest.raises(Unreadable, match="row 2,000,000"):
        read_file(tmp_path / "far.xlsx", "far.xlsx")


def test_what_would_unpack_to_gigabytes_is_refused_by_its_own_word(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"a")
    raw = bytearray(path.read_bytes())
    entry = raw.rindex(b"PK\x01\x02")
    raw[entry + 24 : entry + 28] = struct.pack("<I", 3 << 30)
    path.write_bytes(raw)

    with pytest.raises(Unreadable, match="3072 MiB"):
        read_file(path, "bomb.xlsx")


def test_what_is_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "liar.xlsx"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 5_000_000)
    raw = bytearray(path.read_bytes())
    entry = raw.rindex(b"PK\x01\x02")
    raw[entry + 16 : entry + 20] = struct.pack("<I", zlib.crc32(b" "))
    raw[entry + 24 : entry + 28] = struct.pack("<I", 1)
    path.write_bytes(raw)

    with pytest.raises(Unreadable, match="larger than it says"):
        read_file(path, "liar.xlsx")


def test_other_archives_are_no_workbooks(tmp_path: Path) -> None:
    for name, compression in (("a.xlsx", ZIP_BZIP2), ("b.xlsx", ZIP_DEFLATED)):
        with ZipFile(tmp_path / name, "w", compression) as archive:
            archive.writestr("hello.txt", b"hello")
        with pytest.raises(Unreadable, match="XLSX"):
            read_file(tmp_path / name, name)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_no_damage_makes_it_fall_over(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.xlsx"
    write_workbook(path, {"tokens": [["uid"], ["A"], [5]]})
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw)

    try:
        contents = read_file(path, "damaged.xlsx")
    except Unreadable:
        return
    assert len(contents.tokens) <= 3
