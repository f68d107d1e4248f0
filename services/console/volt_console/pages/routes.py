"""The pages' addresses: what is shown, what is followed live, what the buttons ask for."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from volt_console.access.admission import ToCommand, ToSee, require
from volt_console.api.asked import Cursor, Name
from volt_console.api.sessions import SessionsAsked, known_session
from volt_console.api.stations import RecordsAsked, StationsAsked, known_station
from volt_console.asking import CommandResult
from volt_console.commands import STATION_BODIES, StopBody, start_session, station_command, stop_session
from volt_console.live.stream import Live
from volt_console.pages import forms, raw
from volt_console.pages.account import add_account
from volt_console.pages.accounts import add_accounts
from volt_console.pages.audit import add_audit
from volt_console.pages.dead_letters import add_dead_letters
from volt_console.pages.html import render
from volt_console.pages.imports import add_imports
from volt_console.pages.keys import add_keys
from volt_console.pages.onboarding import add_onboarding
from volt_console.pages.overview import Overview
from volt_console.pages.records import records_page
from volt_console.pages.session import SessionScreen
from volt_console.pages.sessions import visits_page
from volt_console.pages.station import StationScreen
from volt_console.pages.station_list import StationList
from volt_console.pages.token import add_token
from volt_console.pages.tokens import add_tokens
from volt_console.queries import timeline
from volt_console.web.problems import unknown
from volt_contracts.topics import GATEWAY_FRAMES
from volt_eventlog.message import Position


def router() -> APIRouter:
    """Every page."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    add_overview(routes)
    add_stations(routes)
    add_station(routes)
    add_sessions(routes)
    add_onboarding(routes)
    add_dead_letters(routes)
    add_tokens(routes)
    add_token(routes)
    add_accounts(routes)
    add_account(routes)
    add_imports(routes)
    add_record(routes)
    add_keys(routes)
    add_audit(routes)
    return routes


def add_overview(routes: APIRouter) -> None:
    """`/`, and its stream."""

    @routes.get("/")
    async def overview(console: ToSee) -> str:
        return render("overview.html", **await Overview(console).values())

    @routes.get("/live/overview")
    async def follow_overview(console: ToSee) -> Response:
        return Live(Overview(console), console)


def add_stations(routes: APIRouter) -> None:
    """The list of stations, and its stream."""

    @routes.get("/stations")
    async def stations(console: ToSee, asked: Annotated[StationsAsked, Query()]) -> str:
        return render("stations.html", **await StationList(console, asked).values())

    @routes.get("/live/stations")
    async def follow_stations(console: ToSee, asked: Annotated[StationsAsked, Query()]) -> Response:
        return Live(StationList(console, asked), console)


def add_station(routes: APIRouter) -> None:
    """A station's page, its stream and its buttons."""

    @routes.get("/stations/{uid}")
    async def station(console: ToSee, uid: Name) -> str:
        values = await StationScreen(console, uid).values()
        if values is None:
            raise unknown("station", uid)
        return render("station.html", **values)

    @routes.get("/stations/{uid}/records")
    async def records(console: ToSee, uid: Name, asked: Annotated[RecordsAsked, Query()]) -> str:
        return await records_page(console, await known_station(console, uid), asked)

    @routes.get("/live/stations/{uid}")
    async def follow_station(console: ToSee, uid: Name) -> Response:
        await known_station(console, uid)
        return Live(StationScreen(console, uid), console)

    @routes.post("/stations/{uid}/commands/{name:path}")
    async def ask_station(console: ToCommand, uid: Name, name: str, request: Request) -> Response:
        await known_station(console, uid)
        filled = await forms.fields(request)
        if name == "start":
            secret = console.settings.token_secret.get_secret_value()
            start = start_session(forms.start_body(filled), console.actor, console.tenant, secret)
            result = await console.send("session", uid, start)
        elif name in STATION_BODIES:
            wish = station_command(forms.station_body(name, filled), console.actor)
            result = await console.send("station", uid, wish)
        else:
            raise unknown("command", name)
        return _answered(request, name, result, f"/stations/{uid}")


def add_sessions(routes: APIRouter) -> None:
    """The list of visits; a visit's page, its stream and its button."""

    @routes.get("/sessions")
    async def sessions(console: ToSee, asked: Annotated[SessionsAsked, Query()]) -> str:
        return await visits_page(console, asked)

    @routes.get("/sessions/{session_id}")
    async def session(console: ToSee, session_id: Name, cursor: Cursor = None) -> str:
        values = await SessionScreen(console, session_id, cursor=cursor).values()
        if values is None:
            raise unknown("session", session_id)
        return render("session.html", **values)

    @routes.get("/live/sessions/{session_id}")
    async def follow_session(console: ToSee, session_id: Name, cursor: Cursor = None) -> Response:
        visit = await known_session(console, session_id)
        return Live(SessionScreen(console, session_id, visit.station_uid, cursor), console)

    @routes.post("/sessions/{session_id}/commands/stop")
    async def stop(console: ToCommand, session_id: Name, request: Request) -> Response:
        visit = await known_session(console, session_id)
        command = stop_session(StopBody(), console.actor, session_id)
        result = await console.send("session", visit.station_uid, command)
        return _answered(request, "stop", result, f"/sessions/{session_id}")


def add_record(routes: APIRouter) -> None:
    """A record of the log, fetched when somebody opens it."""

    @routes.get("/records/{topic}/{partition}/{offset}")
    async def record(console: ToSee, topic: Name, partition: int, offset: int) -> str:
        if topic == GATEWAY_FRAMES.name:
            require(console.principal, "raw_frames")
        place = Position(topic, partition, offset)
        entry = await timeline.record_at(console.database, console.tenant, topic, partition, offset)
        if entry is None:
            raise unknown("record", f"{topic}:{partition}:{offset}")
        found = (await console.fetch([place])).get(place)
        return render("record.html", record=entry, lines=raw.lines(topic, found) if found is not None else [])


def _answered(request: Request, name: str, result: CommandResult, back: str) -> Response:
    """The line with the outcome, or without htmx the page that shows it among its commands."""
    if request.headers.get("hx-request") is None:
        return RedirectResponse(back, 303)
    return HTMLResponse(render("answer.html", name=forms.NAMES[name], result=result, password=None))
