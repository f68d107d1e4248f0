"""`/api/v1/stations`: stations, and commands to them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from volt_console.access.admission import ToCommand, ToSee
from volt_console.api.answers import COMMAND, answer
from volt_console.api.asked import PROBLEMS, Asked, Counted, IdempotencyKey, Name, counted, fresh
from volt_console.api.sheet import CSV, Accept, Format, csv_wanted, fields, sheet
from volt_console.asking import CommandResult
from volt_console.commands import (
    AdoptBody,
    AvailabilityBody,
    GetVariablesBody,
    ResetBody,
    SetVariablesBody,
    StartBody,
    StationBody,
    TriggerBody,
    UnlockBody,
    adopt_transaction,
    start_session,
    station_command,
)
from volt_console.console import Console
from volt_console.queries import record_list, station_list, stations
from volt_console.queries.cursor import Page
from volt_console.queries.record_list import RecordFilter
from volt_console.queries.station_list import Choices, Sort, StationFilter
from volt_console.queries.stations import Station
from volt_console.queries.timeline import Record
from volt_console.queries.twin import Twin, twin
from volt_console.views import LIVE_STATIONS, STATION_TIMELINE
from volt_console.web.problems import unknown


class StationsAsked(StationFilter, Asked):
    """A list of stations: which, in what order, from where on, as what."""

    sort: Sort = "identity"
    format: Format | None = None

    @property
    def wanted(self) -> StationFilter:
        """Which stations."""
        return StationFilter.model_validate(self.model_dump(include=set(StationFilter.model_fields)))


class RecordsAsked(RecordFilter, Asked):
    """A station's records: which, from where on, as what."""

    format: Format | None = None

    @property
    def wanted(self) -> RecordFilter:
        """Which records."""
        return RecordFilter.model_validate(self.model_dump(include=set(RecordFilter.model_fields)))


RECORD_COLUMNS = fields(
    "recorded_at",
    "at",
    "topic",
    "partition",
    "offset",
    "type",
    "action",
    "direction",
    "summary",
    "event_id",
    "causation_id",
    "command_id",
    "trace_id",
    "session_id",
    "transaction_uid",
)

COLUMNS = fields(
    "station_uid",
    "identity",
    "online",
    "since",
    "lost_cause",
    "location",
    "moved_to",
    "vendor",
    "model",
    "serial",
    "meter_serial",
    "firmware",
    "protocol",
    "security_profile",
    "registration",
    "adopted",
    "remote_address",
    "gateway_id",
    "booted_at",
    "boot_reason",
    "suspect",
    "suspect_at",
)


def router() -> APIRouter:
    """The operations on stations."""
    routes = APIRouter(prefix="/stations", tags=["stations"], responses=PROBLEMS)
    add_queries(routes)
    add_commands(routes)
    return routes


def add_queries(routes: APIRouter) -> None:
    """What is known of stations."""
    current = [Depends(fresh(LIVE_STATIONS))]

    @routes.get("", dependencies=current, response_model=Page[Station], responses=CSV)
    async def list_stations(console: ToSee, asked: Annotated[StationsAsked, Query()], accept: Accept = "") -> Any:
        """The tenant's stations with their connectors. As CSV the whole list: `cursor` and `limit` do not count."""
        if csv_wanted(asked.format, accept):
            parts = await station_list.every_station(console.database, console.tenant, asked.wanted, asked.sort)
            return sheet("stations", COLUMNS, parts)
        return await station_list.stations(
            console.database, console.tenant, asked.wanted, sort=asked.sort, cursor=asked.cursor, limit=asked.limit
        )

    @routes.get("/count", dependencies=current)
    async def count_stations(console: ToSee, wanted: Annotated[StationFilter, Query()]) -> Counted:
        """How many stations there are; of very many only that there are more."""
        return counted(await station_list.how_many(console.database, console.tenant, wanted), station_list.MOST_COUNTED)

    @routes.get("/choices", dependencies=current)
    async def station_choices(console: ToSee) -> Choices:
        """The vendors, firmwares and locations that stations can be filtered by; of very many the first ones."""
        return await station_list.choices(console.database, console.tenant)

    @routes.get("/{uid}", dependencies=current)
    async def get_station(console: ToSee, uid: Name) -> Station:
        """One station with its connectors."""
        return await known_station(console, uid)

    @routes.get("/{uid}/twin", dependencies=current)
    async def get_twin(console: ToSee, uid: Name) -> Twin:
        """A station's latest links, the variables that it told, and when it was refused."""
        await known_station(console, uid)
        return await twin(console.database, console.tenant, uid)

    @routes.get(
        "/{uid}/timeline",
        dependencies=[Depends(fresh(STATION_TIMELINE))],
        response_model=Page[Record],
        responses=CSV,
    )
    async def get_timeline(
        console: ToSee, uid: Name, asked: Annotated[RecordsAsked, Query()], accept: Accept = ""
    ) -> Any:
        """A station's records, the newest first. As CSV all of them: `cursor` and `limit` do not count."""
        await known_station(console, uid)
        if csv_wanted(asked.format, accept):
            parts = await record_list.every_record(console.database, console.tenant, uid, asked.wanted)
            return sheet("records", RECORD_COLUMNS, parts)
        return await record_list.records(
            console.database, console.tenant, uid, asked.wanted, cursor=asked.cursor, limit=asked.limit
        )


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

    @routes.post("/{uid}/adopt", **COMMAND)
    async def adopt(
        console: ToCommand, uid: Name, response: Response, body: AdoptBody, idempotency_key: IdempotencyKey = None
    ) -> CommandResult:
        """Put a running transaction on record that a former system began. Nothing goes to the station."""
        await known_station(console, uid)
        secret = console.settings.token_secret.get_secret_value()
        command = adopt_transaction(body, console.actor, console.tenant, secret)
        return answer(await console.send("station", uid, command, idempotency_key), response)


async def known_station(console: Console, uid: str) -> Station:
    """The tenant's station of this uid. Raises a 404 problem."""
    found = await stations.station(console.database, console.tenant, uid)
    if found is None:
        raise unknown("station", uid)
    return found
