"""Frames: every way to be malformed, and its answer in every version."""

import json
from typing import Any

import msgspec
import pytest

from volt_ocpp.frames import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Send,
    Unreadable,
    call,
    call_error,
    call_result,
    call_result_error,
    parse,
)
from volt_ocpp.versions import Version

V16, V201, V21 = Version.V16, Version.V201, Version.V21
SILENCE = None
HEARTBEAT = b'[2,"m1","Heartbeat",{}]'


def answered(text: bytes | str, version: Version) -> Any:
    """(type, id, code) of the answer to an unreadable text, None for silence."""
    frame = parse(text, version)
    assert isinstance(frame, Unreadable), frame
    assert frame.sentence
    answer = frame.answer()
    return None if answer is None else tuple(json.loads(answer)[:3])


def test_a_call() -> None:
    frame = parse(b'[2,"m1","StartTransaction",{"connectorId": 1}]', V16)
    assert isinstance(frame, Call)
    assert (frame.message_id, frame.action, bytes(frame.payload)) == ("m1", "StartTransaction", b'{"connectorId": 1}')
    assert frame.oddities == ()


@pytest.mark.parametrize("version", Version)
def test_text_and_bytes_are_the_same(version: Version) -> None:
    assert parse(HEARTBEAT, version) == parse(HEARTBEAT.decode(), version)


def test_answers_to_our_calls() -> None:
    assert parse(b'[3,"m1",{"status":"Accepted"}]', V16) == CallResult("m1", msgspec.Raw(b'{"status":"Accepted"}'))
    refused = parse(b'[4,"m1","NotSupported","no",{"a":1}]', V201)
    assert refused == CallError("m1", "NotSupported", "no", msgspec.Raw(b'{"a":1}'))


def test_what_is_new_in_2_1() -> None:
    error = parse(b'[5,"m1","FormatViolation","why",{}]', V21)
    assert error == CallResultError("m1", "FormatViolation", "why", msgspec.Raw(b"{}"))
    send = parse(b'[6,"m1","NotifyPeriodicEventStream",{"id":1}]', V21)
    assert send == Send("m1", "NotifyPeriodicEventStream", msgspec.Raw(b'{"id":1}'))


