"""From the raw text of a payload to Python values, and the gateway's whole judgement on a call in one function."""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from volt_ocpp import mending
from volt_ocpp.actions import actions_from_station, refusal_of, sends_from_station
from volt_ocpp.codes import ErrorCode
from volt_ocpp.frames import Call, Send
from volt_ocpp.schemas import check
from volt_ocpp.softness import verdict_on
from volt_ocpp.versions import Version
from volt_ocpp.violations import Kind, Verdict, Violation

LONGEST_MESSAGE_ID = 36

_CALLABLE = {version: actions_from_station(version) for version in Version}

_decode = msgspec.json.Decoder().decode
_decode_exactly = msgspec.json.Decoder(float_hook=Decimal).decode


class Payload(Struct, frozen=True):
    """A payload as Python values (`value`, of any JSON type) and as the text to store (`raw`).

    `raw` is the text as sent, except where that holds a number that no reader can take: then it is a clean copy.
    """

    value: Any
    raw: Raw
    oddities: tuple[Violation, ...] = ()


class Judged(Struct, frozen=True):
    """A call's payload together with the verdict on frame, action and payload.

    `payload` is of any JSON type: a revenue call is not even refused when its payload is a bare number.
    """

    payload: Any
    raw: Raw
    verdict: Verdict


def read_payload(raw: Raw) -> Payload:
    """Decode a payload that `frames.parse` returned; never raises. Decimals become float: for checks, not for money."""
    try:
        return Payload(_decode(raw), raw)
    except (ValueError, RecursionError):
        return _mended(raw)


def read_exactly(raw: Raw) -> Any:
    """The stored payload with its decimals as `Decimal`, digit by digit as sent.

    Raises ValueError for a text that did not come out of `read_payload` or `judge`.
    """
    return _decode_exactly(raw)


def judge(version: Version, frame: Call | Send) -> Judged:
    """Everything that the schemas say about a message from a station: may it be called, is it well formed.

    Never raises. What the frame itself had of oddities is in the verdict too.
    """
    try:
        value = _decode(frame.payload)
    except (ValueError, RecursionError):
        return _judge_leniently(version, frame)
    if type(frame) is Call and frame.action in _CALLABLE[version] and len(str(frame.message_id)) <= LONGEST_MESSAGE_ID:
        return Judged(value, frame.payload, check(version, frame.action, value))
    return _judge_leniently(version, frame)


def _judge_leniently(version: Version, frame: Call | Send) -> Judged:
    payload = read_payload(frame.payload)
    verdict = _refused(version, frame) or check(version, frame.action, payload.value)
    violations = frame.oddities + payload.oddities + _long_id(frame) + verdict.violations
    whole = Verdict(violations, True, verdict.code) if verdict.hard else verdict_on(version, frame.action, violations)
    return Judged(payload.value, payload.raw, whole)


def _refused(version: Version, frame: Call | Send) -> Verdict | None:
    if isinstance(frame, Send):
        known = frame.action in sends_from_station(version)
        code = None if known else refusal_of(version, frame.action) or ErrorCode.NOT_SUPPORTED
    else:
        code = refusal_of(version, frame.action)
    if code is None:
        return None
    sentence = f"a station may not send {frame.action[:50]!r} in {version.label}"
    return Verdict((Violation("", Kind.UNKNOWN_ACTION, sentence),), True, code)


def _long_id(frame: Call | Send) -> tuple[Violation, ...]:
    if len(str(frame.message_id)) > LONGEST_MESSAGE_ID:
        return (Violation("", Kind.FRAME, f"the message id is longer than {LONGEST_MESSAGE_ID} characters"),)
    return ()


def _mended(raw: Raw) -> Payload:
    try:
        clean, kinds = mending.rescue(bytes(raw))
        return Payload(_decode(clean), Raw(clean), mending.violations_of(kinds or [Kind.SYNTAX]))
    except (ValueError, RecursionError):
        return Payload({}, Raw(b"{}"), mending.violations_of([Kind.SYNTAX]))
