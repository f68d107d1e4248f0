"""`/tokens/{ref}`: one token: what is said of it, how that changed, its visits, and the forms that correct it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from volt_console.access.admission import ToKeepTokens, ToSee
from volt_console.api.asked import Name
from volt_console.api.tokens import corrected, known_token, profile_of
from volt_console.asking import CommandResult
from volt_console.commands import Body
from volt_console.console import Console
from volt_console.live.stream import Live
from volt_console.pages import forms
from volt_console.pages.html import render
from volt_console.pages.tokens import end_of_day
from volt_console.queries import session_list, tokens
from volt_console.queries.session_list import SessionFilter
from volt_console.queries.tokens import Token
from volt_console.tokens import BlockBody, CorrectionBody, block, erase
from volt_console.views.changes import EVERYTHING
from volt_console.web.problems import Problem, unknown
from volt_contracts.drivers import TokenStatus, TokenType
from volt_contracts.ids import entity_key

MOST_VISITS = 10


@dataclass(frozen=True)
class TokenScreen:
    """One token as a browser looks at it."""

    console: Console
    ref: str

    def concerns(self, keys: frozenset[str]) -> bool:
        """What bears the token's key: its visits bear those of stations, and wait for the next look."""
        return not keys.isdisjoint({EVERYTHING, entity_key(self.console.tenant, self.ref)})

    async def fragments(self) -> Mapping[str, str]:
        """The fragments that follow the views."""
        values = await self.values()
        return {part: render(f"token/{part}.html", **values) for part in ("token", "history")} if values else {}

    async def values(self) -> dict[str, Any] | None:
        """What the templates show, or None where the tenant has no such token."""
        console = self.console
        found = await tokens.token(console.database, console.tenant, self.ref)
        if found is None:
            return None
        visits = await session_list.sessions(
            console.database, console.tenant, SessionFilter(token_ref=self.ref), limit=MOST_VISITS
        )
        return {
            "here": "tokens",
            "me": console.principal,
            "token": found,
            "versions": await tokens.versions(console.database, console.tenant, self.ref),
            "visits": visits.items,
            "more_visits": f"/sessions?token_ref={self.ref}" if visits.next else None,
            "types": get_args(TokenType),
            "statuses": get_args(TokenStatus),
            "stream": f"/live/tokens/{self.ref}",
        }


def add_token(routes: APIRouter) -> None:
    """The page, its stream, its clear value and its forms."""

    @routes.get("/tokens/{ref}")
    async def token(console: ToSee, ref: Name) -> str:
        return await token_page(console, ref)

    @routes.get("/live/tokens/{ref}")
    async def follow_token(console: ToSee, ref: Name) -> Response:
        await known_token(console, ref)
        return Live(TokenScreen(console, ref), console)

    @routes.get("/tokens/{ref}/value")
    async def value(console: ToKeepTokens, ref: Name) -> Response:
        profile = await profile_of(console, ref)
        return HTMLResponse(render("token/value.html", profile=profile), headers={"Cache-Control": "no-store"})

    @routes.post("/tokens/{ref}/{name}")
    async def ask(console: ToKeepTokens, ref: Name, name: str, request: Request) -> Response:
        result = await _asked(console, await known_token(console, ref), name, await forms.fields(request))
        answer = render("answer.html", name=forms.NAMES[name], result=result, password=None)
        if request.headers.get("hx-request") is None:
            answer = await token_page(console, ref, answer)
        return HTMLResponse(answer)


async def token_page(console: Console, ref: str, answer: str = "") -> str:
    """The page. Raises a 404 problem."""
    values = await TokenScreen(console, ref).values()
    if values is None:
        raise unknown("token", ref)
    return render("token.html", answer=answer, **values)


async def _asked(console: Console, known: Token, name: str, filled: forms.Fields) -> CommandResult:
    """What a form asks for, carried out."""
    if name == "correct":
        body = forms.checked(lambda: CorrectionBody.model_validate(_otherwise(known, filled)))
        return await corrected(console, known.token_ref, body)
    if name == "block":
        seen = forms.checked(lambda: BlockBody.model_validate({"expected_version": filled.get("expected_version")}))
        return await console.send("drivers.token", known.token_ref, block(console.actor, seen))
    if name == "erase":
        sure(filled)
        return await console.send("drivers.token", known.token_ref, erase(console.actor, Body()))
    raise unknown("command", name)


def sure(filled: forms.Fields) -> None:
    """Raises a 422 problem unless it was ticked that this cannot be undone."""
    if "sure" not in filled:
        raise Problem(422, "not-confirmed", "Not erased", "Tick that you know that it cannot be undone.")


def _otherwise(known: Token, filled: forms.Fields) -> dict[str, Any]:
    """What of the form differs from what is known; an emptied field takes away, an empty group leaves it alone."""
    found: dict[str, Any] = {
        name: filled[name] for name in ("expected_version", "token_type", "status") if name in filled
    }
    day = filled.get("valid_until")
    if day != (None if known.valid_until is None else known.valid_until.strftime("%Y-%m-%d")):
        found["valid_until"] = None if day is None else end_of_day(day)
    if filled.get("account_uid") != known.account_uid:
        found["account_uid"] = filled.get("account_uid")
    if "no_group" in filled:
        found["group"] = None
    elif "group" in filled:
        found["group"] = filled["group"]
    return found
