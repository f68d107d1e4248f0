"""The commands of OCPP 1.6 at a simulated station: the answer, and that it really happens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from ocpp.v16 import call
from unit.simulator.simulator_central import Central, listening, until
from unit.simulator.simulator_central16 import central16
from unit.simulator.simulator_fleet import Running, running

LONG_STAYS = "--versions 1.6 --shortest-stay 60"


class Scene:
    """A station that stands idle until it is told something."""

    def __init__(self, central: Central, run: Running) -> None:
        self.central = central
        self.run = run

    async def tell(self, command: Any) -> Any:
        return await self.central.points["CP-0001"].call(command)

    async def charging(self, token: str = "REMOTE1") -> int:
        """Starts a charge at connector 1 from afar; its transaction id."""
        answer = await self.tell(call.RemoteStartTransaction(id_tag=token, connector_id=1))
        assert answer.status == "Accepted"
        await until(lambda: "Charging" in self.statuses(1), "connector 1 charges")
        return int(self.run.transactions()[0].transaction_id or 0)

    def statuses(self, connector: int) -> list[str]:
        return [
            one.payload["status"]
            for one in self.central.of("StatusNotification", answered=True)
            if one.payload["connectorId"] == connector
        ]


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    central = central16()
    async with listening(central), running(central, folder, LONG_STAYS) as run:
        run.fleet.gate.paused = True
        await run.ready()
        await until(lambda: all(map(run.station.announcer.is_told, run.station.connectors)), "all statuses told")
        yield Scene(central, run)


async def test_remote_start_and_stop(tmp_path: Path) -> None:
    async with scene(tmp_path) as there:
        transaction_id = await there.charging("REMOTE1")
        again = await there.tell(call.RemoteStartTransaction(id_tag="REMOTE2", connector_id=1))
        assert again.status == "Rejected"
        assert (await there.tell(call.RemoteStopTransaction(transaction_id + 1))).status == "Rejected"
        assert (await there.tell(call.RemoteStopTransaction(transaction_id))).status == "Accepted"
        await until(lambda: there.statuses(1)[-1] == "Available", "the car leaves")
        await there.run.drained()

    (entry,) = there.run.transactions()
    assert entry.token == "REMOTE1"
    assert entry.authorization == "remote"
    assert entry.reason == "Remote"
    (stop,) = there.central.of("StopTransaction")
    assert stop.payload["reason"] == "Remote"
    assert stop.payload["meterStop"] == entry.meter_stop_wh


async def test_a_hard_reset_ends_the_charge_and_boots(tmp_path: Path) -> None:
    async with scene(tmp_path) as there:
        await there.charging()
        assert (await there.tell(call.Reset("Hard"))).status == "Accepted"
        await until(lambda: len(there.central.of("BootNotification", answered=True)) == 2, "a second boot")
        await until(lambda: there.central.of("StopTransaction", answered=True), "the stop after the boot")
        await there.run.drained()

    actions = [one.action for one in there.central.heard]
    assert actions.index("StopTransaction") > len(actions) - 1 - actions[::-1].index("BootNotification")
    assert there.run.transactions()[0].reason == "HardReset"
    assert there.central.links["CP-0001"] == 2


async def test_a_soft_reset_tells_of_the_stop_first(tmp_path: Path) -> None:
    async with scene(tmp_path) as there:
        await there.charging()
        assert (await there.tell(call.Reset("Soft"))).status == "Accepted"
        await until(lambda: len(there.central.of("BootNotification", answered=True)) == 2, "a second boot")
        await there.run.drained()

    actions = [one.action for one in there.central.heard]
    assert actions.index("StopTransaction") < len(actions) - 1 - actions[::-1].index("BootNotification")
    assert there.run.transactions()[0].reason == "SoftReset"


async def test_unlock_ends_the_charge_and_frees_the_cable(tmp_path: Path) -> None:
    async with scene(tmp_path) as there:
        await there.charging()
        assert (await there.tell(call.UnlockConnector(9))).status == "NotSupported"
        assert (await there.tell(call.UnlockConnector(1))).status == "Unlocked"
        await until(lambda: there.statuses(1)[-1] == "Available", "the cable is out")

    assert there.run.transactions()[0].reason == "UnlockCommand"
    assert there.run.visits()[0].state == "ended"


async def test_availability_waits_for_the_transaction(tmp_path: Path) -> None:
    async with scene(tmp_path) as there:
        transaction_id = await there.charging()
        assert (await there.tell(call.ChangeAvailability(0, "Inoperative"))).status == "Scheduled"
        assert "Unavailable" not in there.statuses(1)
        assert (await there.tell(call.RemoteStopTransaction(transaction_id))).status == "Accepted"
        await until(lambda: there.statuses(1)[-1] == "Unavailable", "connector 1 is out of service")
        rejected = await there.tell(call.RemoteStartTransaction(id_tag="REMOTE2", connector_id=1))
        assert rejected.status == "Rejected"
        await until(lambda: there.run.visits()[0].state == "ended", "the car leaves")
        assert (await there.tell(call.ChangeAvailability(1, "Operative"))).status == "Accepted"
        await until(lambda: there.statuses(1)[-1] == "Available", "connector 1 is back")
        assert (await there.tell(call.ChangeAvailability(9, "Operative"))).status == "Rejected"


async def test_triggered_messages_follow(tmp_path: Path) -> None:
    async with scene(tmp_path) as there:
        for name in ("BootNotification", "Heartbeat", "StatusNotification", "MeterValues"):
            there.central.heard.clear()
            assert (await there.tell(call.TriggerMessage(name, 1))).status == "Accepted"
            await until(partial(there.central.of, name, True), name)
        assert "transactionId" not in there.central.of("MeterValues")[-1].payload
        firmware = await there.tell(call.TriggerMessage("FirmwareStatusNotification"))
        assert firmware.status == "NotImplemented"
        assert (await there.tell(call.TriggerMessage("Heartbeat", 9))).status == "Rejected"


async def test_configuration_is_read_and_changed(tmp_path: Path) -> None:
    async with scene(tmp_path) as there:
        whole = await there.tell(call.GetConfiguration())
        found = {item["key"]: item for item in whole.configuration_key}
        assert found["NumberOfConnectors"]["value"] == str(len(there.run.station.connectors))
        assert found["NumberOfConnectors"]["readonly"]
        some = await there.tell(call.GetConfiguration(["HeartbeatInterval", "Nonsense"]))
        assert some.unknown_key == ["Nonsense"]
        answers = {
            ("MeterValueSampleInterval", "7"): "Accepted",
            ("MeterValueSampleInterval", "often"): "Rejected",
            ("StopTransactionOnInvalidId", "false"): "Accepted",
            ("WebSocketPingInterval", "60"): "RebootRequired",
            ("NumberOfConnectors", "9"): "Rejected",
            ("Nonsense", "1"): "NotSupported",
        }
        for (key, value), status in answers.items():
            assert (await there.tell(call.ChangeConfiguration(key, value))).status == status
        assert there.run.station.configuration.meter_interval_s == 7
        assert not there.run.station.configuration.stops_on_invalid_id


async def test_what_it_does_not_do_it_says(tmp_path: Path) -> None:
    async with scene(tmp_path) as there:
        socket = there.central.sockets["CP-0001"]
        point = there.central.points["CP-0001"]
        codes = {}
        for action, payload in (
            ("ReserveNow", {}),
            ("MakeCoffee", {}),
            ("Reset", {"type": "Gently"}),
            ("Reset", {"type": "Soft", "sugar": 1}),
        ):
            text = msgspec.json.encode([2, f"{action}{len(payload)}{payload}"[:36], action, payload]).decode()
            await socket.send(text)
            answer = await point._response_queue.get()
            codes[(action, len(payload), str(payload.get("type")))] = answer.error_code
        await socket.send("this is not JSON")
        await socket.send('[6,"x","Notify",{}]')
        await until(lambda: there.run.fleet.counters.bad_frames == 2, "two frames it cannot read")
        assert (await there.tell(call.GetConfiguration())).configuration_key

    assert codes == {
        ("ReserveNow", 0, "None"): "NotSupported",
        ("MakeCoffee", 0, "None"): "NotImplemented",
        ("Reset", 1, "Gently"): "FormationViolation",
        ("Reset", 2, "Soft"): "FormationViolation",
    }
    assert there.run.fleet.counters.own_schema_errors == 0
