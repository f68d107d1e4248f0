"""Where a visit takes place, copied from the network's public row; filled in later for a station adopted meanwhile."""

from msgspec.structs import replace

from volt_contracts.network import StationAdopted, StationRegistered, StationRow
from volt_contracts.session import Place
from volt_contracts.topics import NETWORK_STATIONS
from volt_eventlog.message import Message
from volt_session.domain.decision import Decision
from volt_session.domain.revising import revise
from volt_session.domain.session import Ended, Open


def place_of(d: Decision) -> Place:
    """The station's place; empty with `network_version` 0 while the network does not know the station."""
    row: StationRow | None = d.tables.get(NETWORK_STATIONS, d.key)
    return Place() if row is None else _versioned(row.place, row.version)


def known_now(d: Decision, message: Message) -> None:
    """StationAdopted, StationRegistered: visits that began before the network knew the station get their place."""
    fact: StationAdopted | StationRegistered = message.body
    place = _versioned(fact.place, fact.version)
    for visit in d.state.visits:
        if visit.network_version == 0:
            revise(d, visit, "place", place=place)


def fill_in(d: Decision, visit: Open | Ended) -> None:
    """The same for a visit that began after that event, with a table that had not caught up with it."""
    if visit.network_version:
        return
    place = place_of(d)
    if place.network_version:
        revise(d, visit, "place", place=place)


def _versioned(place: Place, version: int) -> Place:
    return place if place.network_version else replace(place, network_version=version)
