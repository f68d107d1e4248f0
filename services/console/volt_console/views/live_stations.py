"""Which stations are there, are they connected, and what do their connectors do now?"""

from collections.abc import Sequence
from typing import Any

from volt_console.views import live_connectors, station_links, station_places, station_variables
from volt_console.views.changes import changed_keys
from volt_console.views.upsert import Group, json_text, place
from volt_contracts import network, station
from volt_contracts.codec import type_name
from volt_contracts.fact import Fact
from volt_contracts.topics import NETWORK_LOCATION_EVENTS, NETWORK_STATION_EVENTS, STATION_EVENTS, MessageTypes
from volt_eventlog.message import Message
from volt_eventlog.view import Statement, View

STATIONS = """
    tenant text NOT NULL,
    station_uid text NOT NULL,
    link_identity text,
    protocol text,
    remote_address text,
    gateway_id text,
    security_profile integer,
    link_id text,
    up_at timestamptz,
    up_offset bigint,
    lost_link_id text,
    lost_at timestamptz,
    lost_cause text,
    lost_offset bigint,
    vendor text,
    model text,
    serial text,
    firmware text,
    meter_serial text,
    meter_type text,
    hardware_epoch integer,
    boot_reason text,
    booted_at timestamptz,
    boot_offset bigint,
    registration text,
    registration_offset bigint,
    known_identity text,
    adopted boolean,
    location text,
    location_id text,
    network_version integer,
    known_offset bigint,
    moved_to text,
    moved_offset bigint,
    suspect jsonb,
    suspect_at timestamptz,
    suspect_offset bigint,
    identity text COLLATE "C" GENERATED ALWAYS AS (coalesce(known_identity, link_identity, station_uid)) STORED,
    online boolean GENERATED ALWAYS AS (
        up_offset IS NOT NULL AND (lost_offset IS NULL OR lost_offset < up_offset OR lost_link_id <> link_id)
    ) STORED,
    changed_at timestamptz GENERATED ALWAYS AS (coalesce(
        CASE WHEN up_offset IS NOT NULL AND (lost_offset IS NULL OR lost_offset < up_offset OR lost_link_id <> link_id)
             THEN up_at ELSE lost_at END,
        TIMESTAMPTZ '1970-01-01 00:00:00+00'
    )) STORED,
    place text COLLATE "C" GENERATED ALWAYS AS (coalesce(location, '')) STORED,
    searched text COLLATE "C" GENERATED ALWAYS AS (lower((
        coalesce(known_identity, link_identity, '') || E'\\n' || station_uid || E'\\n' || coalesce(vendor, '') || ' '
        || coalesce(model, '') || E'\\n' || coalesce(serial, '') || E'\\n' || coalesce(location, '')
    ) COLLATE "C")) STORED,
    PRIMARY KEY (tenant, station_uid)
"""

_KEY = {"tenant": "text", "station_uid": "text"}


def _group(guard: str, **columns: str) -> Group:
    return Group("live_stations", _KEY, columns, guard, {})


UP = _group(
    "up_offset",
    link_identity="text",
    protocol="text",
    remote_address="text",
    gateway_id="text",
    security_profile="integer",
    link_id="text",
    up_at="timestamptz",
)
LOST = _group("lost_offset", lost_link_id="text", lost_at="timestamptz", lost_cause="text")
BOOT = _group(
    "boot_offset",
    vendor="text",
    model="text",
    serial="text",
    firmware="text",
    meter_serial="text",
    meter_type="text",
    hardware_epoch="integer",
    boot_reason="text",
    booted_at="timestamptz",
)
REGISTRATION = _group("registration_offset", registration="text")
KNOWN = _group(
    "known_offset",
    known_identity="text",
    adopted="boolean",
    location="text",
    location_id="text",
    network_version="integer",
)
MOVED = _group("moved_offset", moved_to="text")
SUSPECT = _group("suspect_offset", suspect="jsonb", suspect_at="timestamptz")


TYPES: MessageTypes = (
    station.LinkUp,
    station.LinkLost,
    station.Booted,
    station.RegistrationChanged,
    station.CommandFinished,
    network.StationAdopted,
    network.StationRegistered,
    network.StationMoved,
)


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Fold stations' links, boots, registrations and adoptions, what was odd last, and their connectors."""
    groups = (UP, LOST, BOOT, REGISTRATION, KNOWN, MOVED, SUSPECT)
    rows: dict[Group, list[dict[str, Any]]] = {group: [] for group in groups}
    for message in batch:
        for group, row in _facts(message):
            rows[group].append(row)
        if isinstance(message.body, Fact) and message.body.suspect:
            rows[SUSPECT].append(_suspect(message, message.body))
    statements = [statement for group, found in rows.items() for statement in group.upsert(found)]
    parts = (live_connectors, station_links, station_variables, station_places)
    return [*station_places.begin(batch), *statements, *(one for part in parts for one in part.apply(batch))]


