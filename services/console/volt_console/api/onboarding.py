"""`/api/v1/onboarding`: stations that do not get in, why, and letting them in."""

from asyncio import to_thread
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from volt_console.access.admission import ToOnboard, ToSee, ToSet
from volt_console.api.answers import COMMAND as OUTCOME
from volt_console.api.answers import answer
from volt_console.api.asked import PROBLEMS, Asked, IdempotencyKey, fresh, problems
from volt_console.api.sheet import CSV, Accept, Format, csv_wanted, fields, sheet
from volt_console.asking import CommandResult
from volt_console.commands import Body, said_by
from volt_console.console import Console
from volt_console.onboarding import LetIn, PasswordBody, PolicyBody, accept, configure, key_for, register
from volt_console.queries.cursor import Page
from volt_console.queries.onboarding import Newcomer, every_newcomer, newcomer, newcomers
from volt_console.reasons import Reason, Step
from volt_console.views import LIVE_STATIONS, REFUSED_STATIONS
from volt_console.web.problems import Problem, away, unknown
from volt_contracts.ids import derive, station_uid
from volt_contracts.network import TenantSettings

Identity = Annotated[str, Path(min_length=1, max_length=48, pattern=r"^[!#-.0-;=@-\[\]-~]+$")]
"""As stations may call themselves in their path."""

COMMAND = {**problems(409), **OUTCOME["responses"]}
COLUMNS = fields(
    "identity",
    "reason",
    "title",
    "what_happened",
    "what_to_do",
    "count",
    "first_at",
    "last_at",
    "got_in_at",
    "next_step",
    "station_uid",
    "online",
    "registered",
    "registration",
    "security_profile",
    "detail",
    "path",
    "remote_address",
)


class NewcomersAsked(Asked):
    """A list of stations that do not get in: for which reason, from where on, as what."""

    reason: Reason | None = None
    format: Format | None = None


def router() -> APIRouter:
    """The operations on stations that do not get in."""
    routes = APIRouter(prefix="/onboarding", tags=["onboarding"], responses=PROBLEMS)

    current = [Depends(fresh(REFUSED_STATIONS, LIVE_STATIONS))]

    @routes.get("", dependencies=current, response_model=Page[Newcomer], responses=CSV)
    async def list_newcomers(console: ToSee, asked: Annotated[NewcomersAsked, Query()], accept: Accept = "") -> Any:
        """Stations that do not get in, and why. As CSV the whole list: `cursor` and `limit` do not count."""
        chosen: dict[str, Any] = {"strays": console.strays, "reason": asked.reason}
        if csv_wanted(asked.format, accept):
            return sheet("onboarding", COLUMNS, await every_newcomer(console.database, console.tenant, **chosen))
        return await newcomers(console.database, console.tenant, **chosen, cursor=asked.cursor, limit=asked.limit)

    @routes.post("/{identity}/adopt", responses=COMMAND)
    async def adopt(
        console: ToOnboard,
        identity: Identity,
        response: Response,
        body: PasswordBody | None = None,
        idempotency_key: IdempotencyKey = None,
    ) -> LetIn:
        """Register a station that was refused as unknown; the answer holds the password that was made for it."""
        asked = body or PasswordBody()
        return answer(await let_in(console, "adopt", identity, asked, idempotency_key), response)

    @routes.post("/{identity}/password", responses=COMMAND)
    async def set_password(
        console: ToOnboard,
        identity: Identity,
        response: Response,
        body: PasswordBody | None = None,
        idempotency_key: IdempotencyKey = None,
    ) -> LetIn:
        """Give a registered station whose password was wrong or missing another one."""
        asked = body or PasswordBody()
        return answer(await let_in(console, "password", identity, asked, idempotency_key), response)

    @routes.post("/{identity}/accept", responses=COMMAND)
    async def accept_station(
        console: ToOnboard,
        identity: Identity,
        response: Response,
        body: Body | None = None,
        idempotency_key: IdempotencyKey = None,
    ) -> LetIn:
        """Accept a station that is connected but waits, or was rejected."""
        return answer(await let_in(console, "accept", identity, body or Body(), idempotency_key), response)

    @routes.post("/policy", responses=COMMAND)
    async def set_policy(
        console: ToSet, response: Response, body: PolicyBody, idempotency_key: IdempotencyKey = None
    ) -> CommandResult:
        """Say what is done with stations that nobody registered: adopt, pending or refuse."""
        return answer(await another_policy(console, body, idempotency_key), response)

    return routes


async def let_in(console: Console, step: Step, identity: str, body: Body, idempotency_key: str | None = None) -> LetIn:
    """Take the one step that lets a station in, and answer with the outcome.

    Raises:
        Problem: the station does not wait for this step, or the tenant's settings are not known yet.
    """
    uid = station_uid(console.tenant, identity)
    found = await _waiting(console, uid, identity, step, idempotency_key)
    if step == "accept":
        result = await console.send("station", uid, accept(console.actor, body), idempotency_key)
        return LetIn(**result.model_dump(), identity=identity)
    if found is None:
        raise unknown("newcomer", identity)
    settings = _settings(console)
    key = await to_thread(
        key_for,
        console.settings.token_secret.get_secret_value(),
        console.tenant,
        identity,
        body.password if isinstance(body, PasswordBody) else None,
        idempotency_key,
        needed=step == "password" or settings.security_profile in (1, 2),
    )
    command = register(console.actor, found, settings, key, body)
    result = await console.send("network.station", uid, command, idempotency_key)
    shown = key.shown if result.outcome in ("accepted", None) else None
    return LetIn(**result.model_dump(), identity=identity, password=shown)


async def another_policy(console: Console, body: PolicyBody, idempotency_key: str | None = None) -> CommandResult:
    """Ask for another policy of the tenant. Raises Problem while its settings are not known."""
    said = said_by(console.actor, body)
    first = await console.repeated("network.tenant", console.tenant, idempotency_key, said)
    if first is not None:
        return first
    command = configure(console.actor, _settings(console), body)
    return await console.send("network.tenant", console.tenant, command, idempotency_key, said)


async def _waiting(
    console: Console, uid: str, identity: str, step: Step, idempotency_key: str | None
) -> Newcomer | None:
    """The listed station. Only a request that is repeated may come when it no longer waits."""
    found = await newcomer(console.database, console.tenant, uid, step)
    if idempotency_key is not None and console.commander.was_sent(
        console.tenant, derive(console.tenant, idempotency_key)
    ):
        return found
    if found is None:
        raise unknown("newcomer", identity)
    if found.next_step != step:
        detail = f"`{identity}` is registered already, has got in, or is not registered yet: it does not wait for this."
        raise Problem(409, "not-waiting", "Does not wait for this", detail)
    return found


def _settings(console: Console) -> TenantSettings:
    settings = console.policy()
    if settings is None:
        raise away("policy", "The tenant's settings are not known yet.")
    return settings
