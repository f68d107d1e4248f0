"""Secrets are taken out, and nothing else is."""

import json
from typing import Any

import pytest

from volt_ocpp.cards import passes_luhn
from volt_ocpp.redact import HIDDEN, RULES, redact, redact_message

CARD = "4111111111111111"
ICCID = "8931440300024518302"


# action, payload → pointers, a text that must be gone
HIDDEN_CASES: list[tuple[str, Any, tuple[str, ...], str]] = [
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "abc"}, ("/value",), "abc"),
    ("ChangeConfiguration", {"key": "authorizationkey ", "value": "abc"}, ("/value",), "abc"),
    ("ChangeConfiguration", {"key": "WiFi-Password", "value": "abc"}, ("/value",), "abc"),
    ("GetConfiguration", {"configurationKey": [{"key": "HeartbeatInterval", "value": "60"},
                                               {"key": "AuthorizationKey", "value": "abc"}]},
     ("/configurationKey/1/value",), "abc"),
    ("SetVariables", {"setVariableData": [{"attributeValue": "abc", "component": {"name": "SecurityCtrlr"},
                                           "variable": {"name": "BasicAuthPassword"}}]},
     ("/setVariableData/0/attributeValue",), "abc"),
    ("GetVariables", {"getVariableResult": [{"attributeValue": "abc", "variable": {"name": "BasicAuthPassword"}}]},
     ("/getVariableResult/0/attributeValue",), "abc"),
    ("NotifyReport", {"reportData": [{"variable": {"name": "BasicAuthPassword"},
                                      "variableAttribute": [{"type": "Actual", "value": "abc"}, {"value": "abcd"}]}]},
     ("/reportData/0/variableAttribute/0/value", "/reportData/0/variableAttribute/1/value"), "abc"),
    ("SetNetworkProfile", {"connectionData": {
        "apn": {"apn": "internet", "apnUserName": "abc", "apnPassword": "abc", "simPin": 1234},
        "vpn": {"server": "s", "user": "abc", "password": "abc", "key": "abc"}, "basicAuthPassword": "abc",
        "ocppCsmsUrl": "wss://abc:abc@host/x"}},
     ("/connectionData/apn/apnPassword", "/connectionData/apn/apnUserName", "/connectionData/apn/simPin",
      "/connectionData/vpn/password", "/connectionData/vpn/key", "/connectionData/vpn/user",
      "/connectionData/basicAuthPassword", "/connectionData/ocppCsmsUrl"), "abc"),
    ("GetDiagnostics", {"location": "ftp://user:abc@host/path"}, ("/location",), "abc"),
    ("GetDiagnostics", {"location": "ftp://user:a@abc@host/path"}, ("/location",), "abc"),
    ("GetLog", {"log": {"remoteLocation": "https://abc@host/"}}, ("/log/remoteLocation",), "abc"),
    ("DataTransfer", {"vendorId": "x", "data": f"paid with {CARD}."}, ("/data",), CARD),
    ("DataTransfer", {"vendorId": "x", "data": "4111 1111 1111 1111"}, ("/data",), "1111"),
    ("DataTransfer", {"vendorId": "x", "data": "378282246310005"}, ("/data",), "378282246310005"),
    ("DataTransfer", {"vendorId": "x", "data": "3782-822463-10005"}, ("/data",), "822463"),
    ("DataTransfer", {"vendorId": "x", "data": {"pan": int(CARD), "more": [CARD]}}, ("/data",), CARD),
    ("DataTransfer", {"vendorId": "x", "data": json.dumps({"card": {"number": CARD}})}, ("/data",), CARD),
    ("DataTransfer", {"vendorId": "x", "data": {"password": "abc", "user": "u"}}, ("/data",), "abc"),
    ("DataTransfer", {"vendorId": "x", "data": '{"login":{"Password":"abc"}}'}, ("/data",), "abc"),
    ("StatusNotification", {"connectorId": 1, "info": f"card {CARD}"}, ("/info",), CARD),
    ("SecurityEventNotification", {"type": "x", "techInfo": CARD}, ("/techInfo",), CARD),
    ("NotifySettlement", {"statusInfo": CARD}, ("/statusInfo",), CARD),
    ("Reset", {"status": "Rejected", "statusInfo": {"reasonCode": "x", "additionalInfo": CARD}},
     ("/statusInfo/additionalInfo",), CARD),
]  # fmt: skip


