"""From raw text to values, and the whole judgement on a call."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from volt_ocpp.frames import Call, Send, parse
from volt_ocpp.payloads import Judged, judge, read_exactly, read_payload
from volt_ocpp.versions import Version

V16, V201, V21 = Version.V16, Version.V201, Version.V21


def judged(text: bytes, version: Version) -> Judged:
    frame = parse(text, version)
    assert isinstance(frame, Call | Send)
    return judge(version, frame)


def test_a_clean_call_keeps_its_text() -> None:
    payload = b'{ "connectorId":1,"errorCode":"NoError", "status":"Available" }'
    result = judged(b'[2,"m1","StatusNotification",' + payload + b"]", V16)
    assert bytes(result.raw) == payload
    assert result.payload == {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    assert result.verdict.violations == ()


# payload text → value, text to store, kinds of oddity
TEXTS: list[tuple[bytes, Any, bytes, list[str]]] = [
    (b'{"a":1.50}', {"a": 1.5}, b'{"a":1.50}', []),
    (b'{"a":1e400}', {"a": None}, b'{"a": null}', ["number"]),
    (b'{"a":-1e400,"b":1}', {"a": None, "b": 1}, b'{"a": null, "b": 1}', ["number"]),
    (b'{"a":' + b"9" * 5000 + b"}", {"a": None}, b'{"a": null}', ["number"]),
    (b'{"a":9223372036854775807}', {"a": 2**63 - 1}, b'{"a":9223372036854775807}', []),
    (b'{"a":18446744073709551616}', {"a": 2**64}, b'{"a":18446744073709551616}', []),
    (b'{"a":"\xff"}', {"a": "\ufffd"}, '{"a": "\ufffd"}'.encode(), ["syntax"]),
    (b"no json", {}, b"{}", ["syntax"]),
]


@pytest.mark.parametrize(("text", "value", "stored", "kinds"), TEXTS)
def test_payload_texts(text: bytes, value: Any, stored: bytes, kinds: list[str]) -> None:
    payload = read_payload(Raw(text))
    assert (payload.value, bytes(payload.raw)) == (value, stored)
    assert [oddity.kind for oddity in payload.oddities] == kinds


def test_decimals_can_be_read_exactly() -> None:
    value = read_exactly(Raw(b'{"value":0.10000000000000000001,"seqNo":3}'))
    assert value == {"value": Decimal("0.10000000000000000001"), "seqNo": 3}


# version, text → hard, code, kinds
JUDGEMENTS: list[tuple[Version, bytes, str, list[str]]] = [
    (V16, b'[2,"m1","Heartbeat",{}]', "", []),
    (V16, b'[2,"m1","Heartbeat",{"a":1}]', "", ["extra"]),
    (V16, b'[2,"m1","Heartbeat",{},1]', "", ["frame"]),
    (V16, b'[2,"' + b"m" * 37 + b'","Heartbeat",{}]', "", ["frame"]),
    (V16, b'[2,5,"Heartbeat",{}]', "", ["frame"]),
    (V16, b'[2,"m1","Heartbeat",[]]', "FormationViolation", ["shape"]),
    (V201, b'[2,"m1","Heartbeat","x"]', "FormatViolation", ["shape"]),
    (V16, b'[2,"m1","Reset",{"type":"Soft"}]', "NotSupported", ["unknown_action"]),
    (V16, b'[2,"m1","TransactionEvent",{}]', "NotImplemented", ["unknown_action"]),
    (V201, b'[2,"m1","StartTransaction",{}]', "NotImplemented", ["unknown_action"]),
    (V21, b'[2,"m1","NoSuch",{}]', "NotImplemented", ["unknown_action"]),
    (V21, b'[2,"m1","NoSuch",{},1]', "NotImplemented", ["frame", "unknown_action"]),
    (V21, b'[2,"m1","NotifyPeriodicEventStream",{}]', "NotSupported", ["unknown_action"]),
    (V21, b'[6,"m1","Heartbeat",{}]', "NotSupported", ["unknown_action"]),
    (V21, b'[6,"m1","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"t","data":[{"t":0,"v":"1"}]}]', "", []),
    (V16, b'[2,"m1","MeterValues",{"connectorId":1e400}]', "", ["number", "missing", "type"]),
    (V16, b'[2,"m1","MeterValues",5]', "", ["shape"]),
    (V16, b'[2,"m1","MeterValues"]', "", ["frame", "missing", "missing"]),
    (V16, b'[2,"m1","Authorize",{"idTag":NaN}]', "TypeConstraintViolation", ["syntax", "type"]),
]


@pytest.mark.parametrize(("version", "text", "code", "kinds"), JUDGEMENTS)
def test_judgements(version: Version, text: bytes, code: str, kinds: list[str]) -> None:
    result = judged(text, version)
    assert (result.verdict.hard, result.verdict.code) == (code != "", code)
    assert [violation.kind for violation in result.verdict.violations] == kinds
    assert msgspec.json.decode(result.raw) == result.payload


def test_recorded_oddities_of_a_refused_call_are_kept_beside_the_refusal() -> None:
    result = judged(b'[2,"m1","Reset",{"type":"Soft"},1]', V16)
    assert "may not send 'Reset' in OCPP 1.6" in result.verdict.sentence
