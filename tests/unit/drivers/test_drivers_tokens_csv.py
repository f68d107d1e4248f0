"""The CSV of tokens: what is forgiven, what is a fault with its line, and that nothing whatever makes it fall over."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volt_contracts.refs import normalise_token
from volt_drivers.checking import check
from volt_drivers.tokens_csv import Fault, NoTokens, TokenRow, TokensCsv

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def rows(text: str | bytes) -> list[TokenRow | Fault]:
    raw = text.encode() if isinstance(text, str) else text
    return list(TokensCsv(raw.splitlines(keepends=True)))


def row(text: str) -> TokenRow:
    """The one row of a file, which must be a token."""
    (only,) = rows(text)
    assert isinstance(only, TokenRow), only
    return only


def fault(text: str) -> Fault:
    """The one row of a file, which must be a fault."""
    (only,) = rows(text)
    assert isinstance(only, Fault), only
    return only


def test_a_full_row() -> None:
    assert row("uid,type,status,expiry,group\n04:a1:b2:c3,app,Blocked,2027-12-31,fleet-7\n") == TokenRow(
        line=2, uid="04A1B2C3", token_type="app", status="blocked",
        valid_until=datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC), group="FLEET7",
    )  # fmt: skip


def test_a_uid_is_enough() -> None:
    assert row("uid\nTAG0001\n") == TokenRow(
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
    ],
    ids=["case and blanks", "mark and semicolon", "tab", "quotes and blank lines", "short row", "line break in a cell"],
)
def test_forms_of_one_file(text: str) -> None:
    token = row(text)
    assert (token.uid, token.token_type, token.status) == ("TAG0001", "rfid", "accepted")


def test_extra_columns_are_named() -> None:
    assert TokensCsv([b"uid,Owner,,expiry,note\n"]).ignored == ("owner", "note")


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
    valid_until = row(f"uid,expiry\nTAG0001,{text}\n").valid_until
    assert valid_until == expected
    assert valid_until is None or valid_until.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("uid\n\nTAG 1\n -:- \n", 4, "no uid"),
        ("uid,type\nA,rfid\n,rfid\n", 3, "no uid"),
        ("uid,type\nA,rfid\nB,card\n", 3, "'card'"),
        ("uid,status\nA,accepted\nB,maybe\n", 3, "accepted, blocked, no_credit, lost"),
        ("uid,expiry\nA,\nB,31.12.2027\n", 3, "2027-12-31"),
        ("uid,expiry\nA,\nB,0001-01-01T00:00+14:00\n", 3, "2027-12-31"),
        ("uid,type\nA,rfid\nB,rfid,accepted\n", 3, "3 cells"),
        ("uid\nA\n4.01E+12\n", 3, "spreadsheet"),
        ("uid\nA\nB\0C\n", 3, "printable"),
        ("uid\nA\n" + "B" * 256, 3, "255"),
        ("uid,group\nA,\nB, -\n", 3, "no group"),
    ],
)
def test_a_fault_has_its_line_and_says_why(text: str, line: int, word: str) -> None:
    first, second = rows(text)
    assert isinstance(first, TokenRow)
    assert isinstance(second, Fault)
    assert second.line == line
    assert word in second.sentence


def test_words_of_ocpp_are_understood() -> None:
    assert row("uid,status\nA,NoCredit\n").status == "no_credit"
    assert row("uid,type\nA,Ad-Hoc\n").token_type == "ad_hoc"


def test_a_quote_that_never_ends_is_a_fault() -> None:
    assert "cannot be read on" in fault('uid\n"A\n').sentence


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"", "header"),
        (b"04A1B2C3,rfid\n", "header"),
        (b"uid,UID\n", "twice"),
        ("uid\nA\n".encode("utf-16"), "UTF-8"),
    ],
)
def test_what_is_no_file_of_tokens_at_all(text: bytes, word: str) -> None:
    with pytest.raises(NoTokens, match=word):
        rows(text)


def test_a_line_that_is_no_text_is_named() -> None:
    with pytest.raises(NoTokens, match="line 3"):
        rows(b"uid\nA\n\xff\n")


def test_checking_counts_and_finds_repetitions() -> None:
    lines = b"uid,status,expiry,memo\nA,accepted,2019-01-01,\nb,blocked,,\nC,,,\n a-,,,\nD,maybe,,\n".splitlines(True)

    checked = check(lines, NOW)

    assert (checked.tokens, checked.expired, checked.ignored) == (3, 1, ("memo",))
    assert checked.statuses == {"accepted": 2, "blocked": 1}
    assert [(found.line, found.sentence[:18]) for found in checked.faults] == [
        (5, "its uid stands in "),
        (6, "its status 'maybe'"),
    ]


def test_many_faults_are_counted_and_the_first_are_kept() -> None:
    checked = check([b"uid\n", *([b"-:-\n"] * 1000)], NOW)

    assert (checked.fault_count, len(checked.faults), checked.tokens) == (1000, 50, 0)


def test_half_a_million_rows_are_read_one_by_one() -> None:
    read = 0

    def lines() -> Iterator[bytes]:
        nonlocal read
        yield b"uid\n"
        for read in range(1, 500_001):
            yield b"%014X\n" % read

    tokens = iter(TokensCsv(lines()))
    for _ in range(10):
        assert isinstance(next(tokens), TokenRow)
    assert read == 10


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=12)


@given(st.lists(st.lists(cells, min_size=1, max_size=6), max_size=8))
def test_whatever_a_table_holds_each_row_is_a_token_or_a_fault(table: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["uid", "type", "status", "expiry", "group"], *table])

    found = rows(text.getvalue())

    assert len(found) == sum(any(cell.strip() for cell in line) for line in table)
    for entry in found:
        assert isinstance(entry, Fault) or entry.uid == normalise_token(entry.uid) != ""


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fall_over(tail: bytes) -> None:
    file = b"uid,type,status,expiry,group\n" + tail
    try:
        found = rows(file)
    except NoTokens:
        with pytest.raises(UnicodeDecodeError):
            file.decode()
    else:
        assert all(isinstance(entry, TokenRow | Fault) for entry in found)
