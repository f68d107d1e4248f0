"""`/dead-letters`: keys that stand still with what made them fail and a button to release them; unreadable records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from volt_console.access.admission import ToMend
from volt_console.api.asked import Cursor
from volt_console.api.dead_letters import released
from volt_console.commands import Body
from volt_console.console import Console
from volt_console.live.stream import Live
from volt_console.pages import forms
from volt_console.pages.html import render
from volt_console.queries.dead_letters import Standing, parked_keys
from volt_console.views.changes import EVERYTHING

Wanted = Annotated[str, Query(max_length=40)]
STATES: Mapping[Standing, str] = {
    "parked": "Standing still",
    "catching_up": "Catching up",
    "released": "Released",
}


@dataclass(frozen=True)
class DeadLetters:
    """The list as one browser looks at it."""

    console: Console
    state: Standing | None = None
    cursor: str | None = None

    def concerns(self, keys: frozenset[str]) -> bool:
        """Any change of the tenant's."""
        begins = f"{self.console.tenant}/"
        return any(key == EVERYTHING or key.startswith(begins) for key in keys)

    async def fragments(self) -> Mapping[str, str]:
        """The keys; records are fetched from the log only when the page is opened."""
        return {"parked": render("dead_letters/parked.html", **await self.values())}

    async def values(self) -> dict[str, Any]:
        """What the templates show."""
        console = self.console
        page = await parked_keys(console.database, console.tenant, state=self.state, cursor=self.cursor)
        return {
            "here": "dead_letters",
            "me": console.principal,
            "page": page,
            "state": self.state,
            "states": STATES,
            "cursor": self.cursor,
            "stream": self.address("/live/dead-letters", self.cursor),
            "first_page": self.address("/dead-letters", None),
            "next_page": self.address("/dead-letters", page.next),
        }

    def address(self, path: str, cursor: str | None) -> str:
        """`path` with what is chosen, from `cursor` on."""
        query = urlencode({name: value for name, value in {"state": self.state, "cursor": cursor}.items() if value})
        return f"{path}?{query}" if query else path


def add_dead_letters(routes: APIRouter) -> None:
    """The page, its stream and its button."""

    @routes.get("/dead-letters")
    async def dead_letters(console: ToMend, state: Wanted = "", cursor: Cursor = None) -> str:
        return await _page(DeadLetters(console, _known(state), cursor), "")

    @routes.get("/live/dead-letters")
    async def follow_dead_letters(console: ToMend, state: Wanted = "", cursor: Cursor = None) -> Response:
        return Live(DeadLetters(console, _known(state), cursor), console)

    @routes.post("/dead-letters/release")
    async def release(console: ToMend, request: Request) -> Response:
        filled = await forms.fields(request)
        result = await released(console, filled.get("lane", ""), filled.get("entity", ""), Body())
        answer = render("answer.html", name=forms.NAMES["release"], result=result, password=None)
        if request.headers.get("hx-request") is None:
            answer = await _page(DeadLetters(console), answer)
        return HTMLResponse(answer)


async def _page(screen: DeadLetters, answer: str) -> str:
    records = await screen.console.dead_records(screen.console.tenant)
    return render("dead_letters.html", answer=answer, records=records, **await screen.values())


def _known(state: str) -> Standing | None:
    """A state that is none shows all."""
    return next((known for known in get_args(Standing) if known == state), None)
