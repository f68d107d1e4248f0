"""Pages of stations: searched, filtered, sorted; and what there is to filter by."""

import string
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Literal, LiteralString

from pydantic import BaseModel, Field

from volt_console.queries.cursor import Page
from volt_console.queries.database import Database
from volt_console.queries.listing import EXPORTED_AT_ONCE, Order, Start, Wanted, conditions, counted, paged, whole
from volt_console.queries.stations import COLUMNS, Station, add_connectors
from volt_contracts.gateway import Registration

Show = Literal["all", "online", "offline", "charging", "available", "faulted", "suspect"]
Sort = Literal["identity", "-identity", "location", "-location", "changed", "-changed"]

NOWHERE = "-"
MOST_COUNTED = 10_000
SUSPECT_DAYS = 7


class StationFilter(Wanted):
    """Which stations; every part that is given must hold."""

    search: str = Field(
        default="", max_length=100, description="Part of the identity, uid, vendor and model, serial or location."
    )
    show: Show = Field(
        default="all", description=f"What they do now; `suspect`: sent something odd in the last {SUSPECT_DAYS} days."
    )
    protocol: str | None = Field(default=None, max_length=20, examples=["ocpp2.0.1"])
    vendor: str | None = Field(default=None, max_length=100)
    location: str | None = Field(default=None, max_length=200, description=f"The whole name; `{NOWHERE}`: without one.")
    firmware: str | None = Field(default=None, max_length=100)
    registration: Registration | None = None

    @property
    def narrows(self) -> bool:
        """Whether it leaves any station out."""
        return self != StationFilter()


_SHOWN: Mapping[str, LiteralString] = {
    "online": "online",
    "offline": "NOT online",
    "charging": """station_uid IN (SELECT station_uid FROM console.live_sessions
                   WHERE tenant = %(tenant)s AND charges)""",
    "available": """online AND station_uid IN (SELECT station_uid FROM console.live_connectors
                    WHERE tenant = %(tenant)s AND status = 'Available' AND evse > 0)""",
    "faulted": """station_uid IN (SELECT station_uid FROM console.live_connectors
                  WHERE tenant = %(tenant)s AND status = 'Faulted')""",
    "suspect": "suspect_at > now() - %(suspect_days)s * interval '1 day'",
}

_BY_NAME: Mapping[LiteralString, LiteralString] = {"identity": "text", "station_uid": "text"}
_BY_PLACE: Mapping[LiteralString, LiteralString] = {"place": "text", **_BY_NAME}
_BY_CHANGE: Mapping[LiteralString, LiteralString] = {"changed_at": "timestamptz", "station_uid": "text"}

ORDERS: Mapping[Sort, Order] = {
    "identity": Order(_BY_NAME, ("identity", "station_uid"), tuple[str, str]),
    "-identity": Order(_BY_NAME, ("identity", "station_uid"), tuple[str, str], descending=True),
    "location": Order(_BY_PLACE, ("place", "identity", "station_uid"), tuple[str, str, str]),
    "-location": Order(_BY_PLACE, ("place", "identity", "station_uid"), tuple[str, str, str], descending=True),
    "changed": Order(_BY_CHANGE, ("changed_at", "station_uid"), tuple[datetime, str]),
    "-changed": Order(_BY_CHANGE, ("changed_at", "station_uid"), tuple[datetime, str], descending=True),
}


async def stations(
    database: Database,
    tenant: str,
    wanted: StationFilter | None = None,
    *,
    sort: Sort = "identity",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Station]:
    """A page of the tenant's stations.

    Raises:
        BadCursor: the cursor is of no list that is sorted so.
    """
    page = await _page(database, tenant, wanted or StationFilter(), sort, cursor, limit)
    await add_connectors(database, tenant, page.items)
    return page


async def every_station(
    database: Database, tenant: str, wanted: StationFilter, sort: Sort = "identity"
) -> AsyncIterator[list[Station]]:
    """The whole list, without connectors; the first part is read at once, so that what is wrong is known early."""

    async def more(cursor: str | None) -> Page[Station]:
        return await _page(database, tenant, wanted, sort, cursor, EXPORTED_AT_ONCE)

    return whole(await more(None), more)


