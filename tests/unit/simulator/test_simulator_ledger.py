"""The ledger file: the last word counts, a torn line does no harm, other damage is named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from volt_simulator.ledger import Ledger, VisitEntry, fold, lines
from volt_simulator.past import pasts_of

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


def visit(number: int, energy_wh: int, ended: bool) -> VisitEntry:
    return VisitEntry(
        station="CP-0001",
        evse=1,
        version="1.6",
        visit=number,
        token="TAG0001",
        transactions=1,
        energy_wh=energy_wh,
        authorized_at=AT,
        plugged_at=AT,
        unplugged_at=AT if ended else None,
        plug_reported=True,
        unplug_reported=False,
        clock="good",
        state="ended" if ended else "running",
    )


async def test_the_last_word_counts(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ledger.ndjson"
    ledger = Ledger(path)
    for entry in (visit(1, 0, False), visit(2, 0, False), visit(1, 7000, True)):
        ledger.write(entry)
    ledger.close()
    found = fold(path)
    assert [entry.energy_wh for entry in found.values()] == [7000, 0]
    past = pasts_of(found.values())["CP-0001", 1]
    assert past.visits == 2
    assert past.open_visit == visit(2, 0, False)


async def test_a_torn_line_is_cut_and_the_file_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "ledger.ndjson"
    ledger = Ledger(path)
    ledger.write(visit(1, 7000, True))
    ledger.close()
    with path.open("ab") as torn:
        torn.write(b'{"kind":"vis')
    assert len(list(lines(path))) == 1
    ledger = Ledger(path)
    ledger.write(visit(2, 0, False))
    ledger.close()
    assert [entry.visit for entry in lines(path)] == [1, 2]


async def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.ndjson"
    path.write_text("hello\nworld\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 1 is not a ledger entry"):
        Ledger(path)
