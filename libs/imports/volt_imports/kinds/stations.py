"""Stations: one line for each connector. Lines with the same identity make one station, and one command."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from volt_contracts.credentials import LONGEST, SHORTEST
from volt_contracts.forms import (
    EVSE_ID,
    HIGHEST_SECURITY_PROFILE,
    LONGEST_EVSE_UID,
    LONGEST_IDENTITY,
    MOST_CONNECTORS,
    MOST_EVSES,
    is_evse_uid,
    is_identity,
)
from volt_contracts.network import Connector, Evse
from volt_contracts.session import Meter
from volt_imports.cells import Cells
from volt_imports.columns import CONNECTOR_LEVEL, EVSE_LEVEL
from volt_imports.rows import Fault, Row
from volt_imports.words import (
    CONNECTORS,
    FORMATS,
    METROLOGIES,
    POWER_TYPES,
    PROTOCOL_WORDS,
    REGISTER_KINDS,
    REGISTRATIONS,
)

MOST_VOLTS, MOST_AMPERES, MOST_WATTS = 10_000, 10_000, 20_000_000
_KEY = re.compile("[0-9A-Fa-f]{32,40}")
"""At least 128 bits, made at random, and no longer than a basic-auth password may be."""
_OF_EVSE = frozenset(("evse", *EVSE_LEVEL))
_OF_CONNECTOR = frozenset(("connector", *CONNECTOR_LEVEL))

Said = dict[str, tuple[int, Any]]
"""Column → the line that said it first, and what it said."""


class EvseLines:
    """What the lines of one EVSE say."""

    __slots__ = ("connectors", "line", "said")

    def __init__(self, line: int) -> None:
        self.line = line
        self.said: Said = {}
        self.connectors: dict[int, Connector] = {}


class StationLines:
    """What the lines of one identity say. `line` is its first, and names its command."""

    __slots__ = ("evses", "identity", "line", "said")

    def __init__(self, line: int, identity: str) -> None:
        self.line = line
        self.identity = identity
        self.said: Said = {}
        self.evses: dict[int, EvseLines] = {}

    def value(self, column: str) -> Any:
        """What the station's lines say in a column."""
        found = self.said.get(column)
        return None if found is None else found[1]

    def described(self) -> tuple[Evse, ...] | None:
        """Its EVSEs by their numbers; None when no line says anything of one."""
        return tuple(_evse(number, self.evses[number]) for number in sorted(self.evses)) or None


def read_station(row: Row, stations: dict[str, StationLines], faults: list[Fault]) -> None:
    """Add a line to its station; whatever is wrong with it, or does not fit the lines before it, is a fault."""
    cells, before = Cells(row, faults), len(faults)
    identity = cells.text("identity")
    if identity is None or not is_identity(identity):
        if len(faults) == before:
            cells.wrong("identity", f"an identity has 1 to {LONGEST_IDENTITY} printable characters")
        return
    station = stations.get(identity)
    if station is None:
        station = stations[identity] = StationLines(row.line, identity)
    _merge(station.said, _station_level(cells, row.cells), cells)
    columns = row.cells.keys()
    if not columns.isdisjoint(_OF_EVSE) or not columns.isdisjoint(_OF_CONNECTOR):
        _read_evse(cells, row.cells, station)


def _station_level(cells: Cells, said: Mapping[str, str]) -> dict[str, Any]:
    if "password" in said and "key" in said:
        cells.wrong("key", "a station has a password or a key, not both")
    return {
        "name": cells.text("name"),
        "location": cells.id("location"),
        "protocol": cells.word("protocol", PROTOCOL_WORDS),
        "profile": cells.whole("profile", 0, HIGHEST_SECURITY_PROFILE),
        "registration": cells.word("registration", REGISTRATIONS),
        "password": _password(cells),
        "key": _key(cells, said.get("key")),
    }


