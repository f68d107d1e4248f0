"""`/tokens`: all tokens, the latest changed first; one is found by its clear value, which is never in an address."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Annotated, get_args
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import SecretStr

from volt_console.access.admission import ToKeepTokens, ToSee
from volt_console.api.tokens import TokensAsked, found_by, make_known
from volt_console.console import Console
from volt_console.pages import forms
from volt_console.pages.address import address
from volt_console.pages.html import render
from volt_console.queries import tokens
from volt_console.queries.tokens import Standing
from volt_console.tokens import NewTokenBody, ValueBody
from volt_console.web.problems import Problem
from volt_contracts.drivers import TokenStatus, TokenType
from volt_contracts.forms import LONGEST_TOKEN

SIZES = (20, 50, 100, 200)
STANDINGS: Mapping[str, str] = {"": "all"} | {word: word.replace("_", " ") for word in get_args(Standing)}


def add_tokens(routes: APIRouter) -> None:
    """The list, the way to one by its clear value, and a new one."""

    @routes.get("/tokens")
    async def list_page(console: ToSee, asked: Annotated[TokensAsked, Query()]) -> str:
        return await tokens_page(console, asked)

    @routes.post("/tokens/find")
    async def find(console: ToKeepTokens, request: Request) -> Response:
        filled = await forms.fields(request)
        typed = filled.get("value", "")
        if not 0 < len(typed) <= LONGEST_TOKEN:
            raise Problem(422, "invalid-request", "Not searched", f"A token has 1 to {LONGEST_TOKEN} characters.")
        return RedirectResponse(await _where(console, typed), 303)

    @routes.post("/tokens")
    async def new(console: ToKeepTokens, request: Request) -> Response:
        filled = await forms.fields(request)
        result = await make_known(console, forms.checked(lambda: NewTokenBody.model_validate(_new(filled))))
        answer = render("answer.html", name=forms.NAMES["new"], result=result, password=None)
        if request.headers.get("hx-request") is None:
            answer = await tokens_page(console, TokensAsked(), answer)
        return HTMLResponse(answer)


async def tokens_page(console: Console, asked: TokensAsked, answer: str = "") -> str:
    """The list as a page."""
    page, found = await asyncio.gather(
        tokens.tokens(console.database, console.tenant, asked.wanted, cursor=asked.cursor, limit=asked.limit),
        tokens.how_many(console.database, console.tenant, asked.wanted),
    )
    begin = asked.model_copy(update={"cursor": None})
    return render(
        "tokens.html",
        here="tokens",
        me=console.principal,
        answer=answer,
        asked=asked,
        page=page,
        found=min(found, tokens.MOST_COUNTED),
        more_found=found > tokens.MOST_COUNTED,
        standings=STANDINGS,
        types=get_args(TokenType),
        statuses=get_args(TokenStatus),
        sizes_offered=SIZES,
        first_page=address("/tokens", begin) if asked.cursor else None,
        prev_page=address("/tokens", begin, cursor=page.prev) if page.prev else None,
        next_page=address("/tokens", begin, cursor=page.next) if page.next else None,
        sheet=address("/api/v1/tokens", begin, limit=None, format="csv"),
    )


def end_of_day(day: str) -> datetime | str:
    """A day as it is typed → its last second in UTC; anything else as it is, to be refused with its name."""
    try:
        return datetime.combine(datetime.strptime(day, "%Y-%m-%d").date(), time(23, 59, 59), UTC)  # noqa: DTZ007 a day
    except ValueError:
        return day


async def _where(console: Console, typed: str) -> str:
    """The page of the token that was typed; else those of its group or contract; else what was typed as a reference."""
    found = await found_by(console, ValueBody(value=SecretStr(typed)))
    if any(token.token_ref == found.reference for token in found.tokens):
        return f"/tokens/{found.reference}"
    if found.tokens:
        return address("/tokens", TokensAsked(search=found.reference))
    by_reference = await tokens.tokens(console.database, console.tenant, tokens.TokenFilter(search=typed[:64]), limit=2)
    if [token.token_ref for token in by_reference.items] == [typed]:
        return f"/tokens/{quote(typed, safe='')}"
    return address("/tokens", TokensAsked(search=typed if by_reference.items else found.reference))


def _new(filled: forms.Fields) -> dict[str, object]:
    """The fields of the form as the body of a new token."""
    named: dict[str, object] = dict(filled)
    if "valid_until" in filled:
        named["valid_until"] = end_of_day(filled["valid_until"])
    return named
