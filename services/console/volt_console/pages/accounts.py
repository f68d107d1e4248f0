"""`/accounts`: all accounts, the latest changed first, without who they are; one is found by an id that is typed."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, get_args

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import SecretStr

from volt_console.access.admission import ToKeepTokens, ToSee
from volt_console.api.accounts import AccountsAsked
from volt_console.console import Console
from volt_console.pages import forms
from volt_console.pages.address import address
from volt_console.pages.html import render
from volt_console.queries import accounts
from volt_console.queries.accounts import AccountFilter, AccountState
from volt_console.tokens import ValueBody, referenced

STATES: Mapping[str, str] = {"": "all"} | {word: word.replace("_", " ") for word in get_args(AccountState)}


def add_accounts(routes: APIRouter) -> None:
    """The list, and the way to one by a clear value, which is never in an address."""

    @routes.get("/accounts")
    async def list_page(console: ToSee, asked: Annotated[AccountsAsked, Query()]) -> str:
        return await accounts_page(console, asked)

    @routes.post("/accounts/find")
    async def find(console: ToKeepTokens, request: Request) -> Response:
        filled = await forms.fields(request)
        typed = forms.checked(lambda: ValueBody.model_validate({"value": filled.get("value", "")}))
        return RedirectResponse(await _where(console, typed.value), 303)


async def accounts_page(console: Console, asked: AccountsAsked) -> str:
    """The list as a page."""
    page, found = await asyncio.gather(
        accounts.accounts(console.database, console.tenant, asked.wanted, cursor=asked.cursor, limit=asked.limit),
        accounts.how_many(console.database, console.tenant, asked.wanted),
    )
    begin = asked.model_copy(update={"cursor": None})
    return render(
        "accounts.html",
        here="accounts",
        me=console.principal,
        asked=asked,
        page=page,
        found=min(found, accounts.MOST_COUNTED),
        more_found=found > accounts.MOST_COUNTED,
        states=STATES,
        first_page=address("/accounts", begin) if asked.cursor else None,
        prev_page=address("/accounts", begin, cursor=page.prev) if page.prev else None,
        next_page=address("/accounts", begin, cursor=page.next) if page.next else None,
        sheet=address("/api/v1/accounts", begin, limit=None, format="csv"),
    )


async def _where(console: Console, typed: SecretStr) -> str:
    """The account's page where one alone has it as external id or contract, else the list of those that have."""
    reference = referenced(console.settings.token_secret.get_secret_value(), console.tenant, typed)
    page = await accounts.accounts(console.database, console.tenant, AccountFilter(search=reference), limit=2)
    if len(page.items) == 1:
        return f"/accounts/{page.items[0].account_uid}"
    return address("/accounts", AccountsAsked(search=reference))
