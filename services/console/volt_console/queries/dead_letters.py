"""Keys that stand still after a failure, the latest first."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from volt_console.queries.cursor import Page, after, time_key
from volt_console.queries.database import Database

Standing = Literal["parked", "catching_up", "released"]


class ParkedKey(BaseModel):
    """A key of a decider that failed on a message. `entity` is a station, token, location, … as the lane says."""

    id: str
    lane: str
    entity: str
    name: str | None
    """The station's identity, where the key is that of a known station."""
    state: Standing
    parked_at: datetime
    summary: str
    """The last line of the error."""
    error: str
    message_type: str
    cause: str
    """Id of the record that could not be decided on."""
    released_by: str | None
    released_at: datetime | None
    caught_up_at: datetime | None


_SELECT = """
    SELECT lane || '/' || entity AS id, lane, entity, identity AS name, parked_at, error, message_type, cause,
           reverse(split_part(reverse(rtrim(error, E'\\n')), E'\\n', 1)) AS summary,
           CASE WHEN released_offset > parked_offset THEN released_by END AS released_by,
           CASE WHEN released_offset > parked_offset THEN released_at END AS released_at,
           CASE WHEN caught_up_offset > parked_offset THEN caught_up_at END AS caught_up_at,
           CASE WHEN coalesce(caught_up_offset, -1) > parked_offset THEN 'released'
                WHEN coalesce(released_offset, -1) > parked_offset THEN 'catching_up' ELSE 'parked' END AS state
    FROM console.parked_keys AS parked
    LEFT JOIN console.live_stations AS station ON station.tenant = parked.tenant AND station.station_uid = entity
    WHERE parked.tenant = %(tenant)s AND parked_offset IS NOT NULL
"""

_PAGE = f"""
    SELECT * FROM ({_SELECT}) AS entry
    WHERE (%(state)s::text IS NULL OR state = %(state)s)
      AND (%(at)s::timestamptz IS NULL OR (parked_at, id) < (%(at)s, %(id)s))
    ORDER BY parked_at DESC, id DESC LIMIT %(limit)s
"""

_ONE = _SELECT + " AND lane = %(lane)s AND entity = %(entity)s"


async def parked_keys(
    database: Database, tenant: str, *, state: Standing | None = None, cursor: str | None = None, limit: int = 50
) -> Page[ParkedKey]:
    """A page of keys that were parked, the latest first. Raises BadCursor."""
    at, last = time_key(cursor) if cursor else (None, None)
    wanted = {"tenant": tenant, "state": state, "at": at, "id": last, "limit": limit + 1}
    found = await database.all(ParkedKey, _PAGE, wanted)
    more, found = len(found) > limit, found[:limit]
    return Page(items=found, next=after(found[-1].parked_at, found[-1].id) if more else None)


async def parked_key(database: Database, tenant: str, lane: str, entity: str) -> ParkedKey | None:
    """One of them."""
    return await database.one(ParkedKey, _ONE, {"tenant": tenant, "lane": lane, "entity": entity})
