"""`/api/v1/keys`: API keys, listed, made and revoked."""

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, Response

from volt_console.access.admission import ToKeepKeys
from volt_console.api.answers import COMMAND, answer
from volt_console.api.asked import PROBLEMS, Cursor, IdempotencyKey, Limit, Name
from volt_console.asking import CommandResult
from volt_console.console import Console
from volt_console.keys import KeyBody, KeyMade, ShownKey, listed, new_key
from volt_console.queries.cursor import Page
from volt_console.web.problems import Problem, unknown
from volt_contracts.access import ApiKeyRow, RevokeApiKey
from volt_contracts.ids import entity_key

LOOK_EVERY_S = 0.02


def router() -> APIRouter:
    """The operations on API keys."""
    routes = APIRouter(prefix="/keys", tags=["keys"], responses=PROBLEMS)

    @routes.get("")
    async def list_keys(console: ToKeepKeys, cursor: Cursor = None, limit: Limit = 50) -> Page[ShownKey]:
        """The tenant's keys, the latest made first; no key is ever shown again."""
        return listed(console.key_rows, console.tenant, cursor, limit)

    @routes.post("", **COMMAND)
    async def create_key(
        console: ToKeepKeys, response: Response, body: KeyBody, idempotency_key: IdempotencyKey = None
    ) -> KeyMade:
        """Make a key that may do what you say, and no more than you may; the answer holds it, this once."""
        made = await make_key(console, body, idempotency_key)
        answer(made, response)
        return made

    @routes.post("/{key_id}/revoke", **COMMAND)
    async def revoke(
        console: ToKeepKeys, key_id: Name, response: Response, idempotency_key: IdempotencyKey = None
    ) -> CommandResult:
        """Let the key in no longer, ever."""
        return answer(await revoke_key(console, key_id, idempotency_key), response)

    return routes


async def make_key(console: Console, body: KeyBody, idempotency_key: str | None = None) -> KeyMade:
    """Make a key and wait until it lets somebody in. Raises a 403 problem for a scope that the maker has not."""
    missing = sorted(set(body.scopes) - console.principal.rights)
    if missing:
        detail = f"A key can do no more than who makes it: you have not {', '.join(missing)}."
        raise Problem(403, "not-allowed", "Not allowed", detail)
    secret = console.settings.token_secret.get_secret_value()
    made = new_key(secret, console.tenant, console.actor, body, idempotency_key)
    result = await console.send("network.api_key", made.key.key_id, made.command, idempotency_key)
    if result.outcome == "accepted":
        await _until(console, made.key.key_id, lambda row: row is not None)
    text = made.key.text if result.outcome in ("accepted", None) else None
    return KeyMade(**result.model_dump(), key_id=made.key.key_id, key=text)


async def revoke_key(console: Console, key_id: str, idempotency_key: str | None = None) -> CommandResult:
    """Revoke a key and wait until it lets nobody in here. Raises a 404 problem."""
    if console.key_rows.get(entity_key(console.tenant, key_id)) is None:
        raise unknown("key", key_id)
    result = await console.send("network.api_key", key_id, RevokeApiKey(actor=console.actor), idempotency_key)
    if result.outcome == "accepted":
        await _until(console, key_id, lambda row: row is not None and row.revoked_at is not None)
    return result


async def _until(console: Console, key_id: str, enough: Callable[[ApiKeyRow | None], bool]) -> None:
    """Wait for the row to follow its event, but not for long: it is late, not lost."""
    key = entity_key(console.tenant, key_id)
    try:
        async with asyncio.timeout(console.settings.fresh_within_s):
            while True:
                if enough(console.key_rows.get(key)):
                    return
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        return
