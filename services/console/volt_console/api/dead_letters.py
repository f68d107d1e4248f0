"""`/api/v1/dead-letters`: keys that stand still after a failure, records that nobody could read, and releasing keys."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from volt_console.access.admission import ToMend
from volt_console.api.answers import COMMAND, answer
from volt_console.api.asked import PROBLEMS, Cursor, IdempotencyKey, Limit, fresh
from volt_console.asking import CommandResult
from volt_console.commands import Body
from volt_console.console import Console
from volt_console.dead_records import DeadRecord
from volt_console.queries.cursor import Page
from volt_console.queries.dead_letters import ParkedKey, Standing, parked_key, parked_keys
from volt_console.views import PARKED_KEYS
from volt_console.web.problems import Problem, unknown
from volt_contracts.eventlog import ReleaseKey

Lane = Annotated[str, Path(max_length=60, pattern=r"^[a-z_]+(\.[a-z_]+)?$")]
Entity = Annotated[str, Path(min_length=1, max_length=200)]


def router() -> APIRouter:
    """The operations on dead letters."""
    routes = APIRouter(prefix="/dead-letters", tags=["dead letters"], responses=PROBLEMS)

    @routes.get("", dependencies=[Depends(fresh(PARKED_KEYS))])
    async def list_parked_keys(
        console: ToMend, state: Standing | None = None, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[ParkedKey]:
        """Keys whose messages made a decider fail: others go on, these wait until they are released."""
        return await parked_keys(console.database, console.tenant, state=state, cursor=cursor, limit=limit)

    @routes.get("/records")
    async def list_dead_records(console: ToMend) -> list[DeadRecord]:
        """The latest records that could not be decoded, with position and error."""
        return await console.dead_records(console.tenant)

    @routes.post("/{lane}/{entity}/release", **COMMAND)
    async def release_key(
        console: ToMend,
        lane: Lane,
        entity: Entity,
        response: Response,
        body: Body | None = None,
        idempotency_key: IdempotencyKey = None,
    ) -> CommandResult:
        """Take a key up again after the cause was mended: it catches up with all that it missed."""
        return answer(await released(console, lane, entity, body or Body(), idempotency_key), response)

    return routes


async def released(
    console: Console, lane: str, entity: str, body: Body, idempotency_key: str | None = None
) -> CommandResult:
    """Release a parked key and answer with the outcome. Raises Problem when there is none, or it waits no more."""
    found = await parked_key(console.database, console.tenant, lane, entity)
    if found is None:
        raise unknown("parked key", f"{lane}/{entity}")
    if found.state != "parked" and idempotency_key is None:
        raise Problem(409, "not-parked", "Not parked", f"`{lane}/{entity}` has been released already.")
    command = ReleaseKey(actor=console.actor, not_after=body.not_after)
    return await console.send(lane, entity, command, idempotency_key)
