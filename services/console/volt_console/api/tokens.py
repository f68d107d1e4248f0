"""`/api/v1/tokens`: what is known of tokens, and corrections. Clear values come in bodies and go out on demand only."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from volt_console.access.admission import ToKeepTokens, ToSee
from volt_console.api.answers import COMMAND as OUTCOME
from volt_console.api.answers import answer
from volt_console.api.asked import PROBLEMS, Asked, Counted, IdempotencyKey, Name, counted, fresh, problems
from volt_console.api.sheet import CSV, Accept, Format, csv_wanted, fields, sheet
from volt_console.asking import CommandResult
from volt_console.commands import Body, said_by
from volt_console.console import Console
from volt_console.queries import tokens
from volt_console.queries.cursor import Page
from volt_console.queries.tokens import Token, TokenFilter, Version
from volt_console.tokens import (
    BlockBody,
    CorrectionBody,
    NewTokenBody,
    ValueBody,
    block,
    correct,
    erase,
    referenced,
    register,
)
from volt_console.views import TOKENS
from volt_console.web.problems import Problem, unknown
from volt_contracts.drivers import TokenProfile
from volt_contracts.ids import entity_key

COMMAND: dict[int | str, dict[str, Any]] = {**problems(409), **OUTCOME["responses"]}
COLUMNS = fields(
    "token_ref",
    "standing",
    "status",
    "token_type",
    "valid_until",
    "group_ref",
    "issuer",
    "contract_ref",
    "concurrent",
    "account_uid",
    "version",
    "changed_at",
    "actor",
    "last_used_at",
)


class TokensAsked(TokenFilter, Asked):
    """A list of tokens: which, from where on, as what."""

    format: Format | None = None

    @property
    def wanted(self) -> TokenFilter:
        """Which tokens."""
        return TokenFilter.model_validate(self.model_dump(include=set(TokenFilter.model_fields)))


class TokenHistory(Token):
    """A token and its versions, the latest first."""

    versions: list[Version]


class ClearValue(BaseModel):
    """What stands behind a token's references."""

    token_ref: str
    value: str
    group: str | None


class Found(BaseModel):
    """What a clear value leads to: the token that it is, and those that have it as their group or contract."""

    reference: str
    tokens: list[Token]


def router() -> APIRouter:
    """The operations on tokens."""
    routes = APIRouter(prefix="/tokens", tags=["tokens"], responses=PROBLEMS)
    add_queries(routes)
    add_commands(routes)
    return routes


def add_queries(routes: APIRouter) -> None:
    """What is known of tokens."""
    current = [Depends(fresh(TOKENS))]

    @routes.get("", dependencies=current, response_model=Page[Token], responses=CSV)
    async def list_tokens(console: ToSee, asked: Annotated[TokensAsked, Query()], accept: Accept = "") -> Any:
        """The tenant's tokens, the latest changed first. As CSV the whole list: `cursor` and `limit` do not count."""
        if csv_wanted(asked.format, accept):
            return sheet("tokens", COLUMNS, await tokens.every_token(console.database, console.tenant, asked.wanted))
        return await tokens.tokens(
            console.database, console.tenant, asked.wanted, cursor=asked.cursor, limit=asked.limit
        )

    @routes.get("/count", dependencies=current)
    async def count_tokens(console: ToSee, wanted: Annotated[TokenFilter, Query()]) -> Counted:
        """How many tokens there are; of very many only that there are more."""
        return counted(await tokens.how_many(console.database, console.tenant, wanted), tokens.MOST_COUNTED)

    @routes.post("/find", dependencies=current)
    async def find_tokens(console: ToKeepTokens, body: ValueBody) -> Found:
        """Find by a clear value, in any spelling: of a token, of a group, or of a contract."""
        return await found_by(console, body)

    @routes.get("/{ref}", dependencies=current)
    async def get_token(console: ToSee, ref: Name) -> TokenHistory:
        """One token with its versions."""
        known = await known_token(console, ref)
        said = await tokens.versions(console.database, console.tenant, ref)
        return TokenHistory(**known.model_dump(), versions=said)

    @routes.get("/{ref}/value")
    async def get_value(console: ToKeepTokens, ref: Name, response: Response) -> ClearValue:
        """The clear value of a token that was not erased."""
        response.headers["Cache-Control"] = "no-store"
        profile = await profile_of(console, ref)
        return ClearValue(token_ref=ref, value=profile.value, group=profile.group)