# What cannot be read:    text, then (type, id, code) of the answer in 1.6, 2.0.1 and 2.1.
UNREADABLE: list[tuple[bytes | str, Any, Any, Any]] = [
    # no JSON array at all
    *(
        (text, SILENCE, (4, "-1", "RpcFrameworkError"), (4, "-1", "RpcFrameworkError"))
        for text in (
            b"", b"   ", b"\x00", b"hello", b"{}", b'{"a":1}', b"null", b"5", b'"[2]"', b"[", b"]", b"[]",
            b"[2", b"[[[[", b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b"\xff\xfe\x00", "", "\ud800",
        )
    ),
    # the type can be read, the id cannot
    *(
        (text, SILENCE, (4, "-1", "RpcFrameworkError"), (4, "-1", "RpcFrameworkError"))
        for text in (
            b"[2]", b'[2,null,"Heartbeat",{}]', b'[2,true,"Heartbeat",{}]', b'[2,{},"Heartbeat",{}]',
            b'[2,["a"],"Heartbeat",{}]', b'[2,1e400,"Heartbeat",{}]', b"[2,%b,\"Heartbeat\",{}]" % (b"9" * 30),
        )
    ),
    # the array is too short or the action is none
    (b'[2,"m1"]', (4, "m1", "FormationViolation"), (4, "m1", "RpcFrameworkError"), (4, "m1", "RpcFrameworkError")),
    (b'[2,"m1",5,{}]', (4, "m1", "FormationViolation"), (4, "m1", "RpcFrameworkError"), (4, "m1", "RpcFrameworkError")),
    (b'[2,"m1","Heartbeat"]', (4, "m1", "FormationViolation"), (4, "m1", "RpcFrameworkError"),
     (4, "m1", "RpcFrameworkError")),
    (b'[2,7,"Heartbeat"]', (4, 7, "FormationViolation"), (4, 7, "RpcFrameworkError"), (4, 7, "RpcFrameworkError")),
    # the head can be read, the rest is broken
    (b'[2,"m1","Heartbeat",{', (4, "m1", "FormationViolation"), (4, "m1", "FormatViolation"),
     (4, "m1", "FormatViolation")),
    (b'[2,"m1","MeterValues",{"a":01}]', (4, "m1", "FormationViolation"), (4, "m1", "FormatViolation"),
     (4, "m1", "FormatViolation")),
    (b'[2,"m1","Heartbeat",{}] [', (4, "m1", "FormationViolation"), (4, "m1", "FormatViolation"),
     (4, "m1", "FormatViolation")),
    (b'[2,"m1","DataTransfer",' + b"[" * 100_000, (4, "m1", "FormationViolation"), (4, "m1", "FormatViolation"),
     (4, "m1", "FormatViolation")),
    (b'[2,"m1",', (4, "m1", "FormationViolation"), (4, "m1", "RpcFrameworkError"), (4, "m1", "RpcFrameworkError")),
    # message types that the version does not have
    (b'[7,"m1","X",{}]', SILENCE, (4, "m1", "MessageTypeNotSupported"), (4, "m1", "MessageTypeNotSupported")),
    (b'[0,"m1"]', SILENCE, (4, "m1", "MessageTypeNotSupported"), (4, "m1", "MessageTypeNotSupported")),
    (b'["x","m1"]', SILENCE, (4, "m1", "MessageTypeNotSupported"), (4, "m1", "MessageTypeNotSupported")),
    (b'[null,"m1"]', SILENCE, (4, "m1", "MessageTypeNotSupported"), (4, "m1", "MessageTypeNotSupported")),
    (b'[-2,"m1","X",{}]', SILENCE, (4, "m1", "MessageTypeNotSupported"), (4, "m1", "MessageTypeNotSupported")),
    (b'[7,null]', SILENCE, (4, "-1", "MessageTypeNotSupported"), (4, "-1", "MessageTypeNotSupported")),
    # broken answers: a CALLERROR follows on a CALL only, 2.1 has CALLRESULTERROR
    (b'[3,"m1"]', SILENCE, SILENCE, (5, "m1", "RpcFrameworkError")),
    (b'[3,"m1",{', SILENCE, SILENCE, (5, "m1", "RpcFrameworkError")),
    (b"[3]", SILENCE, SILENCE, SILENCE),
    (b'[4,"m1"]', SILENCE, SILENCE, SILENCE),
    (b'[4,"m1",5,"",{}]', SILENCE, SILENCE, SILENCE),
    (b'[4,"m1","X",', SILENCE, SILENCE, SILENCE),
]  # fmt: skip


@pytest.mark.parametrize(("text", "in_16", "in_201", "in_21"), UNREADABLE)
def test_unreadable_texts(text: bytes | str, in_16: Any, in_201: Any, in_21: Any) -> None:
    assert (answered(text, V16), answered(text, V201), answered(text, V21)) == (in_16, in_201, in_21)


@pytest.mark.parametrize("text", [b'[5,"m1","X","",{}]', b'[6,"m1","NotifyPeriodicEventStream",{}]'])
def test_types_5_and_6_do_not_exist_before_2_1(text: bytes) -> None:
    assert answered(text, V16) is SILENCE
    assert answered(text, V201) == (4, "m1", "MessageTypeNotSupported")


@pytest.mark.parametrize("text", [b'[6,"m1"]', b'[6,"m1","X"]', b'[6,"m1",5,{}]', b'[6,"m1","X",{', b"[6]", b'[5,"m"]'])
def test_in_2_1_nothing_answers_a_broken_send_or_result_error(text: bytes) -> None:
    assert answered(text, V21) is SILENCE


def test_a_broken_answer_still_ends_the_call_that_waits() -> None:
    frame = parse(b'[3,"m1",{"status":', V16)
    assert isinstance(frame, Unreadable)
    assert (frame.message_type, frame.message_id) == (3, "m1")


