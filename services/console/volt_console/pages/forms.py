"""The forms of the pages: which command each stands for, and its fields as the command's body."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import ValidationError

from volt_console.commands import STATION_BODIES, StartBody, StationBody
from volt_console.onboarding import PasswordBody, PolicyBody
from volt_console.web.problems import Problem

T = TypeVar("T")
Fields = dict[str, str]

NAMES: Mapping[str, str] = {
    "reset": "Reset",
    "unlock": "Unlock",
    "availability": "Availability",
    "trigger": "Trigger",
    "variables/get": "Read",
    "variables/set": "Write",
    "start": "Start",
    "stop": "Stop",
    "adopt": "Adopt",
    "password": "New password",
    "accept": "Accept",
    "policy": "Unknown stations",
    "release": "Release",
    "correct": "Correct",
    "block": "Block",
    "erase": "Erase",
    "close": "Close",
    "new": "New token",
}
"""The last part of the path → what the answer calls the command."""


async def fields(request: Request) -> Fields:
    """The fields of an urlencoded form that were filled in."""
    text = (await request.body()).decode("utf-8", "replace")
    return {name: value.strip() for name, value in parse_qsl(text, max_num_fields=20) if value.strip()}


def station_body(name: str, filled: Fields) -> StationBody:
    """The body of a station's command. Raises a 422 problem with one sentence."""
    values = _SHAPES.get(name, dict)(filled)
    return checked(lambda: STATION_BODIES[name].model_validate(values))


def start_body(filled: Fields) -> StartBody:
    """The body of a remote start. Raises a 422 problem with one sentence."""
    return checked(lambda: StartBody.model_validate(filled))


def password_body(filled: Fields) -> PasswordBody:
    """The body of an adoption or of a new password. Raises a 422 problem with one sentence."""
    return checked(lambda: PasswordBody.model_validate(_only(filled, "password")))


def policy_body(filled: Fields) -> PolicyBody:
    """The body of another policy. Raises a 422 problem with one sentence."""
    return checked(lambda: PolicyBody.model_validate(_only(filled, "unknown_stations")))


def _only(filled: Fields, name: str) -> Fields:
    return {name: filled[name]} if name in filled else {}


def _named(variable: str) -> dict[str, Any]:
    """`Component.Variable` of 2.x, or a bare key of 1.6."""
    component, dot, name = variable.rpartition(".")
    return {"component": component, "variable": name} if dot else {"variable": variable}


def _read(filled: Fields) -> dict[str, Any]:
    return {"variables": [_named(filled["variable"])] if "variable" in filled else []}


def _written(filled: Fields) -> dict[str, Any]:
    return {"variables": [_named(filled.get("variable", "")) | {"value": filled.get("value", "")}]}


_SHAPES: Mapping[str, Callable[[Fields], dict[str, Any]]] = {"variables/get": _read, "variables/set": _written}


def checked(validate: Callable[[], T]) -> T:
    """What was filled in, or a 422 problem with one sentence."""
    try:
        return validate()
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "form"
        raise Problem(422, "invalid-request", "Not sent", f"{where}: {first['msg']}.") from wrong
