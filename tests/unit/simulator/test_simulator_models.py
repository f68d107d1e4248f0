"""Models by vendor style: every one charges in every version it speaks, and says what its style says and no more."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import ocpp.v16.call as call16
import ocpp.v201.call as call201
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from unit.simulator.simulator_central import Central, listening, until
from unit.simulator.simulator_fleet import running
from unit.simulator.test_simulator_chaos import point_for, told
from unit.simulator.test_simulator_faults import Stage, stage

from volt_simulator.fleet import Fleet
from volt_simulator.models import BY_NAME, MODELS, Model
from volt_simulator.settings import read_settings

EVERY = [(model.name, version) for model in MODELS for version in model.versions]
QUICK_VISITS = "--max-gap 0.1 --shortest-stay 0.3"


def values(payload: dict[str, Any]) -> list[dict[str, Any]]:
    found = payload.get("meterValue", []) + payload.get("transactionData", [])
    return [value for one in found for value in one["sampledValue"]]


@pytest.mark.parametrize(("name", "version"), EVERY)
async def test_every_model_charges_in_every_version_it_speaks(tmp_path: Path, name: str, version: str) -> None:
    model, central = BY_NAME[name], Central(point_for)
    flags = f"--versions {version} --models {name} {QUICK_VISITS} --until-sessions 4 --drain"
    async with listening(central), running(central, tmp_path, flags) as run:
        await until(run.task.done, "four visits")
        assert run.fleet.counters.own_schema_errors == 0
        boot = central.of("BootNotification")[0].payload
        assert model.vendor in json.dumps(boot)
        for entry in run.transactions():
            assert entry.acknowledged
            assert told(central, entry)[:2] == (entry.meter_start_wh, entry.meter_stop_wh)
            assert entry.register == model.register.value
        readings = [value for one in central.heard for value in values(one.payload) if value.get("context") in PERIODIC]
        assert {value["measurand"] for value in readings} == expected(model)
        signed = [value for one in central.heard for value in values(one.payload) if is_signed(value)]
        assert bool(signed) is model.signs


PERIODIC = ("Sample.Periodic", None)


def expected(model: Model) -> set[str]:
    names = {"power": "Power.Active.Import", "current": "Current.Import", "phases": "Current.Import"}
    names |= {"voltage": "Voltage", "soc": "SoC", "offered": "Power.Offered"}
    found = {names[kind] for kind in model.measures} | {"Energy.Active.Import.Register"}
    return found | ({"Current.Offered"} if "offered" in model.measures else set())


def is_signed(value: dict[str, Any]) -> bool:
    return value.get("format") == "SignedData" or "signedMeterValue" in value


def verified(text: str, public_key: str) -> dict[str, Any]:
    head, payload, tail = text.split("|")
    assert head == "OCMF"
    key = load_der_public_key(b64decode(public_key))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signature = json.loads(tail)
    assert signature["SA"] == "ECDSA-secp256r1-SHA256"
    key.verify(bytes.fromhex(signature["SD"]), payload.encode(), ec.ECDSA(SHA256()))
    found: dict[str, Any] = json.loads(payload)
    return found


async def test_signed_values_of_16_hold_what_the_registers_say(tmp_path: Path) -> None:
    async with stage(tmp_path, "1.6", f"--models eichrecht-ac {QUICK_VISITS}") as on:
        await until(lambda: on.central.of("StopTransaction", True), "a stop")
        answer = await on.ask(call16.GetConfiguration(key=["MeterPublicKey"]))
        stop = on.central.of("StopTransaction", True)[0].payload
        start = on.central.started[(on.name, stop["transactionId"])]
        begin, end = [verified(value["value"], key_of(on.station, start)) for value in values(stop)]
        assert (begin["RD"][0]["TX"], end["RD"][0]["TX"]) == ("B", "E")
        assert begin["RD"][0]["RV"] * 1000 == pytest.approx(start["meterStart"])
        assert end["RD"][0]["RV"] * 1000 == pytest.approx(stop["meterStop"])
        assert end["ID"] == start["idTag"]
        assert int(end["PG"][1:]) > int(begin["PG"][1:])
        assert answer.configuration_key[0]["value"] == on.station.connectors[0].signer.public_key  # type: ignore[union-attr]


def key_of(station: Any, start: dict[str, Any]) -> str:
    return str(station.connectors[start["connectorId"] - 1].signer.public_key)


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_signed_values_of_2x_can_be_checked_with_the_key_that_comes_along(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version, f"--models eichrecht-ac {QUICK_VISITS}") as on:
        await until(on.ends, "an end")
        for heard in on.central.of("TransactionEvent"):
            for value in values(heard.payload):
                if is_signed(value):
                    signed = value["signedMeterValue"]
                    assert (signed["encodingMethod"], signed["signingMethod"]) == ("OCMF", "ECDSA-secp256r1-SHA256")
                    reading = verified(signed["signedMeterData"], signed["publicKey"])["RD"][0]
                    assert reading["RV"] * 1000 == pytest.approx(value["value"])
                    assert reading["TX"] == {"Started": "B", "Ended": "E"}[heard.payload["eventType"]]


async def test_of_two_connectors_one_is_used_at_a_time(tmp_path: Path) -> None:
    plugs = {(evse, plug) for evse in (1, 2) for plug in (1, 2)}
    async with stage(tmp_path, "2.0.1", f"--models dc-hub {QUICK_VISITS}") as on:
        # Cars choose among the free plugs by chance, so how many visits it takes until each was chosen is open.
        await until(lambda: charged_at(on.central) == plugs, "a charge at each plug")
        await on.run.drained()
        told = [one.payload for one in on.central.of("StatusNotification", True)]
        last = {(one["evseId"], one["connectorId"]): one["connectorStatus"] for one in told}
        assert last == dict.fromkeys(plugs, "Available")
        assert (await_status(told, "Occupied")) == plugs


def charged_at(central: Central) -> set[tuple[int, int]]:
    told = [one.payload["evse"] for one in central.of("TransactionEvent") if "evse" in one.payload]
    return {(evse["id"], evse["connectorId"]) for evse in told if "connectorId" in evse}


def await_status(told: list[dict[str, Any]], status: str) -> set[tuple[int, int]]:
    return {(one["evseId"], one["connectorId"]) for one in told if one["connectorStatus"] == status}


async def test_a_register_counts_from_zero_after_a_boot(tmp_path: Path) -> None:
    async with stage(tmp_path, "1.6", f"--models dc-50 {QUICK_VISITS}") as on:
        await until(lambda: len(on.central.of("StartTransaction", True)) >= 2, "two charges")
        starts = [one.payload["meterStart"] for one in on.central.of("StartTransaction", True)]
        assert starts[0] == 0
        assert starts[1] > 0
        # The first start after the boot may be told before the boot is noticed here, an earlier one after it.
        mark = on.mark
        on.inflict("reboot", seconds=0.1)
        await until(lambda: len(on.central.of("BootNotification", True)) == 2, "a boot")
        await until(lambda: 0 in [one.payload["meterStart"] for one in on.since(mark, "StartTransaction")], "anew")


async def test_commands_act_after_the_delay_of_the_model(tmp_path: Path) -> None:
    async with stage(tmp_path, "2.0.1", "--models post-3p-twin --max-gap 1000") as on:
        card = {"idToken": "TAG0001", "type": "ISO14443"}
        message = call201.RequestStartTransaction(id_token=card, remote_start_id=1, evse_id=1)
        assert (await on.ask(message)).status == "Accepted"
        assert on.station.connectors[0].starting
        assert on.station.connectors[0].orders.empty(), "it was told, and has not begun"
        await until(lambda: on.station.connectors[0].transaction, "a transaction")


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_the_device_model_is_reported_whole(tmp_path: Path, version: str) -> None:
    async with stage(tmp_path, version, "--models lab-3p --max-gap 1000") as on:
        summary = call201.GetBaseReport(request_id=4, report_base="SummaryInventory")
        assert (await on.ask(summary)).status == "NotSupported"
        assert (await on.ask(call201.GetBaseReport(request_id=5, report_base="FullInventory"))).status == "Accepted"
        await until(lambda: on.central.of("NotifyReport", True)[-1:] and not last_report(on)["tbc"], "the last report")
        reports = [one.payload for one in on.central.of("NotifyReport", True)]
        assert [one["seqNo"] for one in reports] == list(range(len(reports)))
        assert {one["requestId"] for one in reports} == {5}
        told = {
            (row["component"]["name"], row["variable"]["name"]): row["variableAttribute"][0]
            for one in reports
            for row in one["reportData"]
        }
        assert told[("ChargingStation", "VendorName")] == {
            "type": "Actual",
            "value": "Praezis",
            "mutability": "ReadOnly",
        }
        assert told[("OCPPCommCtrlr", "HeartbeatInterval")]["mutability"] == "ReadWrite"
        assert on.run.fleet.counters.own_schema_errors == 0


def last_report(on: Stage) -> dict[str, Any]:
    return on.central.of("NotifyReport", True)[-1].payload


def test_models_are_dealt_out_to_the_versions_they_speak() -> None:
    fleet = Fleet(read_settings(["--models", "all", "--stations", "30"]), None, {})
    traits = [station.traits for station in fleet.stations.values()]
    assert {one.style.name for one in traits if one.style is not None} == set(BY_NAME)
    assert all(one.style is not None and one.version in one.style.versions for one in traits)
    assert {one.version for one in traits} == {"1.6", "2.0.1", "2.1"}


def test_without_the_flag_stations_are_the_usual_posts() -> None:
    fleet = Fleet(read_settings(["--stations", "6"]), None, {})
    assert {station.traits.vendor for station in fleet.stations.values()} == {"Voltsim"}


@pytest.mark.parametrize("flags", ["--models tank", "--models ,", "--models wall-1p --versions 1.6,2.1"])
def test_models_that_cannot_be_are_one_sentence(flags: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        read_settings(flags.split())
    assert left.value.code == 2
    assert "error:" in capsys.readouterr().err.splitlines()[-1]