# What can be read with tolerance: text, then the action, the payload and the kinds of oddity.
MENDED: list[tuple[bytes, Any, list[str]]] = [
    (b'\xef\xbb\xbf[2,"m1","Heartbeat",{}]', {}, ["syntax"]),
    (b'[2,"m1","Heartbeat",{}]\x00', {}, ["syntax"]),
    (b'[2,"m1","Heartbeat",{},5]', {}, ["frame"]),
    (b'["2","m1","Heartbeat",{}]', {}, []),
    (b'[2.0,"m1","Heartbeat",{}]', {}, []),
    (b'[2,"m1","Heartbeat",{"a":NaN,"b":-Infinity}]', {"a": None, "b": None}, ["syntax"]),
    (b'[2,"m1","Heartbeat",{"a":"x\ty\n"}]', {"a": "x\ty\n"}, ["syntax"]),
    (b'[2,"m1","Heartbeat",{"a":"\xff"}]', {"a": "\ufffd"}, ["encoding"]),
    (b'[2,"m1","Heartbeat",{"a":"\xed\xa0\x80"}]', {"a": "\ufffd\ufffd\ufffd"}, ["encoding"]),
    (b'[2,"m1","Heartbeat",{"a":"\\ud800"}]', {"a": "\ufffd"}, ["encoding"]),
    (b'[2,"m1","Heartbeat",{"a":"\\ud83d\\ude00 \\udc00"}]', {"a": "\U0001f600 \ufffd"}, ["encoding"]),
    (b'[2,"m1","Heartbeat",{"a":NaN,"b":1e400}]', {"a": None, "b": None}, ["syntax", "number"]),
    (b'[2,"m1","Heartbeat",{"a":%b}]' % (b"9" * 41), {"a": None}, ["number"]),
    (b'[2,"m1","Heartbeat",{"a":-%b}]' % (b"1234567890" * 40), {"a": None}, ["number"]),
    (b'[2,"m1","Heartbeat",{"a":%b}]' % (b"9" * 40), {"a": 10**40 - 1}, []),
    (b'[2,"m1","Heartbeat",{"a":"%b"}]' % (b"9" * 400), {"a": "9" * 400}, []),
]


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize(("text", "payload", "kinds"), MENDED)
def test_mended_calls(version: Version, text: bytes, payload: Any, kinds: list[str]) -> None:
    frame = parse(text, version)
    assert isinstance(frame, Call)
    assert (frame.message_id, frame.action) == ("m1", "Heartbeat")
    assert msgspec.json.decode(frame.payload) == payload
    assert [oddity.kind for oddity in frame.oddities] == kinds


def test_of_duplicate_keys_the_last_counts() -> None:
    frame = parse(b'[2,"m1","Heartbeat",{"a":1,"a":2}]', V16)
    assert isinstance(frame, Call)
    assert msgspec.json.decode(frame.payload) == {"a": 2}


@pytest.mark.parametrize("action", ["MeterValues", "StartTransaction", "StopTransaction", "TransactionEvent"])
@pytest.mark.parametrize("version", Version)
def test_a_revenue_call_without_payload_is_not_refused(version: Version, action: str) -> None:
    frame = parse(f'[2,"m1","{action}"]', version)
    assert isinstance(frame, Call)
    assert bytes(frame.payload) == b"{}"
    assert [oddity.kind for oddity in frame.oddities] == ["frame"]


def nested(levels: int) -> bytes:
    return b'[2,"m1","DataTransfer",' + b'{"a":' * levels + b"1" + b"}" * levels + b"]"


@pytest.mark.parametrize("levels", [65, 100, 400, 800])
def test_what_is_nested_too_deep_is_cut(levels: int) -> None:
    frame = parse(nested(levels), V21)
    assert isinstance(frame, Call)
    assert [oddity.kind for oddity in frame.oddities] == ["depth"]
    assert bytes(frame.payload).count(b"{") == 63


@pytest.mark.parametrize("levels", [1, 30, 63])
def test_what_is_nested_less_stays_as_it_is(levels: int) -> None:
    frame = parse(nested(levels), V21)
    assert isinstance(frame, Call)
    assert frame.oddities == ()


