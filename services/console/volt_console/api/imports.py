"""`/api/v1/imports`: a whole network from one file, checked whole, in one transaction or not at all."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from volt_console.access.admission import ToImport
from volt_console.api.answers import PENDING
from volt_console.api.asked import PROBLEMS, Cursor, IdempotencyKey, Limit, Name, fresh, problems
from volt_console.console import Console
from volt_console.importing import FaultyFile, ImportResult
from volt_console.queries.cursor import Page
from volt_console.queries.imports import Imported, ImportedRow, import_rows, imported, imports
from volt_console.uploads import ENDINGS, FORM, upload
from volt_console.views import COMMAND_OUTCOMES, IMPORTED
from volt_console.web.problems import unknown
from volt_contracts.message import OutcomeWord
from volt_imports.rows import Kind

FileName = Annotated[
    str | None, Query(max_length=200, description="What the file is called, where its type does not tell.")
]
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_IN_A_FORM = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": _BINARY["schema"], "kind": {"type": "string", "enum": list(get_args(Kind))}},
    }
}
BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {FORM: _IN_A_FORM} | dict.fromkeys(ENDINGS, _BINARY)}
}
_CSV_PAGE = 5_000


def router() -> APIRouter:
    """The operations on imports."""
    routes = APIRouter(prefix="/imports", tags=["imports"], responses=PROBLEMS)

    @routes.post(
        "", openapi_extra=BODY, responses={**problems(422), PENDING: {"description": "Sent; outcomes are under way."}}
    )
    async def import_file(
        console: ToImport,
        request: Request,
        response: Response,
        name: FileName = None,
        kind: Kind | None = None,
        dry_run: bool = False,
        idempotency_key: IdempotencyKey = None,
    ) -> ImportResult:
        """Import a file; 422 names each fault by line and column. The same key imports the same file once."""
        async with upload(request, name) as file:
            wanted = kind or kind_named(file.fields.get("kind"))
            try:
                result = await console.importer.take(
                    file, console.tenant, console.actor, kind=wanted, key=idempotency_key, dry_run=dry_run
                )
            except FaultyFile as faulty:
                raise faulty.problem from faulty
        if result.outcomes is not None:
            response.headers["Location"] = f"/api/v1/imports/{result.id}"
        if not result.complete:
            response.status_code = PENDING
        return result

    @routes.get("", dependencies=[Depends(fresh(IMPORTED, COMMAND_OUTCOMES))])
    async def list_imports(console: ToImport, cursor: Cursor = None, limit: Limit = 50) -> Page[Imported]:
        """Imports, the latest first."""
        return await imports(console.database, console.tenant, cursor=cursor, limit=limit)

    @routes.get("/{import_id}", dependencies=[Depends(fresh(IMPORTED, COMMAND_OUTCOMES))])
    async def one_import(console: ToImport, import_id: Name) -> Imported:
        """One import, with how many of its rows had which outcome."""
        return await known_import(console, import_id)

    @routes.get(
        "/{import_id}/rows",
        dependencies=[Depends(fresh(IMPORTED, COMMAND_OUTCOMES))],
        response_model=Page[ImportedRow],
        responses={200: {"content": {"text/csv": {}}}},
    )
    async def list_rows(
        console: ToImport,
        request: Request,
        import_id: Name,
        outcome: OutcomeWord | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[ImportedRow] | Response:
        """Its rows by line, each with its outcome, for 30 days; all of them as CSV with `Accept: text/csv`."""
        await known_import(console, import_id)
        if request.headers.get("accept", "").startswith("text/csv"):
            headers = {"Content-Disposition": f'attachment; filename="import-{import_id}.csv"'}
            return StreamingResponse(_as_csv(console, import_id, outcome), media_type="text/csv", headers=headers)
        return await import_rows(
            console.database, console.tenant, import_id, outcome=outcome, cursor=cursor, limit=limit
        )

    return routes


async def known_import(console: Console, import_id: str) -> Imported:
    """The import of that id. Raises a 404 problem."""
    found = await imported(console.database, console.tenant, import_id)
    if found is None:
        raise unknown("import", import_id)
    return found


def kind_named(text: str | None) -> Kind | None:
    """The kind of rows that a form names; empty: whatever the file tells."""
    return next((kind for kind in get_args(Kind) if kind == text), None)


async def _as_csv(console: Console, import_id: str, outcome: OutcomeWord | None) -> AsyncIterator[str]:
    cursor: str | None = None
    lines: list[tuple[str, ...]] = [("line", "row", "kind", "entity", "outcome", "sentence")]
    while True:
        page = await import_rows(
            console.database, console.tenant, import_id, outcome=outcome, cursor=cursor, limit=_CSV_PAGE
        )
        for row in page.items:
            lines.append((str(row.line), row.place, row.kind, row.entity, row.outcome, row.sentence or ""))
        text = io.StringIO()
        csv.writer(text).writerows(lines)
        yield text.getvalue()
        cursor, lines = page.next, []
        if cursor is None:
            return
