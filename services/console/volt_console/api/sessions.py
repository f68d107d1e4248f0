"""`/api/v1/sessions`: visits, their timelines, and stopping one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from volt_console.access.admission import ToCommand, ToSee
from volt_console.api.answers import COMMAND, answer
from volt_console.api.asked import PROBLEMS, Cursor, IdempotencyKey, Limit, Name, fresh
from volt_console.asking import CommandResult
from volt_console.commands import StopBody, stop_session
from volt_console.console import Console
from volt_console.queries import sessions, timeline
from volt_console.queries.cursor import Page
from volt_console.queries.sessions import Session, State
from volt_console.queries.timeline import Record
from volt_console.views import LIVE_SESSIONS, STATION_TIMELINE
from volt_console.web.problems import unknown

StationUid = Annotated[str | None, Query(max_length=64, description="Only visits at this station.")]


def router() -> APIRouter:
    """The operations on visits."""
    routes = APIRouter(prefix="/sessions", tags=["sessions"], responses=PROBLEMS)
    current = [Depends(fresh(LIVE_SESSIONS))]

    @routes.get("", dependencies=current)
    async def list_sessions(
        console: ToSee,
        state: State | None = None,
        station_uid: StationUid = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[Session]:
        """The tenant's visits, the latest opened first."""
        return await sessions.sessions(
            console.database, console.tenant, state=state, station_uid=station_uid, cursor=cursor, limit=limit
        )

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
