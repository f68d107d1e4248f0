"""OCPP-J frames: [2, id, action, payload], [3, id, payload], [4, id, code, text, details]."""

from dataclasses import dataclass
from typing import Any

import msgspec

from volt_simulator.wire import Payload

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Call:
    """A request of the central system."""

    message_id: str
    action: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a call of the station."""

    message_id: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Refusal:
    """A CALLERROR."""

    message_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Anything else, also the message types of later versions, which a station ignores."""

    reason: str


Frame = Call | Answer | Refusal | Unreadable


def read(text: str | bytes) -> Frame:
    """What a text of the central system is."""
    try:
        found: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        return Unreadable(str(problem))
    match found:
        case [2, str(message_id), str(action), dict(payload)]:
            return Call(message_id, action, payload)
        case [3, str(message_id), dict(payload)]:
            return Answer(message_id, payload)
        case [4, str(message_id), str(code), *_]:
            return Refusal(message_id, code)
    return Unreadable("not a call, an answer or a call error")


def call(message_id: str, action: str, payload: Payload) -> str:
    """A CALL as text."""
    return _encode([2, message_id, action, payload]).decode()


def answer(message_id: str, payload: Payload) -> str:
    """A CALLRESULT as text."""
    return _encode([3, message_id, payload]).decode()


def refusal(message_id: str, code: str, text: str) -> str:
    """A CALLERROR as text; its description holds at most 255 characters."""
    return _encode([4, message_id, code, text[:255], {}]).decode()