def add_commands(routes: APIRouter) -> None:
    """What can be asked. Each answers 200 with the outcome, or 202 when there is none in time."""

    @routes.post("", responses=COMMAND)
    async def register_token(
        console: ToKeepTokens, response: Response, body: NewTokenBody, idempotency_key: IdempotencyKey = None
    ) -> CommandResult:
        """Make a token known, or one that was erased known again."""
        return answer(await make_known(console, body, idempotency_key), response)

    @routes.patch("/{ref}", responses=COMMAND)
    async def correct_token(
        console: ToKeepTokens,
        ref: Name,
        response: Response,
        body: CorrectionBody,
        idempotency_key: IdempotencyKey = None,
    ) -> CommandResult:
        """Correct what is said of a token; at another version than the one that was seen it is refused."""
        return answer(await corrected(console, ref, body, idempotency_key), response)

    @routes.post("/{ref}/block", responses=COMMAND)
    async def block_token(
        console: ToKeepTokens,
        ref: Name,
        response: Response,
        body: BlockBody | None = None,
        idempotency_key: IdempotencyKey = None,
    ) -> CommandResult:
        """Let nobody charge with it any more."""
        await known_token(console, ref)
        command = block(console.actor, body or BlockBody())
        return answer(await console.send("drivers.token", ref, command, idempotency_key), response)

    @routes.post("/{ref}/erase", responses=COMMAND)
    async def erase_token(
        console: ToKeepTokens,
        ref: Name,
        response: Response,
        body: Body | None = None,
        idempotency_key: IdempotencyKey = None,
    ) -> CommandResult:
        """Forget its clear value and block it, for good."""
        await known_token(console, ref)
        command = erase(console.actor, body or Body())
        return answer(await console.send("drivers.token", ref, command, idempotency_key), response)


async def known_token(console: Console, ref: str) -> Token:
    """The tenant's token of this reference. Raises a 404 problem."""
    found = await tokens.token(console.database, console.tenant, ref)
    if found is None:
        raise unknown("token", ref)
    return found


async def found_by(console: Console, body: ValueBody) -> Found:
    """What a clear value leads to."""
    reference = referenced(console.settings.token_secret.get_secret_value(), console.tenant, body.value)
    page = await tokens.tokens(console.database, console.tenant, TokenFilter(search=reference))
    return Found(reference=reference, tokens=page.items)


async def profile_of(console: Console, ref: str) -> TokenProfile:
    """The clear value, read from the log now. Raises a 404 problem for one that was erased or never known."""
    row = await console.person(entity_key(console.tenant, ref))
    if not isinstance(row, TokenProfile):
        raise Problem(404, "no-clear-value", "No clear value", "Nothing is kept: it was erased, or is not known.")
    return row


async def make_known(console: Console, body: NewTokenBody, key: str | None = None) -> CommandResult:
    """Register a token that is not known. Raises a 409 problem for one that is."""
    secret = console.settings.token_secret.get_secret_value()
    ref = referenced(secret, console.tenant, body.value)
    said = said_by(console.actor, body)
    first = await console.repeated("drivers.token", ref, key, said)
    if first is not None:
        return first
    known = await tokens.token(console.database, console.tenant, ref)
    if known is not None and known.state == "registered":
        detail = f"This token is known already, as `{ref}`: correct it there."
        raise Problem(409, "token-known", "Known already", detail)
    command = register(console.actor, console.tenant, secret, body)
    return await console.send("drivers.token", ref, command, key, said)


async def corrected(console: Console, ref: str, body: CorrectionBody, key: str | None = None) -> CommandResult:
    """Correct a token. Raises a 404 problem for one that is not known, and 409 for one that was erased."""
    said = said_by(console.actor, body)
    first = await console.repeated("drivers.token", ref, key, said)
    if first is not None:
        return first
    known = await known_token(console, ref)
    if known.state == "erased":
        raise Problem(409, "token-erased", "Erased", "This token was erased: it can only be made known anew.")
    secret = console.settings.token_secret.get_secret_value()
    command = correct(console.actor, console.tenant, secret, known, await profile_of(console, ref), body)
    return await console.send("drivers.token", ref, command, key, said)
