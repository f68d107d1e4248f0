"""Stations that do not get in: refused at the door, or connected but not accepted; the latest first."""

from collections.abc import AsyncIterator
from datetime import datetime

from pydantic import BaseModel, computed_field

from volt_console.queries.cursor import Page, after, time_key
from volt_console.queries.database import Database
from volt_console.queries.listing import EXPORTED_AT_ONCE, whole
from volt_console.reasons import STEPS, WORDS, Reason, Step
from volt_contracts.gateway import Registration


class Newcomer(BaseModel):
    """A station and one reason why it does not get in. `count` is how often it was refused in the last 30 days."""

    id: str
    identity: str
    station_uid: str | None
    """None where its path names no tenant, and nobody could say whose it is."""
    reason: Reason
    detail: str | None
    """What the station itself was told."""
    path: str | None
    remote_address: str | None
    count: int | None
    first_at: datetime
    last_at: datetime
    got_in_at: datetime | None
    """When it got in after that, if it did."""
    online: bool
    registered: bool
    security_profile: int | None
    registration: Registration | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def title(self) -> str:
        """The reason in a few words."""
        return WORDS[self.reason].title

    @computed_field  # type: ignore[prop-decorator]
    @property
    def what_happened(self) -> str:
        """In plain words."""
        return WORDS[self.reason].happened

    @computed_field  # type: ignore[prop-decorator]
    @property
    def what_to_do(self) -> str:
        """In plain words."""
        if self.reason == "unknown_station" and self.registered:
            return "Nothing here: it is registered by now. If it has a password, the charger must send it."
        return WORDS[self.reason].to_do

    @computed_field  # type: ignore[prop-decorator]
    @property
    def next_step(self) -> Step | None:
        """What this console can do about it, if anything."""
        step = STEPS.get(self.reason)
        if self.got_in_at is not None or self.station_uid is None:
            return None
        if step == "accept":
            return step
        return step if self.registered == (step == "password") else None


# Whether a station is accepted is what its twin says, else the network: as the gateway reads it.
# A refusal that was held back may be recorded a minute later than it was, when the station has already got in: whoever
# came in after the first refusal and is still there counts as in. A day's row has the latest words of that day.
_ENTRIES = """
    WITH refused AS (
      SELECT station_uid || '/' || reason AS id, (array_agg(aimed_uid ORDER BY day DESC))[1] AS uid,
             (array_agg(identity ORDER BY day DESC))[1] AS identity, reason,
             (array_agg(sentence ORDER BY day DESC))[1] AS detail, (array_agg(path ORDER BY day DESC))[1] AS path,
             (array_agg(remote_address ORDER BY day DESC))[1] AS remote_address,
             (array_agg(aimed_tenant ORDER BY day DESC))[1] = %(tenant)s AS ours,
             sum(count)::bigint AS count, min(first_at) AS first_at, max(last_at) AS last_at
      FROM console.refused_stations
      WHERE tenant = %(tenant)s OR (tenant = '-' AND (aimed_tenant = %(tenant)s
        OR (%(strays)s AND (aimed_tenant IS NULL OR reason = 'unknown_tenant'))))
      GROUP BY tenant, station_uid, reason
    ), waiting AS (
      SELECT twin.station_uid || '/' || state AS id, twin.station_uid AS uid, twin.identity, state AS reason,
             NULL::text AS detail, NULL::text AS path, remote_address, true AS ours, NULL::bigint AS count,
             coalesce(booted_at, up_at) AS first_at, coalesce(booted_at, up_at) AS last_at
      FROM console.live_stations AS twin
      LEFT JOIN console.registered_stations AS row USING (tenant, station_uid)
      CROSS JOIN LATERAL (SELECT coalesce(twin.registration, row.registration) AS state) AS stands
      WHERE tenant = %(tenant)s AND state IN ('pending', 'rejected') AND coalesce(booted_at, up_at) IS NOT NULL
    ), newcomer AS (SELECT * FROM refused UNION ALL SELECT * FROM waiting)
    SELECT newcomer.id, newcomer.identity, CASE WHEN ours THEN uid END AS station_uid, reason, detail, path,
           newcomer.remote_address, count, first_at, last_at,
           CASE WHEN count IS NOT NULL AND ours
                 AND (opened_at > last_at OR (coalesce(online, false) AND opened_at > first_at))
                THEN opened_at END AS got_in_at,
           coalesce(ours AND online, false) AS online, known.identity IS NOT NULL AND ours IS TRUE AS registered,
           known.security_profile, known.registration
    FROM newcomer
    LEFT JOIN console.let_in_stations AS opened ON opened.tenant = %(tenant)s AND opened.station_uid = uid
    LEFT JOIN console.registered_stations AS known ON known.tenant = %(tenant)s AND known.station_uid = uid
    LEFT JOIN console.live_stations AS station ON station.tenant = %(tenant)s AND station.station_uid = uid
"""

_PAGE = f"""
    SELECT * FROM ({_ENTRIES}) AS entry
    WHERE (%(reason)s::text IS NULL OR reason = %(reason)s)
      AND (%(at)s::timestamptz IS NULL OR (last_at, id) < (%(at)s, %(id)s))
    ORDER BY last_at DESC, id DESC
    LIMIT %(limit)s
"""

_OF = f"""
    SELECT * FROM ({_ENTRIES}) AS entry WHERE station_uid = %(uid)s AND reason = ANY(%(reasons)s)
    ORDER BY got_in_at IS NULL DESC, last_at DESC LIMIT 1
"""


async def newcomers(
    database: Database,
    tenant: str,
    *,
    strays: bool,
    reason: Reason | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Newcomer]:
    """A page of what did not get in, the latest first; `strays` adds those that named no tenant there is.

    Raises:
        BadCursor: the cursor is none.
    """
    at, last = time_key(cursor) if cursor else (None, None)
    wanted = {"tenant": tenant, "strays": strays, "reason": reason, "at": at, "id": last, "limit": limit + 1}
    found = await database.all(Newcomer, _PAGE, wanted)
    more, found = len(found) > limit, found[:limit]
    return Page(items=found, next=after(found[-1].last_at, found[-1].id) if more else None)


async def every_newcomer(
    database: Database, tenant: str, *, strays: bool, reason: Reason | None = None
) -> AsyncIterator[list[Newcomer]]:
    """The whole list; the first part is read at once, so that what is wrong is known early."""

    async def more(cursor: str | None) -> Page[Newcomer]:
        return await newcomers(database, tenant, strays=strays, reason=reason, cursor=cursor, limit=EXPORTED_AT_ONCE)

    return whole(await more(None), more)


async def newcomer(database: Database, tenant: str, uid: str, step: Step) -> Newcomer | None:
    """The tenant's station that waits for this step, if there is one."""
    reasons = [reason for reason, needed in STEPS.items() if needed == step]
    wanted = {"tenant": tenant, "strays": False, "uid": uid, "reasons": reasons}
    return await database.one(Newcomer, _OF, wanted)
