"""`/api/v1/stations`: stations, and commands to them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from volt_console.access.admission import ToCommand, ToSee
from volt_console.api.answers import COMMAND, answer
from volt_console.api.asked import PROBLEMS, Cursor, IdempotencyKey, Limit, Name, fresh
from volt_console.asking import CommandResult
from volt_console.commands import (
    AvailabilityBody,
    GetVariablesBody,
    ResetBody,
    SetVariablesBody,
    StartBody,
    StationBody,
    TriggerBody,
    UnlockBody,
    start_session,
    station_command,
)
from volt_console.console import Console
from volt_console.queries import stations
from volt_console.queries.cursor import Page
from volt_console.queries.stations import Show, Station
from volt_console.views import LIVE_STATIONS
from volt_console.web.problems import unknown

Search = Annotated[str, Query(max_length=100, description="Part of the identity or vendor, or a whole uid.")]


def router() -> APIRouter:
    """The operations on stations."""
    routes = APIRouter(prefix="/stations", tags=["stations"], responses=PROBLEMS)
    add_queries(routes)
    add_commands(routes)
    return routes


def add_queries(routes: APIRouter) -> None:
    """What is known of stations."""
    current = [Depends(fresh(LIVE_STATIONS))]

    @routes.get("", dependencies=current)
    async def list_stations(
        console: ToSee, search: Search = "", show: Show = "all", cursor: Cursor = None, limit: Limit = 50
    ) -> Page[Station]:
        """The tenant's stations with their connectors, in order of their identities."""
        return await stations.stations(
            console.database, console.tenant, search=search, show=show, cursor=cursor, limit=limit
        )

    @routes.get("/{uid}", dependencies=current)
    async def get_station(console: ToSee, uid: Name) -> Station:
        """One station with its connectors."""
        return await known_station(console, uid)


def add_commands(routes: APIRouter) -> None:
    """What a station can be asked to do. Each answers 200 with the outcome, or 202 when there is none in time."""

    async def send(console: Console, uid: str, body: StationBody, key: str | None, response: Response) -> CommandResult:
        await known_station(console, uid)
        result = await console.send("station", uid, station_command(body, console.actor), key)
        return answer(result, response)

    @routes.post("/{uid}/reset", **COMMAND)
    async def reset(
        console: ToCommand, uid: Name, response: Response, body: ResetBody, idempotency_key: IdempotencyKey = None
    ) -> CommandResult:
        """Restart the station or one EVSE."""
        return await send(console, uid, body, idempotency_key, response)

    @routes.post("/{uid}/unlock", **COMMAND)
    async def unlock(
        console: ToCommand, uid: Name, response: Response, body: UnlockBody, idempotency_key: IdempotencyKey = None
    ) -> CommandResult:
        """Release the plug of a connector."""
        return await send(console, uid, body, idempotency_key, response)

    @routes.post("/{uid}/availability", **COMMAND)
    async def availability(
        console: ToCommand,
        uid: Name,
        response: Response,
        body: AvailabilityBody,
        idempotency_key: IdempotencyKey = None,
    ) -> CommandResult:
        """Take the station, an EVSE or a connector in or out of service."""
        return await send(console, uid, body, idempotency_key, response)

    @routes.post("/{uid}/trigger", **COMMAND)
    async def trigger(
        console: ToCommand, uid: Name, response: Response, body: TriggerBody, idempotency_key: IdempotencyKey = None
    ) -> CommandResult:
        """Ask the station for a message."""
        return await send(console, uid, body, idempotency_key, response)

    @routes.post("/{uid}/variables/get", **COMMAND)
    async def get_variables(
        console: ToCommand,
        uid: Name,
        response: Response,
        body: GetVariablesBody,
        idempotency_key: IdempotencyKey = None,
    ) -> CommandResult:
        """Read variables, or configuration keys of 1.6."""
        return await send(console, uid, body, idempotency_key, response)

    @routes.post("/{uid}/variables/set", **COMMAND)
    async def set_variables(
        console: ToCommand,
        uid: Name,
        response: Response,
        body: SetVariablesBody,
        idempotency_key: IdempotencyKey = None,
    ) -> CommandResult:
        """Write variables, or configuration keys of 1.6."""
        return await send(console, uid, body, idempotency_key, response)

    @routes.post("/{uid}/start", **COMMAND)
    async def start(
        console: ToCommand, uid: Name, response: Response, body: StartBody, idempotency_key: IdempotencyKey = None
    ) -> CommandResult:
        """Start charging remotely for a token."""
        await known_station(console, uid)
        secret = console.settings.token_secret.get_secret_value()
        command = start_session(body, console.actor, console.tenant, secret)
        return answer(await console.send("session", uid, command, idempotency_key), response)


async def known_station(console: Console, uid: str) -> Station:
    """The tenant's station of this uid. Raises a 404 problem."""
    found = await stations.station(console.database, console.tenant, uid)
    if found is None:
        raise unknown("station", uid)
    return found
