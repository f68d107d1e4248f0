"""A station's records, the newest first, a page at a time, filtered by service, by action and by direction."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Literal, LiteralString

from pydantic import Field

from volt_console.queries.cursor import Page
from volt_console.queries.database import Database
from volt_console.queries.listing import EXPORTED_AT_ONCE, Order, Start, Wanted, conditions, paged, whole
from volt_console.queries.timeline import COLUMNS, RANK, Record

Lane = Literal["wire", "station", "visit"]


class RecordFilter(Wanted):
    """Which records; every part that is given must hold."""

    lane: Lane | None = Field(default=None, description="Frames and links, the station's facts, or its visits' events.")
    action: str | None = Field(default=None, max_length=100, examples=["MeterValues"], description="Of OCPP.")
    direction: Literal["in", "out"] | None = Field(default=None, description="`in`: the station called.")

    @property
    def narrows(self) -> bool:
        """Whether it leaves any record out."""
        return self != RecordFilter()


NEWEST = Order(
    {"recorded_at": "timestamptz", RANK: "integer", "log_offset": "bigint"},
    ("recorded_at", "rank", "offset"),
    tuple[datetime, int, int],
    descending=True,
)

_LANES: Mapping[Lane, LiteralString] = {
    "wire": "topic = 'gateway.frames'",
    "station": "topic IN ('station.events', 'network.station.events')",
    "visit": "topic = 'session.events'",
}


async def records(
    database: Database, tenant: str, uid: str, wanted: RecordFilter, *, cursor: str | None = None, limit: int = 100
) -> Page[Record]:
    """A page of a station's records.

    Raises:
        BadCursor: the cursor is none of this list.
    """
    start = Start.at(cursor, NEWEST)
    where, params = _where(tenant, uid, wanted)
    sql = (
        f"SELECT {COLUMNS} FROM console.station_timeline WHERE {conditions([*where, *start.where(NEWEST)])}"
        f" ORDER BY {NEWEST.by(start.back)} LIMIT %(limit)s"
    )
    found = await database.all(Record, sql, {**params, **start.params, "limit": limit + 1})
    return paged(found, NEWEST, start, limit)


async def every_record(database: Database, tenant: str, uid: str, wanted: RecordFilter) -> AsyncIterator[list[Record]]:
    """All of them; the first part is read at once, so that what is wrong is known early."""

    async def more(cursor: str | None) -> Page[Record]:
        return await records(database, tenant, uid, wanted, cursor=cursor, limit=EXPORTED_AT_ONCE)

    return whole(await more(None), more)


def _where(tenant: str, uid: str, wanted: RecordFilter) -> tuple[list[LiteralString], dict[str, Any]]:
    where: list[LiteralString] = ["tenant = %(tenant)s", "station_uid = %(uid)s"]
    if wanted.lane is not None:
        where.append(_LANES[wanted.lane])
    if wanted.action is not None:
        where.append("action = %(action)s")
    if wanted.direction is not None:
        where.append("direction = %(direction)s")
    return where, {"tenant": tenant, "uid": uid, "action": wanted.action, "direction": wanted.direction}
