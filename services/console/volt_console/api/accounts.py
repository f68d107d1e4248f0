"""`/api/v1/accounts`: what is known of accounts, and forgetting a person. Clear values go out on demand only."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from volt_console.access.admission import ToKeepTokens, ToSee
from volt_console.accounts import AccountBody, CloseBody, close, erase, register
from volt_console.api.answers import answer
from volt_console.api.asked import PROBLEMS, Asked, Counted, IdempotencyKey, Name, counted, fresh
from volt_console.api.sheet import CSV, Accept, Format, csv_wanted, fields, sheet
from volt_console.api.tokens import COMMAND
from volt_console.asking import CommandResult
from volt_console.commands import Body
from volt_console.console import Console
from volt_console.queries import accounts
from volt_console.queries.accounts import Account, AccountFilter
from volt_console.queries.cursor import Page
from volt_console.views import ACCOUNTS, TOKENS
from volt_console.web.problems import Problem, unknown
from volt_contracts.accounts import AccountProfile
from volt_contracts.ids import derive, entity_key

COLUMNS = fields(
    "account_uid",
    "state",
    "country",
    "language",
    "currency",
    "tokens",
    "external_ref",
    "contract_refs",
    "version",
    "changed_at",
    "actor",
)


class AccountsAsked(AccountFilter, Asked):
    """A list of accounts: which, from where on, as what."""

    format: Format | None = None

    @property
    def wanted(self) -> AccountFilter:
        """Which accounts."""
        return AccountFilter.model_validate(self.model_dump(include=set(AccountFilter.model_fields)))


class Details(BaseModel):
    """Who a driver is."""

    account_uid: str
    name: str | None
    email: str | None
    phone: str | None
    address: str | None
    external_id: str | None
    contracts: list[str]


class Registered(CommandResult):
    """The outcome, and the account's uid."""

    account_uid: str


def router() -> APIRouter:
    """The operations on accounts."""
    routes = APIRouter(prefix="/accounts", tags=["accounts"], responses=PROBLEMS)
    add_queries(routes)
    add_commands(routes)
    return routes


def add_queries(routes: APIRouter) -> None:
    """What is known of accounts."""
    current = [Depends(fresh(ACCOUNTS, TOKENS))]

    @routes.get("", dependencies=current, response_model=Page[Account], responses=CSV)
    async def list_accounts(console: ToSee, asked: Annotated[AccountsAsked, Query()], accept: Accept = "") -> Any:
        """The tenant's accounts, the latest changed first. As CSV the whole list: `cursor` and `limit` do not count."""
        if csv_wanted(asked.format, accept):
            parts = await accounts.every_account(console.database, console.tenant, asked.wanted)
            return sheet("accounts", COLUMNS, parts)
        return await accounts.accounts(
            console.database, console.tenant, asked.wanted, cursor=asked.cursor, limit=asked.limit
        )

    @routes.get("/count", dependencies=current)
    async def count_accounts(console: ToSee, wanted: Annotated[AccountFilter, Query()]) -> Counted:
        """How many accounts there are; of very many only that there are more."""
        return counted(await accounts.how_many(console.database, console.tenant, wanted), accounts.MOST_COUNTED)

    @routes.get("/{uid}", dependencies=current)
    async def get_account(console: ToSee, uid: Name) -> Account:
        """One account, without who it is. Its tokens: `/api/v1/tokens?account_uid=`."""
        return await known_account(console, uid)

    @routes.get("/{uid}/details")
    async def get_details(console: ToKeepTokens, uid: Name, response: Response) -> Details:
        """Who it is, unless that was erased."""
        response.headers["Cache-Control"] = "no-store"
        return await details_of(console, uid)


def add_commands(routes: APIRouter) -> None:
    """What can be asked. Each answers 200 with the outcome, or 202 when there is none in time."""

    @routes.post("", responses=COMMAND)
    async def register_account(
        console: ToKeepTokens, response: Response, body: AccountBody, idempotency_key: IdempotencyKey = None
    ) -> Registered:
        """Make an account known, or change it as a whole."""
        made = str(uuid4()) if idempotency_key is None else derive(console.tenant, f"account/{idempotency_key}")
        uid = body.account_uid or made
        command = register(console.actor, console.tenant, console.settings.token_secret.get_secret_value(), body)
        result = answer(await console.send("drivers.account", uid, command, idempotency_key), response)
        return Registered(**result.model_dump(), account_uid=uid)

    @routes.post("/{uid}/close", responses=COMMAND)
    async def close_account(
        console: ToKeepTokens,
        uid: Name,
        response: Response,
        body: CloseBody | None = None,
        idempotency_key: IdempotencyKey = None,
    ) -> CommandResult:
        """Block the account and its tokens; what is known stays."""
        await known_account(console, uid)
        command = close(console.actor, body or CloseBody())
        return answer(await console.send("drivers.account", uid, command, idempotency_key), response)

    @routes.post("/{uid}/erase", responses=COMMAND)
    async def erase_account(
        console: ToKeepTokens,
        uid: Name,
        response: Response,
        body: Body | None = None,
        idempotency_key: IdempotencyKey = None,
    ) -> CommandResult:
        """Forget the person for good: the account's clear values and those of all its tokens, which are blocked."""
        await known_account(console, uid)
        command = erase(console.actor, body or Body())
        return answer(await console.send("drivers.account", uid, command, idempotency_key), response)


async def known_account(console: Console, uid: str) -> Account:
    """The tenant's account of this uid. Raises a 404 problem."""
    found = await accounts.account(console.database, console.tenant, uid)
    if found is None:
        raise unknown("account", uid)
    return found


async def details_of(console: Console, uid: str) -> Details:
    """The clear values, read from the log now. Raises a 404 problem for one that was erased or never known."""
    row = await console.person(entity_key(console.tenant, uid))
    if not isinstance(row, AccountProfile):
        raise Problem(404, "no-clear-value", "No clear value", "Nothing is kept: it was erased, or is not known.")
    known = row.details
    return Details(
        account_uid=uid,
        name=known.name,
        email=known.email,
        phone=known.phone,
        address=known.address,
        external_id=known.external_id,
        contracts=[contract.contract_id for contract in row.contracts],
    )
