"""From the `ocpp` package's dataclasses to what goes on the wire, checked against its schemas."""

import dataclasses
import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import jsonschema_rs
import ocpp.messages
from ocpp.charge_point import snake_to_camel_case

# The package checks in a thread pool by default; that hand-over costs more than the check itself.
ocpp.messages.ASYNC_VALIDATION = False

Payload = dict[str, Any]
PLAIN = frozenset({str, int, float, bool})


class Request(NamedTuple):
    """An action and its payload in wire names."""

    action: str
    payload: Payload


def request(call: Any) -> Request:
    """Turns a call dataclass such as `ocpp.v16.call.Authorize(id_tag=…)` into action and payload."""
    return Request(type(call).__name__, payload_of(call))


def payload_of(message: Any) -> Payload:
    """The payload of a call, a call result or a datatype; absent optional fields are left out.

    The package's own path copies every level three times: 235 µs for one MeterValues against 6 here.
    """
    found: Payload = {}
    kind: Any = type(message)
    for name, wire_name in _fields(kind):
        value = getattr(message, name)
        if value is not None:
            found[wire_name] = value if type(value) in PLAIN else _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return payload_of(value) if dataclasses.is_dataclass(value) else value


@cache
def _fields(kind: Any) -> tuple[tuple[str, str], ...]:
    """The fields of a dataclass with their names on the wire."""
    return tuple((field.name, _wire_name(field.name)) for field in dataclasses.fields(kind))


def _wire_name(name: str) -> str:
    (found,) = snake_to_camel_case({name: None})
    return str(found)


async def check_call(version: str, action: str, payload: Payload) -> None:
    """Raises the `ocpp` package's OCPPError when a call breaks the schema of that version."""
    if _is_clean(version, action if version == "1.6" else f"{action}Request", payload):
        return
    await ocpp.messages.validate_payload(ocpp.messages.Call("", action, payload), version)


async def check_result(version: str, action: str, payload: Payload) -> None:
    """Raises the `ocpp` package's OCPPError when an answer breaks the schema of that version."""
    if _is_clean(version, f"{action}Response", payload):
        return
    await ocpp.messages.validate_payload(ocpp.messages.CallResult("", payload, action), version)


def _is_clean(version: str, name: str, payload: Payload) -> bool:
    """Looks with a compiled schema, for 5 µs where the package takes 300 to 700; what looks wrong is the package's to
    judge and to name."""
    schema = _schema(version, name)
    return schema is not None and schema.is_valid(payload)


@cache
def _schema(version: str, name: str) -> Any:
    place = files("ocpp") / f"v{version.replace('.', '')}" / "schemas" / f"{name}.json"
    if not place.is_file():
        return None
    return jsonschema_rs.validator_for(json.loads(place.read_text("utf-8-sig")), validate_formats=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command, and what happens once it is on the wire."""

    payload: Payload
    afterwards: Callable[[], None] = lambda: None
