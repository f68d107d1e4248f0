"""Transactions that a former system began: their rows, what is wrong with them, and the commands that adopt them."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from unit.imports.import_files import OWNER, csv_contents, knowing, said, written
from unit.imports.test_imports_checking import station

from volt_contracts.ids import entity_key, station_uid
from volt_contracts.migration import AdoptTransaction
from volt_contracts.network import Moved
from volt_contracts.refs import token_ref
from volt_contracts.topics import STATION_COMMANDS
from volt_imports.checking import check
from volt_imports.planning import plan

HEADER = "station,transaction_id,started_at,evse,connector,register,token,last_register,last_at\n"
BEGAN = "2026-03-01T09:15:00+01:00"


def test_a_row_becomes_the_command_that_adopts_it() -> None:
    contents = csv_contents(HEADER + f"CP1,4711,{BEGAN},1,2,1840.5 kWh,04:a1:b2:c3,1852000,2026-03-01T09:00:00Z\n")
    known = knowing(stations={"CP1": station()})
    assert check(contents, known) == []

    (planned,) = plan(contents, known, OWNER).commands()

    assert (planned.line, planned.topic) == (2, STATION_COMMANDS)
    assert isinstance(planned.command, AdoptTransaction)
    assert str(planned.command.register_wh) == "1840500", "as it is shown"
    assert planned.key == entity_key("demo", station_uid("demo", "CP1"))
    assert planned.command == AdoptTransaction(
        evse=1, connector=2, protocol_id="4711", started_at=datetime(2026, 3, 1, 8, 15, tzinfo=UTC),
        register_wh=Decimal(1840500), token_ref=token_ref(OWNER.secret, "demo", "04A1B2C3"),
        last_register_wh=Decimal(1852000), last_at=datetime(2026, 3, 1, 9, tzinfo=UTC), actor=OWNER.actor,
    )  # fmt: skip


def test_what_a_row_leaves_empty_is_evse_1_and_connector_1_and_is_not_known() -> None:
    contents = csv_contents(f"transaction id;station;started at\n4711;CP1;{BEGAN}\n")
    (planned,) = plan(contents, knowing(stations={"CP1": station()}), OWNER).commands()
    command = planned.command
    assert isinstance(command, AdoptTransaction)
    assert (command.evse, command.connector, command.register_wh, command.token_ref) == (1, 1, None, None)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (f",4711,{BEGAN},,,,,,", "station"),
        (f"CP1,,{BEGAN},,,,,,", "transaction_id"),
        (f"CP1,{'4' * 37},{BEGAN},,,,,,", "transaction_id"),
        ("CP1,4711,,,,,,,", "started_at"),
        ("CP1,4711,2026-03-01T09:15:00,,,,,,", "started_at"),
        ("CP1,4711,yesterday,,,,,,", "started_at"),
        ("CP1,4711,2999-03-01T09:15:00Z,,,,,,", "started_at"),
        (f"CP1,4711,{BEGAN},0,,,,,", "evse"),
        (f"CP1,4711,{BEGAN},,x,,,,", "connector"),
        (f"CP1,4711,{BEGAN},,,12 kW,,,", "register"),
        (f"CP1,4711,{BEGAN},,,-1,,,", "register"),
        (f"CP1,4711,{BEGAN},,,,{'T' * 300},,", "token"),
        (f"CP1,4711,{BEGAN},,,5,,6,", "last_register"),
        (f"CP1,4711,{BEGAN},,,5,,,2026-03-01T09:00:00Z", "last_register"),
        (f"CP1,4711,{BEGAN},,,5,,4,2026-03-01T09:00:00Z", "last_register"),
        (f"CP1,4711,{BEGAN},,,5,,6,2026-03-01T08:00:00Z", "last_at"),
    ],
)
def test_a_row_that_its_station_would_refuse_is_a_fault(row: str, column: str) -> None:
    contents = csv_contents(f"{HEADER}{row}\n")
    assert said(contents.faults) == [(2, column)]
    assert contents.transactions == {}


def test_a_transaction_stands_there_once_and_at_a_station_that_has_its_evse() -> None:
    contents = csv_contents(
        HEADER
        + f"CP1,4711,{BEGAN},,,,,,\nCP1,4711,{BEGAN},,,,,,\nCP1,4712,{BEGAN},2,,,,,\nCP9,1,{BEGAN},,,,,,\n"
        + f"CP2,1,{BEGAN},,,,,,\n"
    )
    moved = station(moved=Moved(tenant="other", station_uid="x"))
    faults = check(contents, knowing(stations={"CP1": station(), "CP2": moved}))
    assert said(faults) == [(3, "transaction_id"), (4, "evse"), (5, "station"), (6, "station")]
    assert [fault.sentence for fault in faults] == [
        "its transaction_id stands in line 2 already",
        "CP1 has no EVSE 2",
        "there is no station 'CP9', neither in the file nor known",
        "CP2 went to another tenant: it is adopted there",
    ]


def test_its_station_may_be_new_in_the_same_file(tmp_path: Path) -> None:
    contents = written(
        tmp_path,
        "network.yaml",
        f"""
stations:
  - {{identity: CP7}}
transactions:
  - {{station: CP7, transaction id: 4711, started at: "{BEGAN}"}}
""",
    )
    known = knowing()
    assert check(contents, known) == []
    assert [planned.topic.name for planned in plan(contents, known, OWNER).commands()][-1] == STATION_COMMANDS.name
