"""Every fault by name as the central system sees it on the wire, and what heals it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ocpp.v16.call as call16
import ocpp.v201.call as call201
import pytest
from unit.simulator.simulator_central import Central, Heard, listening, until
from unit.simulator.simulator_fleet import Running, running
from unit.simulator.test_simulator_chaos import point_for

from volt_simulator import ailments
from volt_simulator.fault_catalogue import CATALOGUE
from volt_simulator.faults import MOMENTARY, Dose, inflict, present
from volt_simulator.station import Station
from volt_simulator.traits import Faults

LONG = "--shortest-stay 60 --max-gap 0.1"
VERSIONS = ("1.6", "2.0.1", "2.1")


class Stage:
    """One station at work, and the central system that hears it."""

    def __init__(self, central: Central, run: Running) -> None:
        self.central = central
        self.run = run

    @property
    def station(self) -> Station:
        return self.run.station

    @property
    def name(self) -> str:
        return self.station.traits.station

    def inflict(self, name: str, **dose: Any) -> None:
        inflict(self.station, name, Dose(**dose))

    async def ask(self, message: Any) -> Any:
        return await self.central.points[self.name].call(message)

    async def charges(self) -> None:
        await until(lambda: any(one.flow is not None for one in self.station.connectors), "a charge")
        await until(lambda: self.station.outbox.is_empty, "everything is said")

    def since(self, mark: int, action: str) -> list[Heard]:
        return [one for one in self.central.heard[mark:] if one.action == action]

    @property
    def mark(self) -> int:
        return len(self.central.heard)

    def ends(self) -> list[Heard]:
        events = [one for one in self.central.of("TransactionEvent") if one.payload["eventType"] == "Ended"]
        return self.central.of("StopTransaction") + events


@asynccontextmanager
async def stage(folder: Path, version: str = "1.6", flags: str = LONG) -> AsyncIterator[Stage]:
    central = Central(point_for)
    async with listening(central), running(central, folder, f"--versions {version} {flags}") as run:
        await run.ready()
        yield Stage(central, run)


def test_every_fault_is_in_the_catalogue_once() -> None:
    lasting = {note.field for note in CATALOGUE.values() if note.field is not None}
    assert lasting == {field.name for field in fields(Faults)}
    assert {name for name, note in CATALOGUE.items() if note.field is None} == set(MOMENTARY)
    assert all(note.sentence.endswith(".") for note in CATALOGUE.values())


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_reboot_by_itself_ends_transactions_and_boots_again(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version) as on:
        await on.charges()
        on.inflict("reboot", seconds=0.1)
        await until(lambda: len(on.central.of("BootNotification", True)) == 2, "a second boot")
        await until(on.ends, "the end of the transaction")
        assert {entry.reason for entry in on.run.transactions() if entry.state == "ended"} == {"Reboot"}
        boot = on.central.of("BootNotification")[1].payload
        assert boot.get("reason", "Watchdog") == "Watchdog"


async def test_a_flapping_link_breaks_again_and_again_until_it_is_healed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ailments, "FLAPS_AFTER_S", (0.01, 0.02))
    async with stage(tmp_path) as on:
        on.inflict("flapping_link")
        await until(lambda: on.central.links[on.name] >= 4, "three breaks")
        on.inflict("heal")
        await asyncio.sleep(0.1)  # a link that was cut just before is noticed to be
        await on.run.ready()
        links = on.central.links[on.name]
        await on.run.drained()
        assert on.central.links[on.name] == links


@pytest.mark.parametrize("version", ["1.6", "2.1"])
async def test_a_frozen_station_keeps_its_socket_and_says_nothing(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version) as on:
        await on.charges()
        on.inflict("frozen")
        mark, links = on.mark, on.central.links[on.name]
        readings = len(on.station.outbox.queue)
        pong = asyncio.ensure_future(await on.central.sockets[on.name].ping())
        await until(lambda: len(on.station.outbox.queue) >= readings + 5, "readings pile up")
        assert on.mark <= mark + 1, "only the call that was on its way"
        assert not pong.done(), "the station would be alive"
        assert on.central.links[on.name] == links
        on.inflict("heal")
        await until(lambda: on.station.outbox.is_empty, "all is told")
        await until(pong.done, "the ping is answered at last")
        assert on.mark >= mark + 5


async def test_a_frozen_station_whose_socket_was_closed_comes_back_when_it_is_healed(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.inflict("frozen")
        on.central.sockets[on.name].transport.abort()
        await until(lambda: on.central.sockets[on.name].state.name == "CLOSED", "the central system is rid of it")
        assert on.central.links[on.name] == 1
        on.inflict("heal")
        await until(lambda: on.central.links[on.name] == 2, "a second link")


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_lying_station_says_available_while_it_charges(tmp_path: Path, version: str) -> None:
    def last(on: Stage) -> str:
        payload = [one for one in on.central.of("StatusNotification") if one.payload.get("connectorId") != 0][
            -1
        ].payload
        return str(payload.get("status") or payload["connectorStatus"])

    async with stage(tmp_path, version) as on:
        await on.charges()
        assert last(on) != "Available"
        on.inflict("lying_status")
        await until(lambda: last(on) == "Available", "the lie")
        assert any(one.flow is not None for one in on.station.connectors)
        on.inflict("heal")
        await until(lambda: last(on) != "Available", "the truth")


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_lost_stop_is_never_told(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version) as on:
        await on.charges()
        on.inflict("lost_stop")
        on.inflict("emergency_stop")
        await until(lambda: [one for one in on.run.transactions() if one.state == "ended"], "an end")
        await on.run.drained()
        assert on.ends() == []
        assert all(entry.discarded and not entry.acknowledged for entry in on.run.transactions())


async def test_after_the_cure_stops_are_told_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.inflict("lost_stop")
        on.inflict("heal")
        await on.charges()
        await on.run.drained()
        assert on.ends()


@pytest.mark.parametrize("version", VERSIONS)
async def test_duplicated_frames_come_twice_with_one_effect(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version) as on:
        on.inflict("duplicate_frames")
        mark = on.mark
        await until(lambda: len(on.ends()) >= 2 or len(on.central.heard) > mark + 40, "traffic")
        await on.run.drained()
        twice = [one.message_id for one in on.central.heard[mark + 1 :]]
        assert {twice.count(message_id) for message_id in twice[2:-2]} == {2}
        assert on.run.fleet.counters.conflicting_answers == 0


@pytest.mark.parametrize(
    ("dose", "ahead", "zone"),
    [
        ({}, timedelta(hours=1), True),
        ({"offset_s": -90}, timedelta(seconds=-90), True),
        ({"offset_s": 7200}, timedelta(hours=2), True),
        ({"offset_s": 7200, "without_zone": True}, timedelta(hours=2), False),
    ],
)
async def test_a_clock_that_is_off(tmp_path: Path, dose: dict[str, Any], ahead: timedelta, zone: bool) -> None:
    async with stage(tmp_path, "2.0.1") as on:
        on.inflict("clock_off", **dose)
        mark = on.mark
        await on.ask(call201.TriggerMessage(requested_message="StatusNotification"))
        await until(lambda: on.since(mark, "StatusNotification"), "a status")
        text = on.since(mark, "StatusNotification")[-1].payload["timestamp"]
        assert text.endswith("Z") is zone
        off = datetime.fromisoformat(text if zone else f"{text}Z") - datetime.now(UTC)
        assert abs(off - ahead) < timedelta(seconds=30)
        await on.charges()
        assert {entry.clock for entry in on.run.transactions()} == {"off"}
        on.inflict("heal")
        await on.run.drained()
        assert {entry.clock for entry in on.run.transactions()} == {"off"}, "its beginning was written wrongly"
        assert on.station.traits.faults.clock == "good"


async def test_a_clock_that_stands_still(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.inflict("clock_off", stuck=True)
        mark = on.mark
        await until(lambda: len(on.since(mark, "MeterValues")) >= 4, "readings")
        stamps = {one.payload["meterValue"][0]["timestamp"] for one in on.since(mark, "MeterValues")[1:]}
        assert len(stamps) == 1


async def test_a_stuck_plug_stays_and_cannot_be_unlocked(tmp_path: Path) -> None:
    async with stage(tmp_path, flags="--max-gap 0.1") as on:
        on.inflict("stuck_connector")
        await until(lambda: any(one.stuck for one in on.station.connectors), "a driver who cannot leave")
        stuck = next(one for one in on.station.connectors if one.stuck)
        await until(lambda: stuck.reported == "Finishing", "Finishing")
        assert (await on.ask(call16.UnlockConnector(connector_id=stuck.evse))).status == "UnlockFailed"
        started = await on.ask(call16.RemoteStartTransaction(id_tag="TAG0001", connector_id=stuck.evse))
        assert started.status == "Rejected"
        visit = stuck.visit
        on.inflict("heal")
        await until(lambda: visit is not None and visit.unplugged_at is not None, "the plug comes out")
        await until(lambda: visit is not None and visit.unplug_reported, "Available")


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_stuck_plug_stays_occupied_in_2x(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version, "--max-gap 0.1 --start-points PowerPathClosed") as on:
        on.inflict("stuck_connector")
        await until(lambda: any(one.stuck for one in on.station.connectors), "a driver who cannot leave")
        stuck = next(one for one in on.station.connectors if one.stuck)
        await until(lambda: stuck.reported == "Occupied", "Occupied")
        answer = await on.ask(call201.UnlockConnector(evse_id=stuck.evse, connector_id=1))
        assert answer.status == "UnlockFailed"
        await on.run.drained()


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_station_that_refuses_remote_starts(tmp_path: Path, version: str) -> None:
    message: Any = call16.RemoteStartTransaction(id_tag="TAG0001", connector_id=1)
    if version != "1.6":
        card = {"idToken": "TAG0001", "type": "ISO14443"}
        message = call201.RequestStartTransaction(id_token=card, remote_start_id=1, evse_id=1)
    async with stage(tmp_path, version, "--max-gap 1000") as on:
        on.inflict("refuses_remote_start")
        assert (await on.ask(message)).status == "Rejected"
        on.inflict("heal")
        assert (await on.ask(message)).status == "Accepted"


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_firmware_update_fails_over_and_over(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ailments, "FIRMWARE_STEP_S", 0.05)
    monkeypatch.setattr(ailments, "REBOOT_TAKES_S", 0.05)
    async with stage(tmp_path, version, "--max-gap 1000") as on:
        on.inflict("firmware_loop")
        await until(lambda: len(on.central.of("BootNotification")) >= 4, "three restarts")
        told = [one.payload["status"] for one in on.central.of("FirmwareStatusNotification")]
        assert told[:5] == ["Downloading", "Downloaded", "Installing", "InstallationFailed", "Downloading"]
        on.inflict("heal")
        await on.run.ready()
        mark = on.mark
        assert present(on.station.traits.faults) == []
        await on.run.drained()
        assert on.since(mark, "FirmwareStatusNotification") == []


async def test_a_fault_ends_by_itself_after_its_seconds(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.inflict("lying_status", seconds=0.05)
        on.inflict("refuses_remote_start")
        assert present(on.station.traits.faults) == ["lying_status", "refuses_remote_start"]
        await until(lambda: present(on.station.traits.faults) == ["refuses_remote_start"], "the truth")
        on.inflict("deaf")
        on.inflict("heal")
        assert not on.station.deaf


async def test_the_cure_brings_a_disconnected_station_back_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.inflict("disconnect", seconds=3600)
        await until(lambda: not on.station.outbox.linked, "offline")
        await asyncio.wait_for(_healed(on), 15)


async def _healed(on: Stage) -> None:
    while on.central.links[on.name] < 2:
        on.inflict("heal")
        await asyncio.sleep(0.01)