@pytest.mark.parametrize(("action", "payload", "places", "gone"), HIDDEN_CASES)
def test_secrets_are_taken_out(action: str, payload: Any, places: tuple[str, ...], gone: str) -> None:
    before = json.dumps(payload)
    cleaned, pointers = redact(action, payload)
    assert pointers == places
    assert gone not in json.dumps(cleaned)
    assert HIDDEN in json.dumps(cleaned)
    assert json.dumps(payload) == before


KEPT: list[tuple[str, Any]] = [
    ("BootNotification", {"iccid": ICCID, "chargePointSerialNumber": CARD}),
    ("MeterValues", {"connectorId": 1, "meterValue": [{"sampledValue": [{"value": CARD}]}]}),
    ("StatusNotification", {"connectorId": 1, "vendorErrorCode": CARD}),
    ("StatusNotification", {"connectorId": 1, "info": "all is well, meter 1234567890"}),
    ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}),
    ("ChangeConfiguration", {"key": "MeterPublicKey", "value": "30aa"}),
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": ""}),
    ("ChangeConfiguration", {"key": 5, "value": CARD}),
    ("GetDiagnostics", {"location": "ftp://host/path?mail=a@b"}),
    ("DataTransfer", {"vendorId": CARD, "data": "1234567890123456"}),
    ("DataTransfer", {"vendorId": "x", "data": "16 16 16 0 0 0 230 231 229"}),
    ("DataTransfer", {"vendorId": "x", "data": "9" * 40}),
    ("DataTransfer", {"vendorId": "x", "data": '{"a": [1, 2.50]}'}),
    ("DataTransfer", {"vendorId": "x", "data": True}),
    ("DataTransfer", None),
    ("NoSuch", {"password": "abc"}),
]


@pytest.mark.parametrize(("action", "payload"), KEPT)
def test_everything_else_is_the_very_same_object(action: str, payload: Any) -> None:
    cleaned, pointers = redact(action, payload)
    assert cleaned is payload
    assert pointers == ()


def test_json_inside_a_text_may_be_nested_beyond_reading() -> None:
    data = '{"a":' * 5000 + f'"{CARD}"' + "}" * 5000
    cleaned, pointers = redact("DataTransfer", {"vendorId": "x", "data": data})
    assert pointers == ("/data",)
    assert CARD not in cleaned["data"]


@pytest.mark.parametrize(
    "action", ["MeterValues", "StartTransaction", "StopTransaction", "TransactionEvent", "Heartbeat"]
)
def test_the_busy_actions_have_no_rules(action: str) -> None:
    assert action not in RULES


@pytest.mark.parametrize(("digits", "passes"), [(CARD, True), ("4111111111111112", False), ("0", True)])
def test_luhn(digits: str, passes: bool) -> None:
    assert passes_luhn(digits) is passes


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b'[3,"4111111111111111",{"status": "Accepted"}]', '[3,"4111111111111111",{"status": "Accepted"}]'),
        (b'[3,"x",{"configurationKey":[{"key":"AuthorizationKey","value":"s"}]}]',
         '[3,"x",{"configurationKey":[{"key":"AuthorizationKey","value":"***"}]}]'),
        (b'{"pan":"4111111111111111"}', '{"pan":"***"}'),
        (b'[0,0,0,0,0,0,0,0,"4111111111111111"]', '[0,0,0,0,0,0,0,0,"***"]'),
        (b"ftp://user:word@host", "ftp://***@host"),
        (b"\xff[", "\ufffd["),
        (b"", ""),
        (b"[" * 100_000, "[" * 100_000),
    ],
)  # fmt: skip
def test_a_message_of_which_nobody_knows_the_action(message: bytes, text: str) -> None:
    assert redact_message(message) == text
