"""A location: one document after another, each replacing the former as a whole."""

import re
from datetime import datetime
from decimal import Decimal

import msgspec

from volt_contracts.forms import COUNTRY
from volt_contracts.ids import location_uid
from volt_contracts.message import Event
from volt_contracts.network import ConfigureLocation, Location, LocationConfigured, NetworkCommandFinished
from volt_eventlog.answers import Answers, Refused, version_objection
from volt_network.domain.answers import remember
from volt_network.domain.words import id_objection

LATITUDE, LONGITUDE = Decimal(90), Decimal(180)
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")
"""Form alone: which zones there are changes with the machine, and a decision must not. Senders check the name."""


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A location as it is now."""

    version: int
    location_id: str
    location: Location
    answers: Answers = ()


def configure(
    known: Known | None, command: ConfigureLocation, key: tuple[str, str], at: datetime
) -> tuple[Event, ...] | Refused:
    """Put the document in force; nothing happens when it already is. `key` is the record key's tenant and entity."""
    version = 0 if known is None else known.version
    refused = _objection(command, key) or version_objection(command.expected_version, version)
    if refused is not None:
        return refused
    if known is not None and known.location == command.location:
        return ()
    return (
        LocationConfigured(
            version=version + 1,
            location_id=command.location_id,
            location=command.location,
            actor=command.actor.text,
            at=at,
        ),
    )


def evolve(known: Known | None, event: Event) -> Known | None:
    """The location after an event of its own."""
    match event:
        case LocationConfigured():
            answers = () if known is None else known.answers
            return Known(version=event.version, location_id=event.location_id, location=event.location, answers=answers)
        case NetworkCommandFinished() if known is not None:
            return msgspec.structs.replace(known, answers=remember(known.answers, event))
        case _:
            return known


def _objection(command: ConfigureLocation, key: tuple[str, str]) -> Refused | None:
    """The first thing that is wrong with a location."""
    location = command.location
    if key[1] != location_uid(key[0], command.location_id):
        return Refused(f"the key is not that of the location {command.location_id!r}")
    if not location.name.strip():
        return Refused("a location has a name")
    if location.country is not None and not COUNTRY.fullmatch(location.country):
        return Refused(f"{location.country!r} is no country: two capital letters (ISO 3166-1 alpha-2)")
    if location.time_zone is not None and not _ZONE.fullmatch(location.time_zone):
        return Refused(f"{location.time_zone!r} is no time zone, such as Europe/Berlin")
    return id_objection("location", command.location_id) or _place_objection(location)


def _place_objection(location: Location) -> Refused | None:
    """Both coordinates or none (WGS 84)."""
    latitude, longitude = location.latitude, location.longitude
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        return Refused("latitude and longitude come together")
    if abs(latitude) <= LATITUDE and abs(longitude) <= LONGITUDE:
        return None
    return Refused("latitude is from -90 to 90, longitude from -180 to 180")
