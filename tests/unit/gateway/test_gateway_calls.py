"""The inbound path: what is soft, what is hard, what is unreadable, what is kept secret."""

from typing import Any

import msgspec
import pytest
from unit.gateway.gateway_station import DEMO, SECRET, gateway, station

from volt_contracts.gateway import NO_PAYLOAD, Exchange, Unreadable
from volt_contracts.network import StationRow, TenantSettings
from volt_contracts.refs import token_ref
from volt_contracts.session import Place
from volt_contracts.station import StationProfile
from volt_gateway.calls import BULK
from volt_ocpp.redact import RULES

UID = "11111111-2222-5333-8444-555555555555"
PENDING = TenantSettings(name="P", unknown_stations="pending", security_profile=0)
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
STATUS2 = {"timestamp": "2026-01-01T00:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
BOOT2 = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}


def known(registration: Any = "accepted") -> StationRow:
    return StationRow(
        version=1, station_uid=UID, identity="CP1", adopted=False, security_profile=0, registration=registration,
        place=Place(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("payload", "kinds"),
    [
        ({**STATUS, "vendorMood": "good"}, {"extra"}),
        ({**STATUS, "status": "Dreaming"}, {"enum"}),
        ({**STATUS, "info": "x" * 51}, {"length"}),
    ],
)
async def test_soft_oddities_are_accepted_and_flagged(payload: dict[str, Any], kinds: set[str]) -> None:
    async with gateway() as gate, station(gate.port) as charger:
        assert await charger.call("StatusNotification", payload) == {}
        exchange = gate.log.of(Exchange)[0]
        assert {violation.kind for violation in exchange.violations} == kinds
        assert exchange.error is None
        assert exchange.answer != NO_PAYLOAD


async def test_a_hard_violation_is_refused_once_for_each_cause_then_acknowledged() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        broken = {"connectorId": "one", "errorCode": "NoError", "status": "Available"}
        first = await charger.call("StatusNotification", broken)
        assert first[0] == 4
        assert first[2] == "TypeConstraintViolation"
        assert await charger.call("StatusNotification", broken) == {}
        assert await charger.call("StatusNotification", {**broken, "connectorId": "two"}) == {}
        missing = await charger.call("StatusNotification", {"errorCode": "NoError", "status": "Available"})
        assert missing[2] == "OccurenceConstraintViolation"
        said = gate.log.of(Exchange)
        assert [one.error for one in said] == [
            "TypeConstraintViolation", None, None, "OccurenceConstraintViolation",
        ]  # fmt: skip
        assert all(one.violations for one in said)
        assert said[0].answer == NO_PAYLOAD


async def test_a_cause_is_remembered_over_a_reconnect() -> None:
    async with gateway() as gate:
        for expected in (list, dict):
            async with station(gate.port) as charger:
                assert type(await charger.call("StatusNotification", {})) is expected


@pytest.mark.parametrize(
    ("protocol", "action", "payload"),
    [
        ("ocpp1.6", "StartTransaction", {}),
        ("ocpp1.6", "StartTransaction", {"connectorId": "x", "idTag": 7, "meterStart": None, "timestamp": []}),
        ("ocpp1.6", "StopTransaction", {"transactionId": None}),
        ("ocpp1.6", "StopTransaction", {"transactionId": 9223372036854775807, "idTag": {}}),
        ("ocpp1.6", "MeterValues", {"meterValue": "none"}),
        ("ocpp1.6", "MeterValues", [1, 2]),
        ("ocpp2.0.1", "TransactionEvent", {}),
        ("ocpp2.0.1", "TransactionEvent", {"idToken": 3, "transactionInfo": "x", "evse": [], "seqNo": "a"}),
        ("ocpp2.1", "TransactionEvent", {"idToken": {"idToken": None}, "transactionInfo": {"transactionId": {}}}),
        ("ocpp2.1", "MeterValues", None),
    ],
)
async def test_revenue_is_never_refused(protocol: str, action: str, payload: Any) -> None:
    async with gateway() as gate:
        gate.station(known())
        async with station(gate.port, protocols=protocol) as charger:
            answer = await charger.call(action, payload)
            assert isinstance(answer, dict)
            exchange = gate.log.of(Exchange)[0]
            assert exchange.error is None
            assert exchange.violations


@pytest.mark.parametrize(
    ("protocol", "action", "code"),
    [
        ("ocpp1.6", "MakeCoffee", "NotImplemented"),
        ("ocpp1.6", "Reset", "NotSupported"),
        ("ocpp1.6", "TransactionEvent", "NotImplemented"),
        ("ocpp2.0.1", "StartTransaction", "NotImplemented"),
        ("ocpp2.1", "RequestStartTransaction", "NotSupported"),
    ],
)
async def test_an_action_that_is_not_a_stations_is_recorded_and_refused_each_time(
    protocol: str, action: str, code: str
) -> None:
    async with gateway() as gate:
        gate.station(known())
        async with station(gate.port, protocols=protocol) as charger:
            for _ in range(2):
                assert (await charger.call(action, {}))[2] == code
            assert [one.error for one in gate.log.of(Exchange)] == [code, code]
            assert 'action="other"' in gate.metrics.text()


async def test_actions_that_are_not_built_get_the_answer_the_specification_has() -> None:
    async with gateway() as gate:
        gate.station(known())
        async with station(gate.port) as charger:
            assert await charger.call("FirmwareStatusNotification", {"status": "Idle"}) == {}
            assert await charger.call("DataTransfer", {"vendorId": "X"}) == {"status": "UnknownVendorId"}
        async with station(gate.port, protocols="ocpp2.0.1") as charger:
            needs = {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "DC"}}
            assert await charger.call("NotifyEVChargingNeeds", needs) == {"status": "Rejected"}
        assert len(gate.log.of(Exchange)) == 3


