"""`/accounts/{uid}`: one account with its tokens, who it is on demand, and the one command that forgets a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from volt_console.access.admission import ToKeepTokens, ToSee
from volt_console.accounts import CloseBody, close, erase
from volt_console.api.accounts import details_of, known_account
from volt_console.api.asked import Name
from volt_console.asking import CommandResult
from volt_console.commands import Body
from volt_console.console import Console
from volt_console.live.stream import Live
from volt_console.pages import forms
from volt_console.pages.html import render
from volt_console.pages.token import sure
from volt_console.queries import accounts, tokens
from volt_console.queries.accounts import Account
from volt_console.queries.tokens import TokenFilter
from volt_console.views.changes import EVERYTHING
from volt_console.web.problems import unknown
from volt_contracts.ids import entity_key

MOST_TOKENS = 50


@dataclass(frozen=True)
class AccountScreen:
    """One account as a browser looks at it."""

    console: Console
    uid: str

    def concerns(self, keys: frozenset[str]) -> bool:
        """What bears the account's key."""
        return not keys.isdisjoint({EVERYTHING, entity_key(self.console.tenant, self.uid)})

    async def fragments(self) -> Mapping[str, str]:
        """The fragment that follows the views."""
        values = await self.values()
        return {"account": render("account/account.html", **values)} if values else {}

    async def values(self) -> dict[str, Any] | None:
        """What the templates show, or None where the tenant has no such account."""
        console = self.console
        found = await accounts.account(console.database, console.tenant, self.uid)
        if found is None:
            return None
        theirs = await tokens.tokens(
            console.database, console.tenant, TokenFilter(account_uid=self.uid), limit=MOST_TOKENS
        )
        return {
            "here": "accounts",
            "me": console.principal,
            "account": found,
            "tokens": theirs.items,
            "more_tokens": f"/tokens?search={self.uid}" if theirs.next else None,
            "stream": f"/live/accounts/{self.uid}",
        }


def add_account(routes: APIRouter) -> None:
    """The page, its stream, its clear values and its forms."""

    @routes.get("/accounts/{uid}")
    async def account(console: ToSee, uid: Name) -> str:
        return await account_page(console, uid)

    @routes.get("/live/accounts/{uid}")
    async def follow_account(console: ToSee, uid: Name) -> Response:
        await known_account(console, uid)
        return Live(AccountScreen(console, uid), console)

    @routes.get("/accounts/{uid}/details")
    async def details(console: ToKeepTokens, uid: Name) -> Response:
        known = await details_of(console, uid)
        return HTMLResponse(render("account/details.html", details=known), headers={"Cache-Control": "no-store"})

    @routes.post("/accounts/{uid}/{name}")
    async def ask(console: ToKeepTokens, uid: Name, name: str, request: Request) -> Response:
        result = await _asked(console, await known_account(console, uid), name, await forms.fields(request))
        answer = render("answer.html", name=forms.NAMES[name], result=result, password=None)
        if request.headers.get("hx-request") is None:
            answer = await account_page(console, uid, answer)
        return HTMLResponse(answer)


async def account_page(console: Console, uid: str, answer: str = "") -> str:
    """The page. Raises a 404 problem."""
    values = await AccountScreen(console, uid).values()
    if values is None:
        raise unknown("account", uid)
    return render("account.html", answer=answer, **values)


async def _asked(console: Console, known: Account, name: str, filled: forms.Fields) -> CommandResult:
    """What a form asks for, carried out."""
    if name == "close":
        seen = forms.checked(lambda: CloseBody.model_validate({"expected_version": filled.get("expected_version")}))
        return await console.send("drivers.account", known.account_uid, close(console.actor, seen))
    if name == "erase":
        sure(filled)
        return await console.send("drivers.account", known.account_uid, erase(console.actor, Body()))
    raise unknown("command", name)
