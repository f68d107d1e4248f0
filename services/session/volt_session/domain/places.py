"""Where a visit takes place, copied from the network's public rows; filled in later for a station adopted meanwhile.

What the location says goes before what the station says, what the EVSE and its connector say before both.
"""

from typing import Any

from msgspec.structs import asdict, replace

from volt_contracts.ids import entity_key, location_uid
from volt_contracts.network import Connector, Evse, LocationRow, StationAdopted, StationRegistered, StationRow
from volt_contracts.session import Meter, Place
from volt_contracts.topics import NETWORK_LOCATIONS, NETWORK_STATIONS
from volt_eventlog.message import Message
from volt_session.domain.decision import Decision
from volt_session.domain.revising import revise
from volt_session.domain.session import Ended, Open

Described = StationRow | StationRegistered


def place_of(d: Decision, evse: int, connector: int | None) -> Place:
    """The place of an EVSE; empty with `network_version` 0 while the network does not know the station."""
    row: StationRow | None = d.tables.get(NETWORK_STATIONS, d.key)
    return Place() if row is None else _composed(d, row, evse, connector)


def known_now(d: Decision, message: Message) -> None:
    """StationAdopted, StationRegistered: visits that began before the network knew the station get their place."""
    fact: StationAdopted | StationRegistered = message.body
    for visit in d.state.visits:
        if visit.network_version == 0:
            revise(d, visit, "place", place=_told(d, fact, visit))


def fill_in(d: Decision, visit: Open | Ended) -> None:
    """The same for a visit that began after that event, with a table that had not caught up with it."""
    if visit.network_version:
        return
    place = place_of(d, visit.evse, visit.connector)
    if place.network_version:
        revise(d, visit, "place", place=place)


def _told(d: Decision, fact: StationAdopted | StationRegistered, visit: Open | Ended) -> Place:
    if isinstance(fact, StationRegistered):
        return _composed(d, fact, visit.evse, visit.connector)
    return _versioned(fact.place, fact.version)


def _composed(d: Decision, station: Described, number: int, connector_number: int | None) -> Place:
    said: dict[str, Any] = {}
    if station.location_id is not None:
        key = entity_key(d.tenant, location_uid(d.tenant, station.location_id))
        said |= _of_location(station.location_id, d.tables.get(NETWORK_LOCATIONS, key))
    evse = next((evse for evse in station.evses if evse.number == number), None)
    if evse is not None:
        said |= _of_evse(evse, connector_number)
    known = {name: value for name, value in said.items() if value is not None}
    return replace(_versioned(station.place, station.version), **known)


def _of_location(location_id: str, row: LocationRow | None) -> dict[str, Any]:
    if row is None:
        return {"location_id": location_id}
    told = asdict(row.location)
    return {
        "location": told.pop("name"),
        "location_country": told.pop("country"),
        "location_id": location_id,
        "location_version": row.version,
        **told,
    }


def _of_evse(evse: Evse, connector_number: int | None) -> dict[str, Any]:
    connector = _connector(evse, connector_number)
    return {
        "evse_uid": evse.uid,
        "evse_id": evse.evse_id,
        "meter": None if evse.meter == Meter() else evse.meter,
        "connector_standard": connector.standard,
        "connector_format": connector.format,
        "power_type": connector.power_type,
        "max_power_w": connector.max_power_w,
    }


def _connector(evse: Evse, number: int | None) -> Connector:
    """An EVSE with one connector means that one, however a station numbers it."""
    if len(evse.connectors) == 1:
        return evse.connectors[0]
    return next((connector for connector in evse.connectors if connector.number == number), Connector())


def _versioned(place: Place, version: int) -> Place:
    return place if place.network_version else replace(place, network_version=version)
