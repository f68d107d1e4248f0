"""Stations with their connectors: one, or a page of them in order of their identities."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from volt_console.queries.cursor import Page, after, text_key
from volt_console.queries.database import Database

Show = Literal["all", "online", "offline", "charging", "faulted"]


class Connector(BaseModel):
    """A connector and what it does now. `since` is when this status began, by the station's time."""

    evse: int
    connector: int
    status: str | None
    status_as_sent: str | None
    charging_state: str | None
    since: datetime | None
    error_code: str | None
    vendor_error_code: str | None
    info: str | None


class Station(BaseModel):
    """A station, whether it is connected, and its connectors."""

    station_uid: str
    identity: str
    online: bool
    since: datetime | None
    """When it came online, or went offline."""
    lost_cause: str | None
    protocol: str | None
    remote_address: str | None
    gateway_id: str | None
    security_profile: int | None
    vendor: str | None
    model: str | None
    serial: str | None
    firmware: str | None
    booted_at: datetime | None
    boot_reason: str | None
    registration: str | None
    adopted: bool | None
    location: str | None
    connectors: list[Connector] = []


class _Placed(Connector):
    station_uid: str


_COLUMNS = """
    station_uid, identity, online, CASE WHEN online THEN up_at ELSE lost_at END AS since, lost_cause, protocol,
    remote_address, gateway_id, security_profile, vendor, model, serial, firmware, booted_at, boot_reason, registration,
    adopted, location
"""

_ONE = f"SELECT {_COLUMNS} FROM console.live_stations WHERE tenant = %(tenant)s AND station_uid = %(uid)s"

_PAGE = f"""
    SELECT {_COLUMNS} FROM console.live_stations AS station
    WHERE tenant = %(tenant)s
      AND (%(identity)s::text IS NULL OR (identity, station_uid) > (%(identity)s COLLATE "C", %(uid)s))
      AND (%(like)s::text IS NULL OR identity ILIKE %(like)s OR station_uid = %(search)s OR vendor ILIKE %(like)s)
      AND CASE %(show)s
            WHEN 'online' THEN online
            WHEN 'offline' THEN NOT online
            WHEN 'charging' THEN EXISTS (
              SELECT FROM console.live_sessions AS visit WHERE visit.tenant = station.tenant
              AND visit.station_uid = station.station_uid AND state = 'running' AND charging_state = 'Charging')
            WHEN 'faulted' THEN EXISTS (
              SELECT FROM console.live_connectors AS plug WHERE plug.tenant = station.tenant
              AND plug.station_uid = station.station_uid AND plug.status = 'Faulted')
            ELSE true
          END
    ORDER BY identity, station_uid
    LIMIT %(limit)s
"""

# What a running visit says of its charging goes before what the connector last said: 2.x tells it with transactions.
_CONNECTORS = """
    SELECT station_uid, evse, connector, status, status_as_sent, since, error_code, vendor_error_code, info,
           coalesce(
             (SELECT visit.charging_state FROM console.live_sessions AS visit
              WHERE visit.tenant = plug.tenant AND visit.station_uid = plug.station_uid AND visit.state = 'running'
                AND visit.evse = plug.evse AND visit.connector = plug.connector
              ORDER BY opened_at DESC LIMIT 1),
             charging_state) AS charging_state
    FROM console.live_connectors AS plug WHERE tenant = %(tenant)s AND station_uid = ANY(%(uids)s)
    ORDER BY station_uid, evse, connector
"""


async def station(database: Database, tenant: str, uid: str) -> Station | None:
    """One station of the tenant."""
    found = await database.one(Station, _ONE, {"tenant": tenant, "uid": uid})
    if found is not None:
        await _add_connectors(database, tenant, [found])
    return found


async def stations(
    database: Database, tenant: str, *, search: str = "", show: Show = "all", cursor: str | None = None, limit: int = 50
) -> Page[Station]:
    """A page of the tenant's stations; `search` is a part of the identity or vendor, or a uid.

    Raises:
        BadCursor: the cursor is none.
    """
    identity, uid = text_key(cursor) if cursor else (None, None)
    found = await database.all(
        Station,
        _PAGE,
        {
            "tenant": tenant,
            "identity": identity,
            "uid": uid,
            "search": search.replace("\x00", ""),
            "like": f"%{_literal(search)}%" if search else None,
            "show": show,
            "limit": limit + 1,
        },
    )
    more, found = len(found) > limit, found[:limit]
    await _add_connectors(database, tenant, found)
    return Page(items=found, next=after(found[-1].identity, found[-1].station_uid) if more else None)


async def _add_connectors(database: Database, tenant: str, found: list[Station]) -> None:
    by_uid = {station.station_uid: station for station in found}
    for plug in await database.all(_Placed, _CONNECTORS, {"tenant": tenant, "uids": list(by_uid)}):
        by_uid[plug.station_uid].connectors.append(Connector(**plug.model_dump(exclude={"station_uid"})))


def _literal(search: str) -> str:
    """A part of a LIKE pattern that stands for itself; Postgres takes no NUL in a text."""
    cleaned = search.replace("\x00", "").replace("\\", "\\\\")
    return cleaned.replace("%", "\\%").replace("_", "\\_")
