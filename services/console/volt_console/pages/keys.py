"""`/keys`: the API keys of the tenant, a form that makes one, and a button that revokes one."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from volt_console.access.admission import ToKeepKeys
from volt_console.access.rights import RIGHTS
from volt_console.api.asked import Cursor, Name
from volt_console.api.keys import make_key, revoke_key
from volt_console.console import Console
from volt_console.keys import KeyBody, listed
from volt_console.live.stream import partial
from volt_console.pages.html import render
from volt_console.web.problems import Problem

LASTS = {"30": "30 days", "90": "90 days", "365": "a year", "": "until it is revoked"}
"""How long a key may be good: days → words."""


def add_keys(routes: APIRouter) -> None:
    """The page and what its buttons ask for."""

    @routes.get("/keys")
    async def keys(console: ToKeepKeys, cursor: Cursor = None) -> str:
        return render("keys.html", answer="", **_values(console, cursor))

    @routes.post("/keys")
    async def make(console: ToKeepKeys, request: Request) -> Response:
        made = await make_key(console, _body(parse_qsl((await request.body()).decode("utf-8", "replace"))))
        return _answered(console, request, render("keys/made.html", made=made))

    @routes.post("/keys/{key_id}/revoke")
    async def revoke(console: ToKeepKeys, key_id: Name, request: Request) -> Response:
        result = await revoke_key(console, key_id)
        return _answered(console, request, render("answer.html", name="Revoke", result=result, password=None))


def _answered(console: Console, request: Request, answer: str) -> Response:
    """The line and the list as it is now, or without htmx the whole page."""
    values = _values(console, None)
    if request.headers.get("hx-request") is None:
        return HTMLResponse(render("keys.html", answer=answer, **values))
    return HTMLResponse(answer + partial("keys", render("keys/list.html", **values)))


def _values(console: Console, cursor: str | None) -> dict[str, Any]:
    page = listed(console.key_rows, console.tenant, cursor)
    return {
        "here": "keys",
        "me": console.principal,
        "page": page,
        "cursor": cursor,
        "next_page": f"/keys?{urlencode({'cursor': page.next})}",
        "rights": {right: words for right, words in RIGHTS.items() if console.principal.may(right)},
        "lasts": LASTS,
    }


def _body(filled: list[tuple[str, str]]) -> KeyBody:
    """The form as the API takes it. Raises a 422 problem with one sentence."""
    said = dict(filled)
    days = said.get("days", "")
    if days not in LASTS:
        raise Problem(422, "invalid-request", "Not made", "Choose how long the key is good.")
    until = datetime.now(UTC) + timedelta(days=int(days)) if days else None
    scopes = [value for name, value in filled if name == "scope"]
    try:
        return KeyBody.model_validate({"name": said.get("name", ""), "scopes": scopes, "expires_at": until})
    except ValidationError as wrong:
        detail = "Say what the key is for, in 60 characters." if scopes else "Choose at least one thing that it may do."
        raise Problem(422, "invalid-request", "Not made", detail) from wrong