@pytest.mark.parametrize(
    ("protocol", "text", "answer"),
    [
        ("ocpp1.6", "hello", None),
        ("ocpp1.6", "[]", None),
        ("ocpp1.6", '[9,"x"]', None),
        ("ocpp1.6", '[2,"i1","Heartbeat",{"a":]', [4, "i1", "FormationViolation"]),
        ("ocpp2.0.1", "hello", [4, "-1", "RpcFrameworkError"]),
        ("ocpp2.0.1", '[9,"i1"]', [4, "i1", "MessageTypeNotSupported"]),
        ("ocpp2.0.1", '[2,"i1","Heartbeat",{"a":]', [4, "i1", "FormatViolation"]),
        ("ocpp2.1", '[5,"i1","FormatViolation","no",{}]', None),
        ("ocpp1.6", '[3,"i1",{}]', None),
        ("ocpp1.6", '[4,"i1","GenericError","",{}]', None),
    ],
)
async def test_what_is_no_call_is_recorded_and_answered_as_its_version_says(
    protocol: str, text: str, answer: list[str] | None
) -> None:
    async with gateway() as gate:
        gate.station(known())
        async with station(gate.port, protocols=protocol) as charger:
            charger.send(text)
            if answer is not None:
                assert (await charger.hears())[:3] == answer
            await charger.call("Heartbeat", {})
            record = gate.log.of(Unreadable)[0]
            assert (record.text, record.size) == (text, len(text))
            assert (record.answer is None) == (answer is None)
            assert record.sentence


async def test_of_a_long_unreadable_text_the_beginning_is_kept() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        charger.send(b"\xff" + "ü".encode() * 5000)
        await charger.call("Heartbeat", {})
        record = gate.log.of(Unreadable)[0]
        assert len(record.text) == 4096
        assert record.text.startswith("\ufffdü")
        assert record.size == 10_001


async def test_a_message_id_that_is_a_number_is_given_back_as_one() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        charger.send(msgspec.json.encode([2, 17, "StatusNotification", STATUS]))
        assert await charger.hears() == [3, 17, {}]
        assert gate.log.of(Exchange)[0].message_id == "17"


