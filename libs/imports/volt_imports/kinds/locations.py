"""A row of a location: where stations stand."""

from typing import Any, NamedTuple

import msgspec

from volt_contracts.network import Location
from volt_imports.cells import Cells
from volt_imports.rows import Fault, Row

LATITUDE, LONGITUDE = 90, 180
_TEXTS = ("name", "address", "city", "postal_code")


class LocationRow(NamedTuple):
    """What a row says of a location; what it leaves empty is not in `said`."""

    line: int
    id: str
    said: dict[str, Any]


def read_location(row: Row, faults: list[Fault]) -> LocationRow | None:
    """The location of a row, or None with its faults noted."""
    cells, before = Cells(row, faults), len(faults)
    key = cells.id("location")
    if key is None and len(faults) == before:
        cells.wrong("location", "it has no id")
    said: dict[str, Any] = {name: cells.text(name) for name in _TEXTS}
    said |= {
        "country": cells.country("country"),
        "latitude": cells.degrees("latitude", LATITUDE),
        "longitude": cells.degrees("longitude", LONGITUDE),
        "time_zone": cells.zone("time_zone"),
        "site_host": cells.id("site_host"),
        "legal_entity": cells.id("legal_entity"),
    }
    if ("latitude" in row.cells) != ("longitude" in row.cells):
        cells.wrong("latitude", "latitude and longitude come together")
    if key is None or len(faults) > before:
        return None
    return LocationRow(row.line, key, {name: value for name, value in said.items() if value is not None})


def location_of(row: LocationRow, known: Location | None) -> Location | str:
    """The document in force after the row, or what is missing of it."""
    if known is not None:
        return msgspec.structs.replace(known, **row.said)
    return Location(**row.said) if "name" in row.said else "name"
