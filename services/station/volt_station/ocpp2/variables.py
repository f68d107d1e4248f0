"""Variables of the device model (OCPP 2.0.1 part 2, §2.15, §2.53): the way there and the way back."""

from collections.abc import Iterable
from typing import Any

from volt_contracts.message import OutcomeWord
from volt_contracts.station import Variable
from volt_station.answers import outcome_of
from volt_station.domain.commands import Refusal
from volt_station.domain.results import Answered, Row
from volt_station.lenient import Object, part, parts, text
from volt_station.ocpp2.evses import evse_type, number_of

MOST = 100
"""Variables in one call; a station may take fewer, and says so."""


def refusal(variables: tuple[Variable, ...]) -> Refusal | None:
    """Why these cannot be asked for."""
    if not variables:
        return Refusal("not_supported", "OCPP 2 reads and writes variables by name only")
    if len(variables) > MOST:
        return Refusal("rejected", f"at most {MOST} variables fit into one call")
    if any(variable.component is None for variable in variables):
        return Refusal("rejected", "OCPP 2 needs the component of each variable")
    return None


def data_of(variable: Variable) -> dict[str, Any]:
    """Component and variable as they are named in calls."""
    component: dict[str, Any] = {"name": variable.component}
    if variable.evse is not None:
        component["evse"] = evse_type(variable.evse)
    named: dict[str, Any] = {"name": variable.variable}
    if variable.instance is not None:
        named["instance"] = variable.instance
    return {"component": component, "variable": named}


def read_results(answer: Object, key: str, *, all_of_them: bool) -> Answered:
    """A row for each variable. Reading is accepted when any of them was read, writing when all were written."""
    rows = tuple(_row(entry) for entry in parts(answer, key))
    if not rows:
        return Answered("unknown", sentence="the station's answer cannot be read; it may have acted")
    outcomes = [outcome_of(row["status"]) for row in rows]
    bad = [row["status"] for row, outcome in zip(rows, outcomes, strict=True) if outcome != "accepted"]
    enough = not bad if all_of_them else len(bad) < len(rows)
    sentence = f"{len(bad)} of {len(rows)} were not accepted" if bad else None
    if enough:
        status = next((row["status"] for row in rows if row["status"] != "Accepted" and row["status"] not in bad), None)
        return Answered("accepted", status or "Accepted", None, rows, sentence)
    outcome: OutcomeWord = "not_supported" if set(outcomes) == {"not_supported"} else "rejected"
    return Answered(outcome, bad[0], None, rows, sentence)


def _row(entry: Object) -> Row:
    component, variable = part(entry, "component"), part(entry, "variable")
    found: Iterable[tuple[str, str | None]] = (
        ("component", text(component, "name")),
        ("variable", text(variable, "name")),
        ("instance", text(variable, "instance")),
        ("evse", _number(part(component, "evse"))),
        ("value", text(entry, "attributeValue", 5000)),
        ("status", text(entry, "attributeStatus", 64) or "Unknown"),
    )
    return {name: value for name, value in found if value is not None}


def _number(evse: Object) -> str | None:
    number = number_of(evse, "id")
    return None if number is None else str(number)