async def test_a_send_is_recorded_and_never_answered() -> None:
    async with gateway() as gate:
        gate.station(known())
        async with station(gate.port, protocols="ocpp2.1") as charger:
            stream = {"id": 1, "pending": 0, "basetime": "2026-01-01T00:00:00Z", "data": [{"t": 0, "v": "1"}]}
            charger.send(msgspec.json.encode([6, "s1", "NotifyPeriodicEventStream", stream]))
            await charger.call("Heartbeat", {})
            assert charger.heard.empty()
            exchange = gate.log.of(Exchange)[0]
            assert (exchange.action, exchange.error) == ("NotifyPeriodicEventStream", None)
            assert exchange.answer == NO_PAYLOAD


async def test_secrets_are_taken_out_before_the_append_and_the_answer_is_the_same() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        card = "card 4111 1111 1111 1111 used"
        assert await charger.call("DataTransfer", {"vendorId": "pay", "data": card}) == {"status": "UnknownVendorId"}
        exchange = gate.log.of(Exchange)[0]
        assert exchange.redacted == ("/data",)
        assert b"4111" not in bytes(exchange.call)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('[3,"late",{"configurationKey":[{"key":"AuthorizationKey","value":"hush"}]}]', '"value":"***"'),
        ('[3,"late",{"getVariableResult":[{"variable":{"name":"BasicAuthPassword"},"attributeValue":"hush"}]}]', "***"),
        ('[4,"late","GenericError","",{"configurationKey":[{"key":"AuthorizationKey","value":"hush"}]}]', "***"),
        ('[2,null,"DataTransfer",{"vendorId":"pay","data":"4111 1111 1111 1111"}]', '"vendorId":"pay"'),
        ('[2,"m1","DataTransfer",{"vendorId":"pay","data":"4111 1111 1111 1111",}]', '"vendorId":"pay"'),
        ('[2,"m1","DataTransfer",{"data":"ftp://user:hush@host/",}]', "@host"),
    ],
)
async def test_secrets_are_taken_out_of_what_is_no_call_too(text: str, kept: str) -> None:
    """An answer that comes too late for its call still holds what was asked for."""
    async with gateway() as gate, station(gate.port) as charger:
        charger.send(text)
        charger.send(b'[2,"h","Heartbeat",{}]')
        while (await charger.hears())[1] != "h":
            pass
        record = gate.log.of(Unreadable)[0]
        assert "hush" not in record.text
        assert "4111" not in record.text
        assert kept in record.text
        assert record.size == len(text)


async def test_tokens_stay_in_the_call_and_are_referred_to_beside_it() -> None:
    async with gateway() as gate:
        gate.station(known())
        async with station(gate.port, protocols="ocpp2.0.1") as charger:
            event = {
                "eventType": "Started", "timestamp": "2026-01-01T00:00:00Z", "triggerReason": "Authorized", "seqNo": 0,
                "transactionInfo": {"transactionId": "t1"},
                "idToken": {
                    "idToken": "04:a2-b3", "type": "ISO14443",
                    "additionalInfo": [{"additionalIdToken": "DE-ABC", "type": "emaid"}],
                },
            }  # fmt: skip
            await charger.call("TransactionEvent", event)
            exchange = gate.log.of(Exchange)[0]
            assert exchange.token_refs == {
                "/idToken/idToken": token_ref(SECRET, "demo", "04A2B3"),
                "/idToken/additionalInfo/0/additionalIdToken": token_ref(SECRET, "demo", "DEABC"),
            }
            assert msgspec.json.decode(exchange.call)["idToken"]["idToken"] == "04:a2-b3"


