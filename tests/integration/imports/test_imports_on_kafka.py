"""Imports on a real broker: whole or nothing, once whoever repeats them, and a race shows as refused rows."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from integration.imports.import_stage import Stage
from integration.whole_pipe import SECRET

from volt_contracts.drivers import TokenRegistered
from volt_contracts.imports import ImportedFile
from volt_contracts.network import StationRow
from volt_contracts.station import TransactionStarted
from volt_contracts.topics import DRIVERS_TOKEN_EVENTS, NETWORK_ORGANISATIONS, NETWORK_STATIONS, STATION_EVENTS
from volt_imports.checking import check
from volt_imports.contents import read_file
from volt_imports.following import Follower
from volt_imports.importing import OtherFile, run_import
from volt_imports.known import look_up
from volt_imports.planning import Owner, Plan, plan
from volt_imports.report import Outcomes
from volt_imports.rows import no_progress
from volt_imports.sending import Import, send
from volt_testkit.workbook import write_workbook

pytestmark = pytest.mark.kafka

STATIONS, TOKENS = 1_000, 3_000
COMMANDS = {
    "network.configure_organisation.v1": 1,
    "network.configure_location.v1": 2,
    "network.register_station.v1": STATIONS,
    "drivers.register_token.v1": TOKENS,
}


def network(path: Path, name: str = "Volt", wrong: int = 0) -> Path:
    """A workbook of a whole network; `wrong`: so many of its tokens have no type that there is."""
    stations = [
        [f"CP{number}", f"{name} {number}", f"L{number % 2}", evse, f"DE*VLT*E{number}*{evse}", 1, "type2", 22000]
        for number in range(STATIONS)
        for evse in (1, 2)
    ]
    tokens = [[f"{number:014X}", "card" if number < wrong else "rfid"] for number in range(TOKENS)]
    write_workbook(
        path,
        {
            "organisations": [["organisation", "name", "kind"], ["VLT", name, "legal_entity"]],
            "locations": [["location", "name", "legal_entity"], ["L0", name, "VLT"], ["L1", "Hill", "VLT"]],
            "stations": [
                ["identity", "name", "location", "evse", "evse_id", "connector", "standard", "max_power"], *stations,
            ],
            "tokens": [["uid", "type"], *tokens],
        },
    )  # fmt: skip
    return path


async def test_a_whole_network_is_imported_once(stage: Stage) -> None:
    path = network(stage.folder / "network.xlsx")

    async with stage.deciders():
        first = await run_import(stage.kafka, stage.order(path, key="first", part=700))
        again = await run_import(stage.kafka, stage.order(path, key="first"))
        other_id = await run_import(stage.kafka, stage.order(path))
        other = network(stage.folder / "other.xlsx", name="Other")
        with pytest.raises(OtherFile):
            await run_import(stage.kafka, stage.order(other, key="first"))

    assert (first.state, first.commands) == ("imported", COMMANDS)
    assert first.rows == {"organisations": 1, "locations": 2, "stations": 2 * STATIONS, "tokens": TOKENS}
    assert first.outcomes is not None
    assert first.outcomes.complete
    assert (again.state, again.commands) == ("imported_before", COMMANDS)
    assert again.outcomes is not None
    assert again.outcomes.lines == first.outcomes.lines
    assert other_id.state == "unchanged"
    assert other_id.unchanged == {"organisations": 1, "locations": 2, "stations": STATIONS, "tokens": TOKENS}
    assert await stage.sent() == COMMANDS | {"network.record_import.v1": 1}
    assert set((await stage.outcomes()).values()) == {1}
    stations = await stage.rows(NETWORK_STATIONS)
    assert len(stations) == STATIONS
    assert {(row.version, row.location_id, len(row.evses)) for row in stations.values()} == {(1, "L0", 2), (1, "L1", 2)}


async def test_a_change_is_sent_alone_and_for_the_version_that_was_seen(stage: Stage) -> None:
    async with stage.deciders():
        await run_import(stage.kafka, stage.order(network(stage.folder / "a.xlsx")))
        changed = await run_import(stage.kafka, stage.order(network(stage.folder / "b.xlsx", name="Other")))

    assert changed.outcomes is not None
    assert changed.outcomes.complete
    assert changed.commands["network.register_station.v1"] == STATIONS
    assert changed.unchanged == {"locations": 1, "tokens": TOKENS}
    assert {row.version for row in (await stage.rows(NETWORK_STATIONS)).values()} == {2}
    (company,) = (await stage.rows(NETWORK_ORGANISATIONS)).values()
    assert company.organisation.name == "Other"


async def test_with_a_fault_nothing_is_sent_and_every_fault_is_told(stage: Stage) -> None:
    path = network(stage.folder / "network.xlsx", wrong=1_500)

    report = await run_import(stage.kafka, stage.order(path))

    assert report.state == "faulty"
    assert [fault.line for fault in report.faults] == list(range(40_000_002, 40_001_502))
    assert await stage.sent() == {}


async def test_transactions_that_run_are_adopted_with_their_stations_and_again_without_harm(stage: Stage) -> None:
    rows: list[list[str | int]] = [
        ["station", "evse", "transaction_id", "started_at", "register", "token"],
        ["CP1", 1, "4711", "2026-03-01T08:15:00Z", "1840.5 kWh", "04A1B2C3"],
        ["CP1", 2, "4712", "2026-03-01T08:30:00Z", "0", ""],
    ]
    path = stage.folder / "network.xlsx"
    stations: list[list[str | int]] = [["identity", "evse"], ["CP1", 1], ["CP1", 2]]
    write_workbook(path, {"stations": stations, "transactions": rows})

    async with stage.deciders():
        first = await run_import(stage.kafka, stage.order(path, key="k"))
        repeated = await run_import(stage.kafka, stage.order(path, key="k"))
        again = await run_import(stage.kafka, stage.order(path))

    assert first.commands == {"network.register_station.v1": 1, "station.adopt_transaction.v1": 2}
    assert again.commands == {"station.adopt_transaction.v1": 2}
    for report in (first, repeated, again):
        assert report.outcomes is not None
        assert (report.outcomes.complete, report.outcomes.refusals) == (True, [])
    started = await stage.every(STATION_EVENTS, TransactionStarted)
    assert [(one.protocol_id, one.evse, one.register_wh) for one in started] == [
        ("4711", 1, Decimal(1840500)),
        ("4712", 2, Decimal(0)),
    ]


async def test_a_dry_run_says_what_would_be_sent(stage: Stage) -> None:
    report = await run_import(stage.kafka, stage.order(network(stage.folder / "network.xlsx"), dry_run=True))

    assert (report.state, report.commands) == ("checked", COMMANDS)
    assert await stage.sent() == {}


async def test_a_tenant_that_nobody_configured_has_no_network(stage: Stage) -> None:
    order = stage.order(network(stage.folder / "network.xlsx"), tenant="nobody")

    assert [fault.sentence for fault in (await run_import(stage.kafka, order)).faults] == ["there is no tenant nobody"]


async def test_names_of_evses_are_held_against_the_network(stage: Stage) -> None:
    first, second = stage.folder / "first.csv", stage.folder / "second.csv"
    first.write_text("identity,evse,evse_id,evse_uid\nCP1,1,DE*VLT*E1,U1\n")
    second.write_text("identity,evse,evse_id,evse_uid\nCP2,1,DE*VLT*E1,\nCP3,1,,U1\nCP1,1,DE*VLT*E1,U1\n")

    async with stage.deciders():
        await run_import(stage.kafka, stage.order(first))
    report = await run_import(stage.kafka, stage.order(second))

    assert [(fault.line, fault.column) for fault in report.faults] == [(4, "evse_id"), (4, "evse_uid")]
    second.write_text("identity,evse,evse_id,evse_uid\nCP2,1,DE*VLT*E1,\nCP3,1,,U1\n")
    report = await run_import(stage.kafka, stage.order(second))
    assert [(fault.line, fault.column) for fault in report.faults] == [(2, "evse_id"), (3, "evse_uid")]
    assert "CP1" in report.faults[0].sentence


async def made(stage: Stage, name: str) -> Plan:
    """A checked file whose commands are not sent yet."""
    contents = read_file(network(stage.folder / f"{name}.xlsx", name), f"{name}.xlsx")
    known = await look_up(stage.kafka, "demo", SECRET, contents)
    assert check(contents, known) == []
    return plan(contents, known, Owner("demo", stage.order(Path("x")).actor, name, SECRET))


async def raced(stage: Stage, name: str, planned: Plan) -> Outcomes:
    """Send it and wait for every row."""
    one = Import(f"{name}-id", "demo", stage.order(Path("x")).actor, "tests", part=300)
    async with Follower(stage.kafka, one.id, ()) as follower:
        expected = sum(COMMANDS.values())
        await send(stage.kafka, one, planned.commands(), expected, _file(planned), no_progress)
        return await follower.outcomes(expected, patience_s=60)


def _file(planned: Plan) -> Callable[[dict[str, int]], ImportedFile]:
    return lambda commands: ImportedFile(name="x", sha256=planned.contents.sha256, rows=1, commands=commands)


async def test_of_two_imports_at_a_time_each_row_is_wholly_one_s(stage: Stage) -> None:
    async with stage.deciders():
        plans = [await made(stage, name) for name in ("Left", "Right")]
        left, right = await asyncio.gather(raced(stage, "Left", plans[0]), raced(stage, "Right", plans[1]))

    assert (left.stopped, right.stopped) == (None, None)
    total = sum(COMMANDS.values())
    assert sum(side.counts.get("accepted", 0) for side in (left, right)) == total
    assert {one.line for one in left.refusals} == set(right.lines)
    assert {one.line for one in right.refusals} == set(left.lines)
    assert {one.sentence for one in (*left.refusals, *right.refusals)} == {
        "somebody has changed it meanwhile: it is at version 1, not 0"
    }
    for row in (await stage.rows(NETWORK_STATIONS)).values():
        assert isinstance(row, StationRow)
        assert row.version == 1
        assert row.name is not None
        assert row.name.split()[0] in ("Left", "Right")
        assert len(row.evses) == 2
    tokens = await stage.rows(DRIVERS_TOKEN_EVENTS, TokenRegistered)
    assert len(tokens) == TOKENS
    assert {(row.version, row.issuer) for row in tokens.values()} <= {(1, "Left"), (1, "Right")}