def test_many_flat_brackets_are_not_deep() -> None:
    payload = b'{"a":[' + b",".join([b'{"b":[1]}'] * 500) + b"]}"
    frame = parse(b'[2,"m1","NotifyReport",' + payload + b"]", V201)
    assert isinstance(frame, Call)
    assert (bytes(frame.payload), frame.oddities) == (payload, ())


def test_brackets_inside_texts_are_not_deep() -> None:
    payload = b'{"a":"' + b"{[" * 200 + b'"}'
    frame = parse(b'[2,"m1","DataTransfer",' + payload + b"]", V201)
    assert isinstance(frame, Call)
    assert (bytes(frame.payload), frame.oddities) == (payload, ())


@pytest.mark.parametrize("closing", ["}", "}\\\\", '}\\"', "}{}", "x}"])
def test_brackets_inside_texts_do_not_hide_the_depth(closing: str) -> None:
    opened = '{"a":"' + closing + '","b":'
    closed = ',"c":"{"}'
    frame = parse('[2,"m1","DataTransfer",' + opened * 100 + "1" + closed * 100 + "]", V21)
    assert isinstance(frame, Call)
    assert [oddity.kind for oddity in frame.oddities] == ["depth"]


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (b"5", 5),
        (b"-7", -7),
        (b"0", 0),
        (b"9223372036854775807", 2**63 - 1),
        (b"1.5", 1.5),
        (b"2e3", 2000.0),
        (b"-9223372036854775808", -(2**63)),
        (b"18446744073709551615", 2**64 - 1),
    ],
)
def test_a_number_as_id_comes_back_as_the_same_number(literal: bytes, value: float) -> None:
    frame = parse(b'[2,%b,"Heartbeat",{}]' % literal, V16)
    assert isinstance(frame, Call)
    assert frame.message_id == value
    assert [oddity.kind for oddity in frame.oddities] == ["frame"]
    assert json.loads(call_result(frame.message_id, b"{}")) == [3, value, {}]


@pytest.mark.parametrize("message_id", ["", "x" * 36, "x" * 1000, 'quote" \\ \n', "\u00e4\U0001f600", "-1"])
def test_any_text_as_id_comes_back(message_id: str) -> None:
    frame = parse(json.dumps([2, message_id, "Heartbeat", {}]), V201)
    assert isinstance(frame, Call)
    assert json.loads(call_result(frame.message_id, b"{}")) == [3, message_id, {}]


def test_half_a_surrogate_pair_in_an_id_is_replaced() -> None:
    frame = parse(b'[2,"a\\ud800","Heartbeat",{}]', V201)
    assert isinstance(frame, Call)
    assert frame.message_id == "a\ufffd"


def test_error_codes_of_answers_may_come_alone() -> None:
    assert parse(b'[4,"m1","GenericError"]', V16) == CallError("m1", "GenericError")
    assert parse(b'[4,"m1","GenericError",null,null]', V16) == CallError("m1", "GenericError", "", msgspec.Raw(b"null"))
    assert parse(b'[4,"m1","GenericError","",{},1]', V16) == CallError("m1", "GenericError", "", msgspec.Raw(b"{}"))
    assert parse(b'[3,"m1",{},1]', V16) == CallResult("m1", msgspec.Raw(b"{}"))


def test_builders() -> None:
    assert call("m1", "Reset", b'{"type":"Soft"}') == b'[2,"m1","Reset",{"type":"Soft"}]'
    assert call_result("m1", b"{}") == b'[3,"m1",{}]'
    assert call_error("m1", "GenericError", "why") == b'[4,"m1","GenericError","why",{}]'
    assert call_result_error("m1", "GenericError", "why", b'{"a":1}') == b'[5,"m1","GenericError","why",{"a":1}]'


def test_a_description_is_cut_to_what_a_station_accepts() -> None:
    assert len(json.loads(call_error("m1", "GenericError", "x" * 1000))[3]) == 255
