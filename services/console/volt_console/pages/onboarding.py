"""`/onboarding`: which stations do not get in, why, what to do, and the buttons that let them in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from volt_console.access.admission import ToOnboard, ToSee, ToSet
from volt_console.api.asked import Cursor
from volt_console.api.onboarding import NewcomersAsked, another_policy, let_in
from volt_console.asking import CommandResult
from volt_console.commands import Body
from volt_console.console import Console
from volt_console.live.stream import Live
from volt_console.onboarding import LetIn
from volt_console.pages import forms
from volt_console.pages.address import address
from volt_console.pages.html import render
from volt_console.queries.onboarding import newcomers
from volt_console.reasons import REASONS, WORDS, Reason, Step
from volt_console.views.changes import EVERYTHING
from volt_console.web.problems import unknown

NOBODYS = "-/"
"""How the keys of records begin whose tenant nobody knows."""

Wanted = Annotated[str, Query(max_length=40)]


@dataclass(frozen=True)
class Onboarding:
    """The list as one browser looks at it."""

    console: Console
    reason: Reason | None = None
    cursor: str | None = None

    def concerns(self, keys: frozenset[str]) -> bool:
        """Any change of the tenant's, and what belongs to no tenant."""
        begins = (f"{self.console.tenant}/", NOBODYS)
        return any(key == EVERYTHING or key.startswith(begins) for key in keys)

    async def fragments(self) -> Mapping[str, str]:
        """The fragments that follow the views."""
        values = await self.values()
        return {part: render(f"onboarding/{part}.html", **values) for part in ("newcomers", "policy")}

    async def values(self) -> dict[str, Any]:
        """What the templates show."""
        console = self.console
        page = await newcomers(
            console.database,
            console.tenant,
            strays=console.strays,
            reason=self.reason,
            cursor=self.cursor,
        )
        return {
            "here": "onboarding",
            "me": console.principal,
            "policy": console.policy(),
            "gateway_url": console.settings.station_address,
            "page": page,
            "reason": self.reason,
            "reasons": [(reason, WORDS[reason].title) for reason in REASONS],
            "cursor": self.cursor,
            "sheet": address("/api/v1/onboarding", NewcomersAsked(reason=self.reason), format="csv"),
            "stream": self.address("/live/onboarding", self.cursor),
            "first_page": self.address("/onboarding", None),
            "next_page": self.address("/onboarding", page.next),
        }

    def address(self, path: str, cursor: str | None) -> str:
        """`path` with what is chosen, from `cursor` on."""
        query = urlencode({name: value for name, value in {"reason": self.reason, "cursor": cursor}.items() if value})
        return f"{path}?{query}" if query else path


def add_onboarding(routes: APIRouter) -> None:
    """The page, its stream and its buttons."""

    @routes.get("/onboarding")
    async def onboarding(console: ToSee, reason: Wanted = "", cursor: Cursor = None) -> str:
        return render("onboarding.html", answer="", **await Onboarding(console, _known(reason), cursor).values())

    @routes.get("/live/onboarding")
    async def follow_onboarding(console: ToSee, reason: Wanted = "", cursor: Cursor = None) -> Response:
        return Live(Onboarding(console, _known(reason), cursor), console)

    @routes.post("/onboarding/policy")
    async def ask_policy(console: ToSet, request: Request) -> Response:
        body = forms.policy_body(await forms.fields(request))
        return await _answered(console, request, "policy", await another_policy(console, body))

    @routes.post("/onboarding/{name}")
    async def ask(console: ToOnboard, name: str, request: Request) -> Response:
        result = await _let_in(console, _step(name), await forms.fields(request))
        return await _answered(console, request, name, result)


async def _answered(console: Console, request: Request, name: str, result: CommandResult) -> Response:
    """The line with the outcome, or without htmx the whole page with it."""
    answer = render("answer.html", name=forms.NAMES[name], result=result, password=getattr(result, "password", None))
    if request.headers.get("hx-request") is None:
        answer = render("onboarding.html", answer=answer, **await Onboarding(console).values())
    return HTMLResponse(answer)


async def _let_in(console: Console, step: Step, filled: forms.Fields) -> LetIn:
    body = Body() if step == "accept" else forms.password_body(filled)
    return await let_in(console, step, filled.get("identity", ""), body)


def _step(name: str) -> Step:
    for step in get_args(Step):
        if step == name:
            return step  # type: ignore[no-any-return]
    raise unknown("command", name)


def _known(reason: str) -> Reason | None:
    """A reason that is none shows all."""
    return next((known for known in REASONS if known == reason), None)
