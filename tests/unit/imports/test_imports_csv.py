"""CSV: what is forgiven, what is a fault with its line and column, and that nothing whatever makes it fall over."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.imports.import_files import csv_contents

from volt_contracts.refs import normalise_token
from volt_imports.kinds.tokens import Token
from volt_imports.reading.csv import CsvRows
from volt_imports.rows import Fault, Row, Unreadable


def token(text: str) -> Token:
    """The one token of a file that must be sound."""
    contents = csv_contents(text)
    assert contents.faults == []
    (only,) = contents.tokens.values()
    return only


def fault(text: str) -> Fault:
    """The one fault of a file."""
    (only,) = csv_contents(text).faults
    return only


def test_a_full_row() -> None:
    assert token("uid,type,status,expiry,group\n04:a1:b2:c3,app,Blocked,2027-12-31,fleet-7\n") == Token(
        line=2, uid="04A1B2C3", token_type="app", status="blocked",
        valid_until=datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC), group="FLEET7",
    )  # fmt: skip


def test_a_uid_is_enough() -> None:
    assert token("uid\nTAG0001\n") == Token(
        line=2, uid="TAG0001", token_type="rfid", status="accepted", valid_until=None, group=None
    )


@pytest.mark.parametrize(
    "text",
    [
        "UID , Type\r\nTAG0001,RFID\r\n",
        "\ufeffuid;type\nTAG0001;rfid",
        "type\tuid\nrfid\tTAG0001\n",
        '"uid","type"\n"TAG0001","rfid"\n\n \n',
        "uid,type,status\nTAG0001\n",
        'uid,owner,type\nTAG0001,"Anna, or\nBea",rfid\n',
        "uid,type\nTAG0001,rfid, ,\n",
    ],
    ids=["case", "mark and semicolon", "tab", "quotes and blanks", "short row", "line break in a cell", "long row"],
)
def test_forms_of_one_file(text: str) -> None:
    found = token(text)
    assert (found.uid, found.token_type, found.status) == ("TAG0001", "rfid", "accepted")


def test_extra_columns_are_named() -> None:
    assert CsvRows([b"uid,Owner,,expiry,note\n"]).ignored == {"tokens": ("Owner", "note")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019-05-01", datetime(2019, 5, 1, 23, 59, 59, tzinfo=UTC)),
        ("9999-12-31", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2027-01-01T08:00:00Z", datetime(2027, 1, 1, 8, tzinfo=UTC)),
        ("2027-01-01 08:00", datetime(2027, 1, 1, 8, tzinfo=UTC)),
        ("2027-01-01T08:00:00+02:00", datetime(2027, 1, 1, 8, tzinfo=timezone(timedelta(hours=2)))),
        ("", None),
    ],
)
def test_an_expiry_may_be_a_day_a_time_in_the_past_or_nothing(text: str, expected: datetime | None) -> None:
    valid_until = token(f"uid,expiry\nTAG0001,{text}\n").valid_until
    assert valid_until == expected
    assert valid_until is None or valid_until.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "line", "column", "word"),
    [
        ("uid\n\nTAG 1\n -:- \n", 4, "uid", "no token"),
        ("uid,type\nA,rfid\n,rfid\n", 3, "uid", "no uid"),
        ("uid,type\nA,rfid\nB,card\n", 3, "type", "'card'"),
        ("uid,status\nA,accepted\nB,maybe\n", 3, "status", "accepted, blocked, no_credit, lost"),
        ("uid,expiry\nA,\nB,31.12.2027\n", 3, "expiry", "2027-12-31"),
        ("uid,expiry\nA,\nB,0001-01-01T00:00+14:00\n", 3, "expiry", "2027-12-31"),
        ("uid,type\nA,rfid\nB,rfid,accepted\n", 3, "", "3 cells"),
        ("uid\nA\n4.01E+12\n", 3, "uid", "spreadsheet"),
        ("uid\nA\nB\0C\n", 3, "uid", "printed"),
        ("uid\nA\n" + "B" * 256, 3, "uid", "255"),
        ("uid\nA\n" + "B" * 2001, 3, "", "2000"),
        ("uid,group\nA,\nB, -\n", 3, "group", "no token"),
        ("uid\nA\na\n", 3, "uid", "line 2 already"),
    ],
)
def test_a_fault_has_its_line_and_column_and_says_why(text: str, line: int, column: str, word: str) -> None:
    found = fault(text)
    assert (found.line, found.column) == (line, column)
    assert word in found.sentence


def test_all_faults_of_a_row_are_told() -> None:
    contents = csv_contents("uid,type,status,expiry\n4E+11,card,maybe,soon\n")

    assert [one.column for one in contents.faults] == ["uid", "type", "status", "expiry"]


def test_words_of_ocpp_are_understood() -> None:
    assert token("uid,status\nA,NoCredit\n").status == "no_credit"
    assert token("uid,type\nA,Ad-Hoc\n").token_type == "ad_hoc"


def test_a_quote_that_never_ends_is_a_fault() -> None:
    assert "cannot be read on" in fault('uid\n"A\n').sentence


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Identity,Location,Name", "stations"),
        ("location,NAME,city", "locations"),
        ("Organisation;name", "organisations"),
        ("UID", "tokens"),
    ],
)
def test_a_header_tells_what_the_rows_are(header: str, kind: str) -> None:
    rows = list(CsvRows([f"{header}\n".encode(), b"A\n"]))

    assert [row.kind for row in rows if isinstance(row, Row)] == [kind]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"", "header"),
        (b"04A1B2C3,rfid\n", "header"),
        (b"uid,UID\n", "twice"),
        (b"max_power,max power,identity\n", "max_power twice"),
        ("uid\nA\n".encode("utf-16"), "UTF-8"),
        (b"uid" + b",x" * 200, "201 columns"),
        (b"uid\n" + b"x" * 300_000, "line 2 is longer"),
    ],
)
def test_what_is_no_file_at_all(text: bytes, word: str) -> None:
    with pytest.raises(Unreadable, match=word):
        csv_contents(text)


def test_a_kind_that_was_said_needs_its_column() -> None:
    with pytest.raises(Unreadable, match="column uid"):
        csv_contents("identity\nCP1\n", "tokens")


def test_half_a_million_rows_are_read_one_by_one() -> None:
    read = 0

    def lines() -> Iterator[bytes]:
        nonlocal read
        yield b"uid\n"
        for read in range(1, 500_001):
            yield b"%014X\n" % read

    tokens = iter(CsvRows(lines()))
    for _ in range(10):
        assert isinstance(next(tokens), Row)
    assert read == 10


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=12)


@given(st.lists(st.lists(cells, min_size=1, max_size=6), max_size=8))
def test_whatever_a_table_holds_each_row_is_a_token_or_has_a_fault(table: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["uid", "type", "status", "expiry", "group"], *table])

    contents = csv_contents(text.getvalue())

    wrong = {one.line for one in contents.faults}
    assert len(contents.tokens) + len(wrong) == sum(any(cell.strip() for cell in line) for line in table)
    assert all(uid == normalise_token(uid) != "" for uid in contents.tokens)


@given(st.sampled_from(["uid,type,status", "identity,evse,connector,max_power", "location,name,latitude"]), st.binary())
def test_no_bytes_make_it_fall_over(header: str, tail: bytes) -> None:
    file = header.encode() + b"\n" + tail
    try:
        contents = csv_contents(file)
    except Unreadable:
        with pytest.raises(UnicodeDecodeError):
            file.decode()
    else:
        assert all(isinstance(one, Fault) for one in contents.faults)
