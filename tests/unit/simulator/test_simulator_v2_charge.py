"""A whole charge in OCPP 2.0.1 and 2.1, with every way to begin, and what can get in its way."""

from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from unit.simulator.simulator_central import Central, listening, until
from unit.simulator.simulator_central2 import central2
from unit.simulator.simulator_fleet import running

from volt_simulator.ledger import TransactionEntry

ONE_VISIT = "--until-sessions 1 --drain"
VERSIONS = ["2.0.1", "2.1"]


def events_of(central: Central, entry: TransactionEntry) -> list[dict[str, Any]]:
    """What was heard of a transaction, without the repetitions."""
    found = [
        one.payload
        for one in central.of("TransactionEvent")
        if one.payload["transactionInfo"]["transactionId"] == entry.transaction_id
    ]
    return [payload for payload, _ in groupby(found)]


def register_of(event: dict[str, Any]) -> int:
    return int(event["meterValue"][-1]["sampledValue"][0]["value"])


def assert_told_as_charged(central: Central, entry: TransactionEntry) -> None:
    """One Started, one Ended, no gap in between, and the numbers of the ledger."""
    events = events_of(central, entry)
    kinds = [event["eventType"] for event in events]
    assert kinds == ["Started"] + ["Updated"] * (len(kinds) - 2) + ["Ended"]
    assert [event["seqNo"] for event in events] == list(range(len(events)))
    assert register_of(events[0]) == entry.meter_start_wh
    assert register_of(events[-1]) == entry.meter_stop_wh
    assert events[0]["timestamp"] == entry.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert entry.ended_at is not None
    assert events[-1]["timestamp"] == entry.ended_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    tokens = [event["idToken"]["idToken"] for event in events if "idToken" in event]
    assert set(tokens) == {entry.token}
    evses = [event["evse"]["id"] for event in events if "evse" in event]
    assert evses == [entry.evse]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("point", ["EVConnected", "Authorized", "PowerPathClosed"])
async def test_a_whole_charge(tmp_path: Path, version: str, point: str) -> None:
    central = central2(version)
    flags = f"{ONE_VISIT} --versions {version} --start-points {point}"
    async with listening(central), running(central, tmp_path, flags) as run:
        assert await run.task

    (entry,) = run.transactions()
    (visit,) = run.visits()
    assert entry.acknowledged
    assert entry.energy_wh == visit.energy_wh > 0
    assert visit.plug_reported
    assert visit.unplug_reported
    assert_told_as_charged(central, entry)
    started = events_of(central, entry)[0]
    assert (
        started["triggerReason"]
        == {
            "EVConnected": "CablePluggedIn",
            "Authorized": "Authorized",
            "PowerPathClosed": "ChargingStateChanged",
        }[point]
    )
    assert ("idToken" in started) == (point != "EVConnected")
    assert started["transactionInfo"].get("operationMode") == ("ChargingOnly" if version == "2.1" else None)
    states = [event["transactionInfo"]["chargingState"] for event in events_of(central, entry)]
    assert "Charging" in states
    assert run.fleet.counters.own_schema_errors == 0
    assert run.fleet.counters.call_errors == 0


@pytest.mark.parametrize("version", VERSIONS)
async def test_disturbed_charges_are_told_whole(tmp_path: Path, version: str) -> None:
    central = central2(version)
    central.orders.swallow = lambda heard: (
        heard.action == "TransactionEvent" and heard.payload["seqNo"] == 1 and len(central.of(heard.action)) % 2 == 0
    )
    flags = f"--until-sessions 4 --drain --versions {version} --duplicates 1 --late-stops 1 --late-stop-seconds 0.2"
    async with listening(central), running(central, tmp_path, flags) as run:
        assert await run.task

    assert len(run.transactions()) == 4
    for entry in run.transactions():
        assert entry.acknowledged
        assert_told_as_charged(central, entry)
    assert run.fleet.counters.duplicates > 0


async def test_a_charge_goes_on_without_a_link_and_says_so(tmp_path: Path) -> None:
    central = central2("2.0.1")
    async with running(central, tmp_path, f"{ONE_VISIT} --versions 2.0.1") as run:
        async with listening(central):
            await until(lambda: central.of("TransactionEvent", answered=True), "the first event")
        await until(lambda: run.transactions()[0].state == "ended", "the charge ends while offline")
        before = len(central.heard)
        async with listening(central):
            assert await run.task

    (entry,) = run.transactions()
    assert entry.ended_offline
    assert entry.acknowledged
    assert_told_as_charged(central, entry)
    replayed = [one.payload for one in central.heard[before:] if one.action == "TransactionEvent"]
    assert replayed[-1]["offline"] is True
    assert [event["seqNo"] for event in replayed] == sorted(event["seqNo"] for event in replayed)


async def test_a_token_refused_in_the_transaction_ends_it(tmp_path: Path) -> None:
    central = central2("2.0.1")
    central.orders.refused_starts = frozenset({"LATE"})
    flags = f"{ONE_VISIT} --versions 2.0.1 --tokens LATE"
    async with listening(central), running(central, tmp_path, flags) as run:
        assert await run.task

    (entry,) = run.transactions()
    assert entry.refused
    ended = events_of(central, entry)[-1]
    assert (ended["triggerReason"], ended["transactionInfo"]["stoppedReason"]) == ("Deauthorized", "DeAuthorized")


async def test_a_refused_card_leaves_a_transaction_without_token(tmp_path: Path) -> None:
    central = central2("2.1")
    central.orders.refused_tokens = frozenset({"BAD"})
    flags = f"{ONE_VISIT} --versions 2.1 --tokens BAD --start-points EVConnected"
    async with listening(central), running(central, tmp_path, flags) as run:
        assert await run.task

    (entry,) = run.transactions()
    assert entry.token is None
    assert entry.energy_wh == 0
    ended = events_of(central, entry)[-1]
    assert ended["transactionInfo"]["stoppedReason"] == "EVDisconnected"


async def test_a_security_error_makes_the_station_boot_and_loses_nothing(tmp_path: Path) -> None:
    central = central2("2.0.1")
    async with listening(central), running(central, tmp_path, f"{ONE_VISIT} --versions 2.0.1") as run:
        await run.ready()
        central.orders.errors = {"TransactionEvent": ["SecurityError", "SecurityError"]}
        assert await run.task

    (entry,) = run.transactions()
    assert entry.acknowledged
    assert not entry.discarded
    assert len(central.of("BootNotification")) == 3
    assert run.fleet.counters.call_errors == 2
