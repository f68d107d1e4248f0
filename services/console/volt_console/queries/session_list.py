"""Pages of visits, the latest opened first: searched and filtered."""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, LiteralString

from pydantic import AfterValidator, Field

from volt_console.queries.cursor import Page
from volt_console.queries.database import Database
from volt_console.queries.listing import EXPORTED_AT_ONCE, Order, Start, Wanted, conditions, counted, paged, whole
from volt_console.queries.sessions import COLUMNS, STATION, Session, State
from volt_console.queries.station_list import literal, storable

ANY_REASON = "any"
MOST_COUNTED = 10_000


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_aware), Field(description="A day or a time; without a zone it is UTC.")]


class SessionFilter(Wanted):
    """Which visits; every part that is given must hold."""

    search: str = Field(
        default="",
        max_length=100,
        description="Id of the visit (or its first eight letters or more), transaction id, token_ref, whole name of the"
        " location; or part of what a station is searched by: visits at the first fifty stations that match.",
    )
    state: State | None = None
    suspect: str | None = Field(
        default=None, pattern="^[a-z_]{1,60}$", description="A reason to look twice, or `any`.", examples=["concurrent"]
    )
    revised: bool | None = None
    opened_from: Moment | None = None
    opened_before: Moment | None = None
    station_uid: str | None = Field(default=None, max_length=64)
    location: Annotated[str | None, Field(max_length=200, description="The whole name.")] = None
    token_ref: str | None = Field(default=None, max_length=64)

    @property
    def narrows(self) -> bool:
        """Whether it leaves any visit out."""
        return self != SessionFilter()


LATEST = Order(
    {"opened_at": "timestamptz", "session_id": "text"},
    ("opened_at", "session_id"),
    tuple[datetime, str],
    descending=True,
)

_STATES: Mapping[State, LiteralString] = {
    "running": "state = 'running'",
    "ended": "state = 'ended'",
    "finalised": "state = 'finalised'",
}

_EQUAL: Mapping[str, LiteralString] = {
    "station_uid": "station_uid = %(station_uid)s",
    "location": "location = %(location)s",
    "token_ref": "token_ref = %(token_ref)s",
    "opened_from": "opened_at >= %(opened_from)s",
    "opened_before": "opened_at < %(opened_before)s",
}

_ID = re.compile("[0-9a-f-]{8,36}")

MOST_STATIONS = 50
MOST_TRANSACTIONS = 500
"""Stations of 2.x may count their transactions from 1: of such an id the latest ones are found."""


async def sessions(
    database: Database,
    tenant: str,
    wanted: SessionFilter | None = None,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Session]:
    """A page of visits.

    Raises:
        BadCursor: the cursor is none of this list.
    """
    wanted, start = wanted or SessionFilter(), Start.at(cursor, LATEST)
    where, params = _where(tenant, wanted)
    where += start.where(LATEST)
    order = f"ORDER BY {LATEST.by(start.back)}"
    if wanted.search:
        where = ["tenant = %(tenant)s", f"session_id = ANY(ARRAY({_searched(wanted.search, where, order)}))"]
    sql = (
        f"SELECT {COLUMNS} FROM (SELECT * FROM console.live_sessions WHERE {conditions(where)} {order} LIMIT %(limit)s)"
        f" AS visit {STATION} {order}"
    )
    found = await database.all(Session, sql, {**params, **start.params, "limit": limit + 1})
    return paged(found, LATEST, start, limit)


async def every_session(database: Database, tenant: str, wanted: SessionFilter) -> AsyncIterator[list[Session]]:
    """The whole list; the first part is read at once, so that what is wrong is known early."""

    async def more(cursor: str | None) -> Page[Session]:
        return await sessions(database, tenant, wanted, cursor=cursor, limit=EXPORTED_AT_ONCE)

    return whole(await more(None), more)


async def how_many(database: Database, tenant: str, wanted: SessionFilter) -> int:
    """How many visits there are, at most one more than `MOST_COUNTED`."""
    where, params = _where(tenant, wanted)
    if wanted.search:
        listed = _searched(wanted.search, where, f"ORDER BY {LATEST.by(False)}")
        params["limit"] = MOST_COUNTED + 1
        return await counted(database, f"SELECT FROM ({listed}) AS listed", params, MOST_COUNTED)
    return await counted(database, f"SELECT FROM console.live_sessions WHERE {conditions(where)}", params, MOST_COUNTED)


def _where(tenant: str, wanted: SessionFilter) -> tuple[list[LiteralString], dict[str, Any]]:
    given = wanted.model_dump()
    where: list[LiteralString] = ["tenant = %(tenant)s", "opened_at IS NOT NULL"]
    if wanted.state is not None:
        where.append(_STATES[wanted.state])
    if wanted.suspect is not None:
        where.append("reasons IS NOT NULL")
    if wanted.suspect not in (None, ANY_REASON):
        where.append("reasons @> ARRAY[%(suspect)s]")
    if wanted.revised is not None:
        where.append("revision > 0" if wanted.revised else "coalesce(revision, 0) = 0")
    where += [condition for name, condition in _EQUAL.items() if given[name] is not None]
    names = {
        "tenant": tenant,
        "whole": storable(wanted.search),
        "like": f"%{literal(wanted.search)}%",
        "prefix": f"{literal(wanted.search)}%",
        "stations": MOST_STATIONS,
        "transactions": MOST_TRANSACTIONS,
    }
    return where, given | names


def _searched(search: str, where: list[LiteralString], order: LiteralString) -> LiteralString:
    """The ids of one page of what was searched for: each way of finding it reads its own index, in the list's order."""
    ways: list[LiteralString] = [
        "token_ref = %(whole)s",
        "location = %(whole)s",
        """session_id = ANY(ARRAY(
             (SELECT session_id FROM console.session_transactions
              WHERE tenant = %(tenant)s AND transaction_uid = %(whole)s)
             UNION
             (SELECT session_id FROM console.session_transactions
              WHERE tenant = %(tenant)s AND protocol_id = %(whole)s
              ORDER BY started_at DESC LIMIT %(transactions)s)))""",
    ]
    if _ID.fullmatch(search):
        ways.append("session_id LIKE %(prefix)s")
    found = [_found([*where, way], order) for way in ways]
    found.append(f"""(
      SELECT session_id, opened_at
      FROM (SELECT station_uid AS uid FROM console.live_stations
            WHERE tenant = %(tenant)s AND searched LIKE %(like)s ORDER BY identity LIMIT %(stations)s) AS station
      CROSS JOIN LATERAL {_found([*where, "station_uid = uid"], order)} AS visit
    )""")
    return f"SELECT session_id FROM ({' UNION '.join(found)}) AS found {order} LIMIT %(limit)s"


def _found(where: list[LiteralString], order: LiteralString) -> LiteralString:
    return (
        f"(SELECT session_id, opened_at FROM console.live_sessions WHERE {conditions(where)} {order} LIMIT %(limit)s)"
    )