def _read_evse(cells: Cells, said: Mapping[str, str], station: StationLines) -> None:
    number = cells.whole("evse", 1, MOST_EVSES) if "evse" in said else 1
    if number is None:
        return
    evse = station.evses.get(number)
    if evse is None:
        evse = station.evses[number] = EvseLines(cells.line)
    _merge(
        evse.said,
        {
            "evse_id": _evse_id(cells, said.get("evse_id")),
            "evse_uid": _evse_uid(cells),
            "meter_serial": cells.text("meter_serial"),
            "register_kind": cells.word("register_kind", REGISTER_KINDS),
            "metrology": cells.word("metrology", METROLOGIES),
        },
        cells,
    )
    if said.keys().isdisjoint(_OF_CONNECTOR):
        if evse.line != cells.line:
            cells.wrong("evse", f"EVSE {number} of {station.identity} stands in another line already")
        return
    _read_connector(cells, said, station, number, evse)


def _read_connector(cells: Cells, said: Mapping[str, str], station: StationLines, number: int, evse: EvseLines) -> None:
    connector = cells.whole("connector", 1, MOST_CONNECTORS) if "connector" in said else 1
    described = Connector(
        number=connector or 1,
        standard=cells.word("standard", CONNECTORS),
        format=cast(Any, cells.word("format", FORMATS)),
        power_type=cast(Any, cells.word("power_type", POWER_TYPES)),
        max_voltage_v=_whole(cells.measure("max_voltage", "V", MOST_VOLTS)),
        max_current_a=_whole(cells.measure("max_current", "A", MOST_AMPERES)),
        max_power_w=cells.measure("max_power", "W", MOST_WATTS),
    )
    if connector is None:
        return
    if connector in evse.connectors:
        cells.wrong("connector", f"connector {connector} of EVSE {number} of {station.identity} is there twice")
    else:
        evse.connectors[connector] = described


def _merge(known: Said, said: Mapping[str, Any], cells: Cells) -> None:
    """What lines of the same thing leave empty the others say; what two of them say is the same."""
    for column, value in said.items():
        if value is None:
            continue
        first = known.setdefault(column, (cells.line, value))
        if first[1] != value:
            shown = "not the same" if column in ("password", "key") else f"{value!r} here and {first[1]!r}"
            cells.wrong(column, f"it is {shown} in another line of the same station")


def _evse(number: int, lines: EvseLines) -> Evse:
    said = {column: value for column, (_, value) in lines.said.items()}
    meter = Meter(
        serial=said.get("meter_serial"),
        register_kind=said.get("register_kind", "unknown"),
        metrology=said.get("metrology", "none"),
    )
    connectors = tuple(lines.connectors[one] for one in sorted(lines.connectors))
    uid, evse_id = said.get("evse_uid"), said.get("evse_id")
    return Evse(number=number, uid=uid, evse_id=evse_id, meter=meter, connectors=connectors)


def _password(cells: Cells) -> str | None:
    text = cells.text("password")
    if text is None or SHORTEST <= len(text.encode()) <= LONGEST:
        return text
    cells.wrong("password", f"a password has {SHORTEST} to {LONGEST} bytes")
    return None


def _key(cells: Cells, text: str | None) -> str | None:
    if text is None or _KEY.fullmatch(text):
        return text
    cells.wrong("key", "a key has 32 to 40 hexadecimal digits, made at random; a chosen one is a password")
    return None


def _evse_id(cells: Cells, text: str | None) -> str | None:
    if text is None or EVSE_ID.fullmatch(text):
        return text
    cells.wrong("evse_id", f"{text!r} is no EVSE id, such as DE*VLT*E0001*1")
    return None


def _evse_uid(cells: Cells) -> str | None:
    text = cells.text("evse_uid")
    if text is None or is_evse_uid(text):
        return text
    cells.wrong("evse_uid", f"the uid of an EVSE has 1 to {LONGEST_EVSE_UID} printable characters")
    return None


def _whole(value: Decimal | None) -> int | None:
    return None if value is None else max(1, round(value))