async def how_many(database: Database, tenant: str, wanted: StationFilter) -> int:
    """How many stations there are, at most one more than `MOST_COUNTED`."""
    where, params = _where(tenant, wanted)
    return await counted(database, f"SELECT FROM console.live_stations WHERE {conditions(where)}", params, MOST_COUNTED)


async def _page(
    database: Database, tenant: str, wanted: StationFilter, sort: Sort, cursor: str | None, limit: int
) -> Page[Station]:
    order = ORDERS[sort]
    start = Start.at(cursor, order)
    where, params = _where(tenant, wanted)
    sql = (
        f"SELECT {COLUMNS} FROM console.live_stations WHERE {conditions([*where, *start.where(order)])}"
        f" ORDER BY {order.by(start.back)} LIMIT %(limit)s"
    )
    found = await database.all(Station, sql, {**params, **start.params, "limit": limit + 1})
    return paged(found, order, start, limit)


def _where(tenant: str, wanted: StationFilter) -> tuple[list[LiteralString], dict[str, Any]]:
    where: list[LiteralString] = ["tenant = %(tenant)s"]
    if wanted.show != "all":
        where.append(_SHOWN[wanted.show])
    if wanted.search:
        where.append("searched LIKE %(like)s")
    if wanted.protocol is not None:
        where.append("protocol = %(protocol)s")
    if wanted.vendor is not None:
        where.append("vendor = %(vendor)s")
    if wanted.location is not None:
        where.append("place = ''" if wanted.location == NOWHERE else "place = %(location)s")
    if wanted.firmware is not None:
        where.append("firmware = %(firmware)s")
    if wanted.registration is not None:
        where.append("registration = %(registration)s")
    if wanted.registration in ("pending", "rejected"):
        where.append("registration <> 'accepted'")
    like = f"%{literal(wanted.search)}%"
    return where, {**wanted.model_dump(), "tenant": tenant, "like": like, "suspect_days": SUSPECT_DAYS}


_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def literal(search: str) -> str:
    """A part of a LIKE pattern that stands for itself, in the small letters that `searched` has."""
    cleaned = storable(search).translate(_LOWER).replace("\\", "\\\\")
    return cleaned.replace("%", "\\%").replace("_", "\\_")


def storable(text: str) -> str:
    """Postgres takes no NUL in a text; where a station sent one it holds this in its place."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


class Choices(BaseModel):
    """What a list of stations can be filtered by."""

    vendors: list[str]
    firmwares: list[str]
    locations: list[str]


MOST_CHOICES = 300


def _distinct(column: LiteralString) -> LiteralString:
    """The column's values from its index, one probe for each, however many rows there are."""
    return f"""
      WITH RECURSIVE found AS (
        (SELECT {column} AS value FROM console.live_stations WHERE tenant = %(tenant)s AND {column} IS NOT NULL
         ORDER BY {column} LIMIT 1)
        UNION ALL
        SELECT (SELECT {column} FROM console.live_stations WHERE tenant = %(tenant)s AND {column} > found.value
                ORDER BY {column} LIMIT 1)
        FROM found WHERE found.value IS NOT NULL
      )
      SELECT coalesce(array_agg(value), '{{}}') FROM (
        SELECT value FROM found WHERE value <> '' LIMIT {MOST_CHOICES}) AS listed
    """


_CHOICES = f"""
    SELECT ({_distinct("vendor")}) AS vendors, ({_distinct("firmware")}) AS firmwares,
           ({_distinct("place")}) AS locations
"""


async def choices(database: Database, tenant: str) -> Choices:
    """The first vendors, firmwares and locations of the tenant's stations, by name."""
    found = await database.one(Choices, _CHOICES, {"tenant": tenant})
    assert found is not None, "a query of aggregates has one row"
    return found