def _facts(message: Message) -> list[tuple[Group, dict[str, Any]]]:
    match message.body:
        case station.LinkUp() as up:
            return [(UP, _up(message, up))]
        case station.LinkLost() as lost:
            at = {"lost_link_id": lost.link_id, "lost_at": lost.time.at, "lost_cause": lost.cause}
            return [(LOST, place(message, "lost_offset", **at))]
        case station.Booted() as boot:
            registered = place(message, "registration_offset", registration=boot.registration)
            return [(BOOT, _boot(message, boot)), (REGISTRATION, registered)]
        case station.RegistrationChanged() as changed:
            return [(REGISTRATION, place(message, "registration_offset", registration=changed.registration))]
        case network.StationAdopted() | network.StationRegistered() as known:
            return [(KNOWN, _known(message, known))]
        case network.StationMoved() as moved:
            return [(MOVED, place(message, "moved_offset", moved_to=moved.to.tenant))]
    return []


def _suspect(message: Message, fact: Fact) -> dict[str, Any]:
    """When it came, not when the station says that it happened: that may be what is odd."""
    return place(message, "suspect_offset", suspect=json_text(fact.suspect), suspect_at=fact.time.received_at)


def _up(message: Message, up: station.LinkUp) -> dict[str, Any]:
    return place(
        message,
        "up_offset",
        link_identity=up.identity,
        protocol=up.protocol,
        remote_address=up.remote_address,
        gateway_id=up.gateway_id,
        security_profile=up.security_profile,
        link_id=up.link_id,
        up_at=up.time.at,
    )


def _boot(message: Message, boot: station.Booted) -> dict[str, Any]:
    return place(
        message,
        "boot_offset",
        vendor=boot.vendor,
        model=boot.model,
        serial=boot.serial or boot.box_serial,
        firmware=boot.firmware,
        meter_serial=boot.meter_serial,
        meter_type=boot.meter_type,
        hardware_epoch=boot.hardware_epoch,
        boot_reason=boot.reason,
        booted_at=boot.time.at,
    )


def _known(message: Message, known: network.StationAdopted | network.StationRegistered) -> dict[str, Any]:
    return place(
        message,
        "known_offset",
        known_identity=known.identity,
        adopted=isinstance(known, network.StationAdopted),
        location=known.place.location,
        location_id=known.location_id if isinstance(known, network.StationRegistered) else None,
        network_version=known.version,
    )


def _index(name: str, columns: str, where: str = "") -> str:
    only = f" WHERE {where}" if where else ""
    return f"CREATE INDEX IF NOT EXISTS live_stations_{name}_g{{g}} ON {{live_stations}} ({columns}){only}"


_BY_NAME = "tenant, identity, station_uid"

# A list is read in the order of its index; what only few stations are has an index of these few.
INDEXES = (
    _index("identity", _BY_NAME),
    _index("changed", "tenant, changed_at, station_uid"),
    _index("place", "tenant, place, identity, station_uid"),
    _index("location", "tenant, location_id", "location_id IS NOT NULL"),
    _index("vendor", "tenant, vendor, identity, station_uid"),
    _index("firmware", "tenant, firmware, identity, station_uid"),
    _index("offline", _BY_NAME, "NOT online"),
    _index("waiting", _BY_NAME, "registration <> 'accepted'"),
    _index("suspect", "tenant, suspect_at", "suspect_at IS NOT NULL"),
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS live_stations_searched_g{g} ON {live_stations} USING gin (searched gin_trgm_ops)",
    *live_connectors.INDEXES,
    *station_links.INDEXES,
)

LIVE_STATIONS = View(
    name="live_stations",
    schema="console",
    generation=3,
    topics=(STATION_EVENTS, NETWORK_STATION_EVENTS, NETWORK_LOCATION_EVENTS),
    tables={
        "live_stations": STATIONS,
        "live_connectors": live_connectors.CONNECTORS,
        "station_links": station_links.LINKS,
        "station_variables": station_variables.VARIABLES,
        "live_places": station_places.PLACES,
    },
    types=frozenset(map(type_name, (*TYPES, *live_connectors.TYPES, *station_places.TYPES))),
    indexes=INDEXES,
    apply=apply,
    notifies=changed_keys,
    compared={
        "live_stations": "tenant, station_uid, identity, protocol, remote_address, gateway_id, security_profile,"
        " online, up_at, lost_at, lost_cause, vendor, model, serial, firmware, meter_serial, meter_type,"
        " hardware_epoch, boot_reason, booted_at, registration, adopted, location, location_id, network_version,"
        " suspect, suspect_at, moved_to",
        "live_connectors": live_connectors.COMPARED,
        "station_links": station_links.COMPARED,
        "station_variables": station_variables.COMPARED,
        "live_places": station_places.COMPARED,
    },
)
