"""What did a station say of its own configuration, when it was asked? Table `station_variables` of `live_stations`."""

from collections.abc import Iterator, Sequence
from typing import Any

from volt_console.views.upsert import Group, place
from volt_contracts import station
from volt_eventlog.message import Message
from volt_eventlog.view import Statement

VARIABLES = """
    tenant text NOT NULL,
    station_uid text NOT NULL,
    component text NOT NULL,
    variable text NOT NULL,
    value text,
    told_at timestamptz,
    told_offset bigint,
    PRIMARY KEY (tenant, station_uid, component, variable)
"""

COMPARED = "tenant, station_uid, component, variable, value, told_at"

TOLD = Group(
    "station_variables",
    {"tenant": "text", "station_uid": "text", "component": "text", "variable": "text"},
    {"value": "text", "told_at": "timestamptz"},
    "told_offset",
    {},
)


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Fold the values that stations answered with; what was written is known only when it is read again."""
    return list(TOLD.upsert(row for message in batch for row in _told(message)))


def _told(message: Message) -> Iterator[dict[str, Any]]:
    body = message.body
    if not isinstance(body, station.CommandFinished) or body.command != "GetVariables":
        return
    for found in body.results:
        if found.get("variable") and "value" in found:
            yield place(
                message,
                TOLD.guard,
                component=found.get("component", ""),
                variable=found["variable"],
                value=found["value"],
                told_at=body.at,
            )
