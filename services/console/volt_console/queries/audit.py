"""The audit trail: by actor, entity and time, the latest first."""

from collections.abc import AsyncIterator
from datetime import datetime

from pydantic import BaseModel, Field, computed_field

from volt_console.queries.cursor import Page, after, time_key
from volt_console.queries.database import Database


class Search(BaseModel):
    """What is looked for; an empty text is anything."""

    actor: str = Field(default="", max_length=300, description="Part of `kind:id`.")
    entity: str = Field(default="", max_length=100, description="A uid, or part of a station's identity.")
    since: datetime | None = None
    until: datetime | None = None


class AuditLine(BaseModel):
    """A command and its outcome."""

    id: str
    at: datetime
    actor: str | None
    """`kind:id`; null in outcomes from before this was told."""
    command: str | None
    command_id: str
    entity_kind: str
    entity: str
    entity_name: str | None
    """The identity, where the entity is a station that is known here."""
    outcome: str
    sentence: str | None
    correlation_id: str | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def actor_kind(self) -> str | None:
        """operator, api_key, driver, partner, rule or system."""
        return None if self.actor is None else self.actor.partition(":")[0]


_PAGE = """
    SELECT * FROM (
      SELECT trail.id, trail.at, trail.actor, trail.command, trail.command_id, trail.entity_kind, trail.entity,
             coalesce(known.identity, twin.identity) AS entity_name, trail.outcome, trail.sentence,
             trail.correlation_id
      FROM console.audit_trail AS trail
      LEFT JOIN console.registered_stations AS known
        ON known.tenant = trail.tenant AND known.station_uid = trail.entity
      LEFT JOIN console.live_stations AS twin ON twin.tenant = trail.tenant AND twin.station_uid = trail.entity
      WHERE trail.tenant = %(tenant)s AND trail.outcome IS NOT NULL
        AND (%(since)s::timestamptz IS NULL OR trail.at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR trail.at < %(until)s)
        AND (%(at)s::timestamptz IS NULL OR (trail.at, trail.id) < (%(at)s, %(id)s))
        AND (%(actor)s = '' OR strpos(lower(trail.actor), lower(%(actor)s)) > 0)
    ) AS line
    WHERE %(entity)s = '' OR entity = %(entity)s OR strpos(lower(entity_name), lower(%(entity)s)) > 0
    ORDER BY at DESC, id DESC LIMIT %(limit)s
"""

CHUNK = 1000


async def audit_trail(
    database: Database, tenant: str, search: Search, cursor: str | None = None, limit: int = 50
) -> Page[AuditLine]:
    """A page of the trail. Raises BadCursor."""
    at, last = time_key(cursor) if cursor else (None, None)
    wanted = {"tenant": tenant, "at": at, "id": last, "limit": limit + 1, **search.model_dump()}
    found = await database.all(AuditLine, _PAGE, wanted)
    more, found = len(found) > limit, found[:limit]
    return Page(items=found, next=after(found[-1].at, found[-1].id) if more else None)


async def whole_trail(database: Database, tenant: str, search: Search) -> AsyncIterator[list[AuditLine]]:
    """All of it, a chunk at a time."""
    page = await audit_trail(database, tenant, search, None, CHUNK)
    yield page.items
    while page.next is not None:
        page = await audit_trail(database, tenant, search, page.next, CHUNK)
        yield page.items
