"""`/api/v1/sessions`: visits, their timelines, and stopping one."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from volt_console.access.admission import ToCommand, ToSee
from volt_console.api.answers import COMMAND, answer
from volt_console.api.asked import (
    PROBLEMS,
    Asked,
    Counted,
    Cursor,
    IdempotencyKey,
    Limit,
    Name,
    counted,
    fresh,
)
from volt_console.api.sheet import CSV, Accept, Format, csv_wanted, fields, sheet
from volt_console.asking import CommandResult
from volt_console.commands import StopBody, stop_session
from volt_console.console import Console
from volt_console.queries import session_list, sessions, timeline
from volt_console.queries.cursor import Page
from volt_console.queries.session_list import SessionFilter
from volt_console.queries.sessions import Session
from volt_console.queries.timeline import Record
from volt_console.views import LIVE_SESSIONS, STATION_TIMELINE
from volt_console.web.problems import unknown


class SessionsAsked(SessionFilter, Asked):
    """A list of visits: which, from where on, as what."""

    format: Format | None = None

    @property
    def wanted(self) -> SessionFilter:
        """Which visits."""
        return SessionFilter.model_validate(self.model_dump(include=set(SessionFilter.model_fields)))


COLUMNS = fields(
    "session_id",
    "station_uid",
    "identity",
    "location",
    "evse",
    "connector",
    "state",
    "opened_at",
    "plugged_at",
    "authorized_at",
    "energy_started_at",
    "energy_ended_at",
    "transaction_ended_at",
    "unplugged_at",
    "ended_at",
    "energy_wh",
    "token_ref",
    "source",
    "verdict",
    "refused",
    "closed_by",
    "stop_reason",
    "suspect",
    "complete",
    "missing",
    "revision",
)


def router() -> APIRouter:
    """The operations on visits."""
    routes = APIRouter(prefix="/sessions", tags=["sessions"], responses=PROBLEMS)
    current = [Depends(fresh(LIVE_SESSIONS))]

    @routes.get("", dependencies=current, response_model=Page[Session], responses=CSV)
    async def list_sessions(console: ToSee, asked: Annotated[SessionsAsked, Query()], accept: Accept = "") -> Any:
        """The tenant's visits, the latest opened first. As CSV the whole list: `cursor` and `limit` do not count."""
        if csv_wanted(asked.format, accept):
            parts = await session_list.every_session(console.database, console.tenant, asked.wanted)
            return sheet("visits", COLUMNS, parts)
        return await session_list.sessions(
            console.database, console.tenant, asked.wanted, cursor=asked.cursor, limit=asked.limit
        )

    @routes.get("/count", dependencies=current)
    async def count_sessions(console: ToSee, wanted: Annotated[SessionFilter, Query()]) -> Counted:
        """How many visits there are; of very many only that there are more."""
        return counted(await session_list.how_many(console.database, console.tenant, wanted), session_list.MOST_COUNTED)

    @routes.get("/{session_id}", dependencies=current)
    async def get_session(console: ToSee, session_id: Name) -> Session:
        """One visit with its transactions."""
        return await known_session(console, session_id)

    @routes.get("/{session_id}/timeline", dependencies=[Depends(fresh(STATION_TIMELINE))])
    async def get_timeline(console: ToSee, session_id: Name, cursor: Cursor = None, limit: Limit = 200) -> Page[Record]:
        """Every record that the visit is made of and that led to it, in the order of the log."""
        visit = await known_session(console, session_id)
        return await timeline.of_session(console.database, console.tenant, visit, cursor, limit)

    @routes.post("/{session_id}/stop", **COMMAND)
    async def stop(
        console: ToCommand,
        session_id: Name,
        response: Response,
        body: StopBody | None = None,
        idempotency_key: IdempotencyKey = None,
    ) -> CommandResult:
        """Stop the visit's running transaction."""
        visit = await known_session(console, session_id)
        command = stop_session(body or StopBody(), console.actor, session_id)
        return answer(await console.send("session", visit.station_uid, command, idempotency_key), response)

    return routes


async def known_session(console: Console, session_id: str) -> Session:
    """The tenant's visit of this id. Raises a 404 problem."""
    found = await sessions.session(console.database, console.tenant, session_id)
    if found is None:
        raise unknown("session", session_id)
    return found
