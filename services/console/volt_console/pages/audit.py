"""`/audit`: the trail of all commands, searched by who, what and when."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from volt_console.access.admission import ToAudit
from volt_console.api.asked import Cursor
from volt_console.pages.html import render
from volt_console.queries.audit import Search, audit_trail
from volt_console.web.problems import Problem

Text = Annotated[str, Query(max_length=300)]
Day = Annotated[str, Query(max_length=10)]


def add_audit(routes: APIRouter) -> None:
    """The page."""

    @routes.get("/audit", response_class=HTMLResponse)
    async def audit(
        console: ToAudit, actor: Text = "", entity: Text = "", since: Day = "", until: Day = "", cursor: Cursor = None
    ) -> str:
        begin, last = _day(since), _day(until)
        end = None if last is None else last + timedelta(days=1)
        search = Search(actor=actor.strip(), entity=entity.strip()[:100], since=begin, until=end)
        page = await audit_trail(console.database, console.tenant, search, cursor)
        wanted = {"actor": actor, "entity": entity, "since": since, "until": until}
        period = {name: at.isoformat() for name, at in (("since", begin), ("until", end)) if at is not None}
        return render(
            "audit.html",
            here="audit",
            me=console.principal,
            page=page,
            wanted=wanted,
            cursor=cursor,
            searching=any(wanted.values()),
            first_page=_address("/audit", wanted),
            next_page=_address("/audit", {**wanted, "cursor": page.next or ""}),
            as_csv=_address(
                "/api/v1/audit", {"actor": search.actor, "entity": search.entity, **period, "format": "csv"}
            ),
        )


def _address(path: str, wanted: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"{path}?{query}" if query else path


def _day(text: str) -> datetime | None:
    """The begin of a day, in UTC. Raises a 422 problem."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError as wrong:
        raise Problem(422, "invalid-request", "Not a day", "A day is written like 2026-11-26.") from wrong