async def test_readings_take_the_short_way_and_look_the_same_on_record() -> None:
    async with gateway() as gate:
        async with station(gate.port) as charger:
            reading: dict[str, Any] = {
                "connectorId": 1,
                "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "1"}]}],
            }
            await charger.call("StatusNotification", STATUS)
            assert await charger.call("MeterValues", reading) == {}
            assert await charger.call("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
            assert await charger.call("MeterValues", reading) == {}
        slow, fast = gate.log.of(Exchange)[1], gate.log.of(Exchange)[3]
        volatile: dict[str, Any] = {"message_id": "", "received_at": slow.received_at}
        assert msgspec.structs.replace(fast, **volatile) == msgspec.structs.replace(slow, **volatile)


# Registration


async def test_boot_answers_the_twins_word_then_the_networks_then_the_tenants() -> None:
    boot = {"chargePointVendor": "V", "chargePointModel": "M"}
    async with gateway() as gate:
        for settings, word, interval in ((DEMO, "Accepted", 300), (PENDING, "Pending", 60)):
            gate.tenant(settings)
            async with station(gate.port) as charger:
                answer = await charger.call("BootNotification", boot)
                assert (answer["status"], answer["interval"]) == (word, interval)
        gate.station(known("pending"))
        async with station(gate.port) as charger:
            assert (await charger.call("BootNotification", boot))["status"] == "Pending"
            gate.profile(f"demo/{UID}", StationProfile(registration="rejected"))
            assert (await charger.call("BootNotification", boot))["status"] == "Rejected"
        decisions = [one.decision.registration for one in gate.log.of(Exchange)]
        assert decisions == ["accepted", "pending", "pending", "rejected"]


async def test_a_2x_station_that_is_not_accepted_may_only_boot() -> None:
    async with gateway() as gate:
        gate.tenant(PENDING)
        async with station(gate.port, protocols="ocpp2.0.1") as charger:
            assert (await charger.call("StatusNotification", STATUS2))[2] == "SecurityError"
            assert (await charger.call("Heartbeat", {}))[2] == "SecurityError"
            assert (await charger.call("BootNotification", BOOT2))["status"] == "Pending"
            assert (await charger.call("StatusNotification", STATUS2))[2] == "SecurityError"
            key = gate.log.records[0].key
            gate.profile(key, StationProfile(registration="accepted"))
            assert await charger.call("StatusNotification", STATUS2) == {}
        assert [one.error for one in gate.log.of(Exchange)] == ["SecurityError", None, "SecurityError", None]


async def test_a_pending_stranger_gets_no_authorization_before_its_boot_either() -> None:
    async with gateway() as gate:
        gate.tenant(PENDING)
        async with station(gate.port) as charger:
            assert (await charger.call("Authorize", {"idTag": "X"}))["idTagInfo"]["status"] == "Invalid"
            assert not gate.ask.asked


async def test_a_station_is_known_once_the_network_has_a_row_of_it() -> None:
    async with gateway() as gate, station(gate.port) as charger:
        await charger.call("StatusNotification", STATUS)
        key = gate.log.records[0].key
        gate.profile(key, StationProfile(registration="accepted"))
        await charger.call("StatusNotification", STATUS)
        gate.station(msgspec.structs.replace(known(), station_uid=key.split("/")[1]))
        await charger.call("StatusNotification", STATUS)
        assert [one.known for one in gate.log.of(Exchange)] == [False, False, True]


def test_what_takes_the_short_way_holds_nothing_to_hide() -> None:
    assert not BULK & RULES.keys()


async def test_a_1_6_station_that_is_not_accepted_is_answered_but_gets_no_authorization() -> None:
    async with gateway() as gate:
        gate.station(known("rejected"))
        async with station(gate.port) as charger:
            assert await charger.call("StatusNotification", STATUS) == {}
            assert (await charger.call("Authorize", {"idTag": "X"}))["idTagInfo"]["status"] == "Invalid"
            start = {"connectorId": 1, "idTag": "X", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
            assert (await charger.call("StartTransaction", start))["transactionId"] > 0
        assert len(gate.log.of(Exchange)) == 3


async def test_a_known_station_that_reconnects_without_a_boot_stays_accepted() -> None:
    async with gateway() as gate:
        gate.station(known())
        async with station(gate.port, protocols="ocpp2.0.1") as charger:
            assert await charger.call("StatusNotification", STATUS2) == {}
            assert gate.log.of(Exchange)[0].known
