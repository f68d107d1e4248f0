"""One station with its connectors, and what every station in a list shows."""

from datetime import datetime

from pydantic import BaseModel, Field

from volt_console.queries.database import Database


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
    meter_serial: str | None
    meter_type: str | None
    hardware_epoch: int | None
    firmware: str | None
    booted_at: datetime | None
    boot_reason: str | None
    registration: str | None
    adopted: bool | None
    location: str | None
    moved_to: str | None = None
    """The tenant that it belongs to now; its history here ends with that."""
    suspect: list[str] = []
    """What was odd about the latest odd record of the station, a word each."""
    suspect_at: datetime | None = None
    connectors: list[Connector] = []
    changed_at: datetime = Field(exclude=True)
    place: str = Field(exclude=True)


class _Placed(Connector):
    station_uid: str


COLUMNS = """
    station_uid, identity, online, CASE WHEN online THEN up_at ELSE lost_at END AS since, lost_cause, protocol,
    remote_address, gateway_id, security_profile, vendor, model, serial, meter_serial, meter_type,
    hardware_epoch, firmware, booted_at, boot_reason, registration,
    adopted, location, CASE WHEN moved_offset > coalesce(known_offset, -1) THEN moved_to END AS moved_to,
    coalesce(suspect, '[]') AS suspect, suspect_at, changed_at, place
"""

_ONE = f"SELECT {COLUMNS} FROM console.live_stations WHERE tenant = %(tenant)s AND station_uid = %(uid)s"

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
        await add_connectors(database, tenant, [found])
    return found


async def add_connectors(database: Database, tenant: str, found: list[Station]) -> None:
    """Give each station its connectors."""
    by_uid = {station.station_uid: station for station in found}
    if not by_uid:
        return
    for plug in await database.all(_Placed, _CONNECTORS, {"tenant": tenant, "uids": list(by_uid)}):
        by_uid[plug.station_uid].connectors.append(Connector(**plug.model_dump(exclude={"station_uid"})))
