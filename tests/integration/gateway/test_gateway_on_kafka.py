"""The gateway on a real broker: charges, commands, questions, restarts and kills."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from integration.gateway.gateway_process import SECRET, Log, get, log_of, ready, running, spawn, taken_port
from unit.gateway.gateway_station import key_of, station

from volt_contracts.gateway import CallReport, CloseLink, Exchange, LinkClosed, LinkOpened, LinkRefused, SendCall
from volt_contracts.ids import entity_key
from volt_contracts.network import StationRow, TenantRow, TenantSettings
from volt_contracts.refs import token_ref
from volt_contracts.session import AuthorizationDecided, AuthorizationRow, Issuer, Place
from volt_contracts.topics import (
    AUTHORIZATION_COMMANDS,
    AUTHORIZATION_EVENTS,
    GATEWAY_DOWNLINK,
    NETWORK_STATIONS,
    NETWORK_TENANTS,
    SESSION_AUTHORIZATIONS,
)
from volt_eventlog.kafka import Kafka
from volt_eventlog.records import message_of
from volt_eventlog.tail import Tail
from volt_testkit.acknowledged import check, read_acknowledgements, stored_calls
from volt_testkit.polling import eventually
from volt_testkit.stack import free_port

pytestmark = pytest.mark.kafka

LOAD = Path(__file__).parents[2] / "load" / "gateway_load.py"
REF = token_ref(SECRET, "demo", "TAG1")
BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
STATUS = {"connectorId": 0, "errorCode": "NoError", "status": "Available"}


@pytest_asyncio.fixture
async def log(kafka: Kafka) -> AsyncIterator[Log]:
    async with log_of(kafka) as made:
        yield made


async def test_a_charge_lies_in_the_log_in_its_order(kafka: Kafka, log: Log) -> None:
    issuer = Issuer(issuer="d", token_type="rfid", verdict="Accepted")
    await log.put(SESSION_AUTHORIZATIONS, f"demo/{REF}", AuthorizationRow(token_ref=REF, issuers=(issuer,)))
    now = datetime.now(UTC).isoformat()
    async with running(kafka) as process:
        async with station(process.port) as charger:
            assert (await charger.call("BootNotification", BOOT))["status"] == "Accepted"
            assert (await charger.call("Authorize", {"idTag": "TAG1"}))["idTagInfo"]["status"] == "Accepted"
            begun = {"connectorId": 1, "idTag": "TAG1", "meterStart": 5, "timestamp": now}
            start = await charger.call("StartTransaction", begun)
            reading = {"timestamp": now, "sampledValue": [{"value": "17"}]}
            number = start["transactionId"]
            values = {"connectorId": 1, "transactionId": number, "meterValue": [reading]}
            assert await charger.call("MeterValues", values) == {}
            assert (
                await charger.call("StopTransaction", {"transactionId": number, "meterStop": 17, "timestamp": now})
                == {}
            )
        await log.of(LinkClosed)
        metrics = await get(process.health, "/metrics")
        code, _ = await process.stop()
    messages = [message for message in await log.frames() if message.key == key_of("CP1")]
    opened, *rest = messages
    assert isinstance(opened.body, LinkOpened)
    assert {message.body.link_seq for message in rest} == {opened.offset}
    assert [message.body.action for message in rest if isinstance(message.body, Exchange)] == [
        "BootNotification", "Authorize", "StartTransaction", "MeterValues", "StopTransaction",
    ]  # fmt: skip
    assert [message.offset for message in messages] == sorted(message.offset for message in messages)
    assert 'volt_gateway_frames_total{action="MeterValues",tenant="demo",version="ocpp1.6"} 1' in metrics
    assert code == 0


async def test_a_row_that_changes_counts_at_once(kafka: Kafka, log: Log) -> None:
    uid = "11111111-2222-5333-8444-555555555555"
    async with running(kafka) as process, station(process.port) as charger:
        await charger.call("BootNotification", BOOT)
        row = StationRow(
            version=1, station_uid=uid, identity="CP2", adopted=False, security_profile=0, registration="pending",
            place=Place(),
        )  # fmt: skip
        await log.put(NETWORK_STATIONS, f"demo/{uid}", row)

        async def boots() -> str:
            async with station(process.port, "CP2") as second:
                return str((await second.call("BootNotification", BOOT))["status"])

        assert await eventually(boots, lambda status: status == "Pending") == "Pending"
        strict = TenantSettings(name="D", unknown_stations="refuse", security_profile=1)
        await log.put(NETWORK_TENANTS, "demo/demo", TenantRow(version=2, settings=strict))

        async def refusals() -> int:
            await get(process.port, "/ocpp/demo/CP9")
            return (await get(process.health, "/metrics")).count("volt_gateway_refusals_total")

        await eventually(refusals, lambda count: count > 0)
        # Nobody waits for a refusal's record: what a gateway that is killed had not sent is gone.
        assert (await log.of(LinkRefused))[0].body.reason == "malformed_upgrade"


async def test_a_command_goes_down_and_its_result_comes_back(kafka: Kafka, log: Log) -> None:
    async with running(kafka) as process, station(process.port) as charger:
        await charger.call("BootNotification", BOOT)
        link = (await log.of(LinkOpened))[0].body.link_id
        call = SendCall(
            command_id="c1", link_id=link, message_id="x1", protocol="ocpp1.6", action="Reset",
            payload=msgspec.Raw(b'{"type":"Soft"}'), not_after=datetime.now(UTC) + timedelta(seconds=20),
        )  # fmt: skip
        await log.put(GATEWAY_DOWNLINK, key_of("CP1"), call)
        assert await charger.hears() == [2, "x1", "Reset", {"type": "Soft"}]
        charger.send('[3,"x1",{"status":"Accepted"}]')
        reports = await log.of(CallReport, 2)
        assert [message.body.report for message in reports] == ["sent", "result"]
        await log.put(GATEWAY_DOWNLINK, key_of("CP1"), CloseLink(link_id=link, reason="enough"))
        assert await charger.ends() == (1000, "enough")


async def test_an_unknown_token_is_asked_about(kafka: Kafka, log: Log) -> None:
    tail = Tail(kafka, AUTHORIZATION_COMMANDS)
    await tail.start()
    async with running(kafka) as process, station(process.port) as charger:
        await charger.call("BootNotification", BOOT)
        charger.send('[2,"a1","Authorize",{"idTag":"TAG1"}]')
        asked = message_of(AUTHORIZATION_COMMANDS, await anext(aiter(tail)))
        assert asked.key == entity_key("demo", REF)
        decided = AuthorizationDecided(
            command_id=asked.id, outcome="accepted", verdict="NoCredit", station_uid=asked.body.station_uid,
            at=datetime.now(UTC),
        )  # fmt: skip
        await log.put(AUTHORIZATION_EVENTS, asked.key, decided)
        assert await charger.hears() == [3, "a1", {"idTagInfo": {"status": "Blocked"}}]
    await tail.stop()


async def test_two_workers_share_a_port_and_a_restart_says_so(kafka: Kafka, log: Log) -> None:
    port = free_port()
    async with (
        running(kafka, port, gateway_workers=2, worker=1) as first,
        running(kafka, port, gateway_workers=2, worker=2),
    ):
        stations = [station(port, f"S{number}") for number in range(24)]
        chargers = [await one.__aenter__() for one in stations]
        try:
            await asyncio.gather(*(charger.call("BootNotification", BOOT) for charger in chargers))
            opened = await log.of(LinkOpened, 24)
            assert {message.body.gateway_id for message in opened} == {"gateway/1", "gateway/2"}
            own = {message.key for message in opened if message.body.gateway_id == "gateway/1"}
            code, _ = await first.stop()
            assert code == 0
            closed = await log.of(LinkClosed, len(own))
            assert {message.key for message in closed} == own
            assert {(message.body.by, message.body.code) for message in closed} == {("gateway", 1012)}
            here = [charger for number, charger in enumerate(chargers) if key_of(f"S{number}") not in own]
            await asyncio.gather(*(charger.call("StatusNotification", STATUS) for charger in here))
        finally:
            for one in stations:
                await one.__aexit__(None, None, None)


async def test_what_was_acknowledged_before_a_kill_is_in_the_log(kafka: Kafka, log: Log, tmp_path: Path) -> None:
    """Two `kill -9` under load: the load repeats what was not answered, with the same message id."""
    port, acks = free_port(), tmp_path / "acks"
    process = await spawn(kafka, port)
    await ready(process)
    load = await asyncio.create_subprocess_exec(
        sys.executable, str(LOAD), "--url", f"ws://127.0.0.1:{port}/ocpp/demo", "--mode", "charge", "--stations", "20",
        "--seconds", "60", "--frames", "1500", "--rate", "150", "--acks", str(acks), "--answer-timeout", "5",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    for wanted in (200, 400):

        async def acknowledged() -> int:
            return len(acks.read_bytes().splitlines()) if acks.exists() else 0

        await eventually(acknowledged, lambda count, wanted=wanted: count > wanted)  # type: ignore[misc]
        process.kill()
        await process.ends()
        process = await spawn(kafka, port)
        await ready(process)
    async with asyncio.timeout(60):
        said, _ = await load.communicate()
    code, errors = await process.stop()
    result = msgspec.json.decode(said)
    assert result["reconnects"] > 20, result
    assert code == 0, errors
    entries = read_acknowledgements(acks)
    stored = stored_calls(await log.frames())
    kept = check([entry for entry in entries if entry["action"] == "MeterValues"], stored, [], "demo")
    assert kept.calls > 400
    assert not kept.problems
    assert {(key_of(entry["station"]), entry["id"]) for entry in entries} <= stored


async def test_a_gateway_that_cannot_start_says_why_in_one_sentence(kafka: Kafka, log: Log) -> None:
    holder = taken_port()
    port = holder.getsockname()[1]
    for settings, sentence in (
        ({"token_secret": ""}, "VOLT_TOKEN_SECRET is not set"),
        ({}, f"cannot listen on 127.0.0.1:{port}"),
        ({"prefix": "nobody."}, "gateway.frames is not there"),
    ):
        process = await spawn(kafka, port, **settings)
        assert await process.ends() == 1
        assert sentence in process.said
        assert "Traceback" not in process.said
    holder.close()
