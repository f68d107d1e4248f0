"""What are the locations of stations called now? Table `live_places` of the view `live_stations`.

A station's own events say what its location was called when it was registered; what the location says goes before that,
in whichever order the two come.
"""

from collections.abc import Sequence

from volt_console.views.upsert import Group
from volt_contracts import network
from volt_contracts.topics import MessageTypes
from volt_eventlog.message import Message
from volt_eventlog.view import Statement

PLACES = """
    tenant text NOT NULL,
    location_id text NOT NULL,
    name text,
    name_offset bigint,
    PRIMARY KEY (tenant, location_id)
"""

COMPARED = "tenant, location_id, name"

TYPES: MessageTypes = (network.LocationConfigured,)

NAMES = Group("live_places", {"tenant": "text", "location_id": "text"}, {"name": "text"}, "name_offset", {})

_IN_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('live_places', 0))"
"""Two processes that fold a station and its location at the same moment would each miss what the other writes."""

_CALL = (
    "UPDATE {live_stations} AS row SET location = place.name FROM {live_places} AS place"
    " WHERE place.tenant = row.tenant AND place.location_id = row.location_id"
    " AND row.location IS DISTINCT FROM place.name AND "
)
_STATIONS = "(row.tenant, row.station_uid) IN (SELECT * FROM unnest(%(tenant)s::text[], %(station_uid)s::text[]))"
_LOCATIONS = "(place.tenant, place.location_id) IN (SELECT * FROM unnest(%(tenant)s::text[], %(location_id)s::text[]))"


def begin(batch: Sequence[Message]) -> list[Statement]:
    """What has to come before anything else of a batch that concerns places."""
    return [Statement(_IN_TURN)] if any(_concerns(message) for message in batch) else []


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Fold the names of locations; then call the stations of the batch, and those of its locations, by them."""
    configured = [message for message in batch if isinstance(message.body, network.LocationConfigured)]
    names = [_name(message, message.body) for message in configured]
    known = sorted({(message.tenant, message.entity) for message in batch if _is_known(message)})
    statements = NAMES.upsert(names)
    if known:
        tenants, uids = zip(*known, strict=True)
        statements.append(Statement(_CALL + _STATIONS, {"tenant": list(tenants), "station_uid": list(uids)}))
    if names:
        places = sorted({(name["tenant"], name["location_id"]) for name in names})
        tenants, ids = zip(*places, strict=True)
        statements.append(Statement(_CALL + _LOCATIONS, {"tenant": list(tenants), "location_id": list(ids)}))
    return statements


def _name(message: Message, configured: network.LocationConfigured) -> dict[str, object]:
    return {
        "tenant": message.tenant,
        "location_id": configured.location_id,
        "name": configured.location.name,
        "name_offset": message.offset,
    }


def _is_known(message: Message) -> bool:
    return isinstance(message.body, network.StationAdopted | network.StationRegistered)


def _concerns(message: Message) -> bool:
    return _is_known(message) or isinstance(message.body, network.LocationConfigured)
