"""`/api/v1/audit`: who asked for what, and what came of it; as JSON by pages, or all of it as CSV."""

import csv
from collections.abc import AsyncIterator, Sequence
from io import StringIO
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import AwareDatetime

from volt_console.access.admission import ToAudit
from volt_console.api.asked import PROBLEMS, Cursor, Limit, fresh
from volt_console.console import Console
from volt_console.queries.audit import AuditLine, Search, audit_trail, whole_trail
from volt_console.queries.cursor import Page
from volt_console.views import AUDIT_TRAIL

CSV = "text/csv"
COLUMNS = (
    "at", "actor", "actor_kind", "command", "entity_kind", "entity", "entity_name", "outcome", "sentence",
    "command_id", "correlation_id",
)  # fmt: skip

Actor = Annotated[str, Query(max_length=300, description="Part of `kind:id`, such as `operator:`.")]
Entity = Annotated[str, Query(max_length=100, description="A uid, or part of a station's identity.")]
Since = Annotated[AwareDatetime | None, Query(description="From this time on.")]
Until = Annotated[AwareDatetime | None, Query(description="Before this time.")]


def router() -> APIRouter:
    """The one operation."""
    routes = APIRouter(prefix="/audit", tags=["audit"], responses=PROBLEMS)
    found: dict[int | str, dict[str, Any]] = {
        200: {"content": {CSV: {}}, "description": "A page as JSON, or everything that is found as CSV."}
    }

    @routes.get(
        "", dependencies=[Depends(fresh(AUDIT_TRAIL))], responses={**PROBLEMS, **found}, response_model=Page[AuditLine]
    )
    async def read_audit_trail(
        console: ToAudit,
        request: Request,
        actor: Actor = "",
        entity: Entity = "",
        since: Since = None,
        until: Until = None,
        cursor: Cursor = None,
        limit: Limit = 50,
        format: Literal["json", "csv"] | None = None,
    ) -> Page[AuditLine] | Response:
        """Every command of the tenant with who asked and what came of it, the latest first."""
        search = Search(actor=actor, entity=entity, since=since, until=until)
        if format == "csv" or (format is None and CSV in request.headers.get("accept", "")):
            return csv_of(console, search)
        return await audit_trail(console.database, console.tenant, search, cursor, limit)

    return routes


def csv_of(console: Console, search: Search) -> Response:
    """All of the trail that is looked for."""
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(_rows(console, search), media_type=CSV, headers=headers)


async def _rows(console: Console, search: Search) -> AsyncIterator[str]:
    yield _text([COLUMNS])
    async for lines in whole_trail(console.database, console.tenant, search):
        yield _text([[harmless(getattr(line, name)) for name in COLUMNS] for line in lines])


def harmless(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _text(rows: Sequence[Sequence[str]]) -> str:
    written = StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
