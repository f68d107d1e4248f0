"""The commands of OCPP 2.0.1 and 2.1 at a simulated station: the answer, and that it really happens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import ocpp.v21.call
import ocpp.v201.call
import pytest
from unit.simulator.simulator_central import Central, listening, until
from unit.simulator.simulator_central2 import central2
from unit.simulator.simulator_fleet import Running, running

from volt_simulator.ledger import TransactionEntry

CALLS = {"2.0.1": ocpp.v201.call, "2.1": ocpp.v21.call}
CARD = {"id_token": "REMOTE1", "type": "Central"}
pytestmark = pytest.mark.parametrize("version", list(CALLS))


class Scene:
    """A station that stands idle until it is told something."""

    def __init__(self, version: str, central: Central, run: Running) -> None:
        self.call: Any = CALLS[version]
        self.central = central
        self.run = run

    async def tell(self, command: Any) -> Any:
        return await self.central.points["CP-0001"].call(command)

    async def status(self, command: Any) -> str:
        return str((await self.tell(command)).status)

    async def charging(self) -> TransactionEntry:
        """Starts a charge at EVSE 1 from afar."""
        start = self.call.RequestStartTransaction(id_token=CARD, remote_start_id=77, evse_id=1)
        assert await self.status(start) == "Accepted"
        await until(lambda: "Charging" in self.states(), "EVSE 1 charges")
        return self.run.transactions()[0]

    def events(self) -> list[dict[str, Any]]:
        return [one.payload for one in self.central.of("TransactionEvent", answered=True)]

    def states(self) -> list[str]:
        return [event["transactionInfo"]["chargingState"] for event in self.events()]

    def statuses(self) -> list[str]:
        return [
            one.payload["connectorStatus"]
            for one in self.central.of("StatusNotification", answered=True)
            if one.payload["evseId"] == 1
        ]


@asynccontextmanager
async def scene(version: str, folder: Path, point: str = "PowerPathClosed") -> AsyncIterator[Scene]:
    central = central2(version)
    flags = f"--versions {version} --shortest-stay 60 --start-points {point}"
    async with listening(central), running(central, folder, flags) as run:
        run.fleet.gate.paused = True
        await run.ready()
        await until(lambda: all(map(run.station.announcer.is_told, run.station.connectors)), "all statuses told")
        yield Scene(version, central, run)
    assert run.fleet.counters.own_schema_errors == 0


@pytest.mark.parametrize("point", ["EVConnected", "Authorized", "PowerPathClosed"])
async def test_remote_start_and_stop(version: str, point: str, tmp_path: Path) -> None:
    async with scene(version, tmp_path, point) as there:
        entry = await there.charging()
        again = there.call.RequestStartTransaction(id_token=CARD, remote_start_id=78, evse_id=1)
        assert await there.status(again) == "Rejected"
        assert await there.status(there.call.RequestStopTransaction("nobody")) == "Rejected"
        assert await there.status(there.call.RequestStopTransaction(str(entry.transaction_id))) == "Accepted"
        await until(lambda: there.statuses()[-1] == "Available", "the car leaves")
        await there.run.drained()

    (entry,) = there.run.transactions()
    assert (entry.token, entry.authorization, entry.reason) == ("REMOTE1", "remote", "Remote")
    starts = [event for event in there.events() if event["triggerReason"] == "RemoteStart"]
    assert [event["transactionInfo"]["remoteStartId"] for event in starts] == [77]
    assert starts[0]["idToken"] == {"idToken": "REMOTE1", "type": "Central"}
    ended = there.events()[-1]
    assert (ended["triggerReason"], ended["transactionInfo"]["stoppedReason"]) == ("RemoteStop", "Remote")


async def test_a_reset_at_once_ends_the_charge(version: str, tmp_path: Path) -> None:
    async with scene(version, tmp_path) as there:
        await there.charging()
        assert await there.status(there.call.Reset(type="Immediate")) == "Accepted"
        await until(lambda: len(there.central.of("BootNotification", answered=True)) == 2, "a second boot")
        await there.run.drained()

    assert there.central.of("BootNotification")[1].payload["reason"] == "RemoteReset"
    assert there.events()[-1]["transactionInfo"]["stoppedReason"] == "ImmediateReset"


async def test_a_reset_when_idle_waits_for_the_transaction(version: str, tmp_path: Path) -> None:
    async with scene(version, tmp_path) as there:
        entry = await there.charging()
        assert await there.status(there.call.Reset(type="OnIdle")) == "Scheduled"
        assert await there.status(there.call.RequestStopTransaction(str(entry.transaction_id))) == "Accepted"
        await until(lambda: len(there.central.of("BootNotification", answered=True)) == 2, "a second boot")

    assert there.central.of("BootNotification")[1].payload["reason"] == "ScheduledReset"
    assert there.run.transactions()[0].reason == "Remote"


async def test_a_reset_of_one_evse_keeps_the_link(version: str, tmp_path: Path) -> None:
    async with scene(version, tmp_path) as there:
        await there.charging()
        assert await there.status(there.call.Reset(type="Immediate", evse_id=9)) == "Rejected"
        assert await there.status(there.call.Reset(type="Immediate", evse_id=1)) == "Accepted"
        await until(lambda: there.events()[-1]["eventType"] == "Ended", "the charge ends")

    assert there.central.links["CP-0001"] == 1


async def test_unlock_waits_for_nobody_but_an_authorized_driver(version: str, tmp_path: Path) -> None:
    async with scene(version, tmp_path) as there:
        entry = await there.charging()
        unlock = there.call.UnlockConnector(evse_id=1, connector_id=1)
        assert await there.status(unlock) == "OngoingAuthorizedTransaction"
        assert await there.status(there.call.UnlockConnector(evse_id=9, connector_id=1)) == "UnknownConnector"
        assert await there.status(there.call.RequestStopTransaction(str(entry.transaction_id))) == "Accepted"
        await until(lambda: there.events()[-1]["eventType"] == "Ended", "the charge ends")
        assert await there.status(unlock) == "Unlocked"
        await until(lambda: there.statuses()[-1] == "Available", "the cable is out")


async def test_availability_waits_for_the_transaction(version: str, tmp_path: Path) -> None:
    async with scene(version, tmp_path) as there:
        entry = await there.charging()
        assert await there.status(there.call.ChangeAvailability(operational_status="Inoperative")) == "Scheduled"
        assert await there.status(there.call.RequestStopTransaction(str(entry.transaction_id))) == "Accepted"
        await until(lambda: there.statuses()[-1] == "Unavailable", "EVSE 1 is out of service")
        await until(lambda: there.run.visits()[0].state == "ended", "the car leaves")
        operative = there.call.ChangeAvailability(operational_status="Operative", evse={"id": 1})
        assert await there.status(operative) == "Accepted"
        await until(lambda: there.statuses()[-1] == "Available", "EVSE 1 is back")
        nowhere = there.call.ChangeAvailability(operational_status="Operative", evse={"id": 9})
        assert await there.status(nowhere) == "Rejected"


async def test_triggered_messages_follow(version: str, tmp_path: Path) -> None:
    async with scene(version, tmp_path) as there:
        trigger = there.call.TriggerMessage
        assert await there.status(trigger(requested_message="TransactionEvent")) == "Rejected"
        assert await there.status(trigger(requested_message="BootNotification")) == "Rejected"
        assert await there.status(trigger(requested_message="FirmwareStatusNotification")) == "NotImplemented"
        await there.charging()
        for name in ("Heartbeat", "MeterValues", "StatusNotification", "TransactionEvent"):
            there.central.heard.clear()
            assert await there.status(trigger(requested_message=name, evse={"id": 1})) == "Accepted"
            await until(partial(there.central.of, name, True), name)
        triggered = [event for event in there.events() if event["triggerReason"] == "Trigger"]
        assert len(triggered) == 1
        assert triggered[0]["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"


async def test_variables_are_read_and_set(version: str, tmp_path: Path) -> None:
    def place(component: str, variable: str, **more: str) -> dict[str, Any]:
        return {"component": {"name": component}, "variable": {"name": variable}, **more}

    async with scene(version, tmp_path) as there:
        read = await there.tell(
            there.call.GetVariables(
                get_variable_data=[
                    place("SampledDataCtrlr", "TxUpdatedInterval"),
                    place("txctrlr", "txstartpoint"),
                    place("TxCtrlr", "Nonsense"),
                    place("Nonsense", "TxStartPoint"),
                    place("TxCtrlr", "TxStartPoint", attribute_type="MaxSet"),
                ]
            )
        )
        results = [(one["attribute_status"], one.get("attribute_value")) for one in read.get_variable_result]
        assert results == [
            ("Accepted", "0"),
            ("Accepted", "PowerPathClosed"),
            ("UnknownVariable", None),
            ("UnknownComponent", None),
            ("NotSupportedAttributeType", None),
        ]
        written = await there.tell(
            there.call.SetVariables(
                set_variable_data=[
                    place("SampledDataCtrlr", "TxUpdatedInterval", attribute_value="7"),
                    place("SampledDataCtrlr", "TxUpdatedInterval", attribute_value="often"),
                    place("TxCtrlr", "StopTxOnInvalidId", attribute_value="false"),
                    place("TxCtrlr", "TxStartPoint", attribute_value="Authorized"),
                    place("OCPPCommCtrlr", "WebSocketPingInterval", attribute_value="60"),
                    place("Nonsense", "Nonsense", attribute_value="1"),
                ]
            )
        )
        statuses = [one["attribute_status"] for one in written.set_variable_result]
        assert statuses == ["Accepted", "Rejected", "Accepted", "Rejected", "RebootRequired", "UnknownComponent"]
        assert there.run.station.configuration.meter_interval_s == 7
        assert not there.run.station.configuration.stops_on_invalid_id


async def test_the_status_of_a_transaction(version: str, tmp_path: Path) -> None:
    async with scene(version, tmp_path) as there:
        entry = await there.charging()
        ask = there.call.GetTransactionStatus
        running_one = await there.tell(ask(transaction_id=entry.transaction_id))
        assert running_one.ongoing_indicator is True
        unknown = await there.tell(ask(transaction_id="nobody"))
        assert (unknown.ongoing_indicator, unknown.messages_in_queue) == (False, False)
        await until(lambda: not there.run.station.outbox.queue, "all is delivered")
        whole = await there.tell(ask())
        assert (whole.ongoing_indicator, whole.messages_in_queue) == (None, False)
