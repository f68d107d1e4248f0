"""Bodies become commands in the words of 2.x; what is not meant is refused."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from volt_console.commands import (
    STATION_BODIES,
    StartBody,
    StopBody,
    start_session,
    station_command,
    stop_session,
)
from volt_console.pages.forms import station_body
from volt_console.web.problems import Problem
from volt_contracts import station
from volt_contracts.message import Actor, Command
from volt_contracts.refs import token_ref

OPERATOR = Actor(kind="operator", id="local")


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("reset", {}, station.Reset(actor=OPERATOR)),
        ("reset", {"kind": "Immediate", "evse": 1}, station.Reset(actor=OPERATOR, kind="Immediate", evse=1)),
        ("unlock", {"evse": 2}, station.UnlockConnector(actor=OPERATOR, evse=2)),
        ("availability", {"operational": False}, station.ChangeAvailability(actor=OPERATOR, operational=False)),
        (
            "trigger",
            {"message": "MeterValues", "evse": 1},
            station.TriggerMessage(actor=OPERATOR, message="MeterValues", evse=1),
        ),
        ("variables/get", {}, station.GetVariables(actor=OPERATOR)),
        (
            "variables/set",
            {"variables": [{"variable": "Interval", "component": "Heartbeat", "value": "60"}]},
            station.SetVariables(
                actor=OPERATOR,
                variables=(station.Variable(variable="Interval", component="Heartbeat", value="60"),),
            ),
        ),
    ],
)
def test_a_body_becomes_its_command(name: str, body: dict[str, Any], expected: Command) -> None:
    assert station_command(STATION_BODIES[name].model_validate(body), OPERATOR) == expected


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("reset", {"kind": "Gently"}),
        ("reset", {"knid": "OnIdle"}),
        ("unlock", {}),
        ("unlock", {"evse": -1}),
        ("trigger", {"message": ""}),
        ("variables/set", {"variables": []}),
        ("variables/set", {"variables": [{"variable": "x"}]}),
        ("reset", {"not_after": "2026-11-22T12:00:00"}),
    ],
)
def test_what_is_not_meant_is_refused(name: str, body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        STATION_BODIES[name].model_validate(body)


def test_a_start_carries_the_reference_of_its_token() -> None:
    body = TypeAdapter(StartBody).validate_python({"token": " TAG0001 ", "evse": 1})
    command = start_session(body, OPERATOR, "demo", "secret")
    assert (command.id_token, command.evse) == ("TAG0001", 1)
    assert command.token_ref == token_ref("secret", "demo", "TAG0001")


def test_a_stop_names_the_visit() -> None:
    assert stop_session(StopBody(), OPERATOR, "visit").session_id == "visit"


def test_a_form_names_a_variable_with_its_component() -> None:
    command = station_command(station_body("variables/get", {"variable": "OCPPCommCtrlr.HeartbeatInterval"}), OPERATOR)
    wanted = (station.Variable(variable="HeartbeatInterval", component="OCPPCommCtrlr"),)
    assert command == station.GetVariables(actor=OPERATOR, variables=wanted)


def test_a_form_that_lacks_something_is_answered_with_a_sentence() -> None:
    with pytest.raises(Problem) as refused:
        station_body("unlock", {})
    assert "evse" in refused.value.details.detail
