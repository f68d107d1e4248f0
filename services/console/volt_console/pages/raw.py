"""A record as it lies in the log: frames as they were on the wire, everything else as JSON."""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from volt_contracts.gateway import CallReport, Exchange, Unreadable
from volt_contracts.topics import BY_NAME
from volt_eventlog.records import Unusable, message_of


@dataclass(frozen=True)
class Line:
    """A piece of text, and which way it went: `in` from the station, `out` to it, `fact` neither."""

    direction: Literal["in", "out", "fact"]
    text: str


def lines(topic: str, record: Any) -> list[Line]:
    """What a record of the log says, ready to be read."""
    try:
        body = message_of(BY_NAME[topic], record).body
    except (Unusable, KeyError):
        return [Line("fact", (record.value or b"").decode("utf-8", "replace"))]
    match body:
        case Exchange():
            return _exchange(body)
        case CallReport():
            return _report(body)
        case Unreadable():
            return [Line("in", body.text)]
    return [Line("fact", _pretty(record.value or b"null"))]


def _exchange(body: Exchange) -> list[Line]:
    """OCPP-J 1.6 §4.2: [2, id, action, payload], [3, id, payload], [4, id, code, description, details]."""
    found = [Line("in", f"[2, {_word(body.message_id)}, {_word(body.action)},\n{_payload(body.call)}]")]
    if body.error is not None:
        found.append(Line("out", f"[4, {_word(body.message_id)}, {_word(body.error)}, …]"))
    elif body.answer is not None:
        found.append(Line("out", f"[3, {_word(body.message_id)},\n{_payload(body.answer)}]"))
    return found


def _report(body: CallReport) -> list[Line]:
    found = []
    if body.call is not None:
        found.append(Line("out", f"[2, {_word(body.message_id)}, {_word(body.action)},\n{_payload(body.call)}]"))
    if body.answer is not None:
        found.append(Line("in", f"[3, {_word(body.message_id)},\n{_payload(body.answer)}]"))
    if body.error is not None:
        found.append(Line("in", f"{body.report}: {body.error}"))
    return found or [Line("fact", body.report)]


def _payload(raw: msgspec.Raw) -> str:
    return "\n".join(f"  {line}" for line in _pretty(bytes(raw)).splitlines())


def _pretty(value: bytes) -> str:
    try:
        return msgspec.json.format(value, indent=2).decode("utf-8", "replace")
    except msgspec.MsgspecError:
        return value.decode("utf-8", "replace")


def _word(text: str) -> str:
    return msgspec.json.encode(text).decode()
