"""`/imports`: a file is sent here, checked or imported; what was imported, and one import with its refused rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from volt_console.access.admission import ToImport
from volt_console.api.asked import Cursor, Name
from volt_console.api.imports import kind_named, known_import
from volt_console.console import Console
from volt_console.importing import FaultyFile, said
from volt_console.live.stream import Live
from volt_console.pages.html import render
from volt_console.queries.imports import import_rows, imported, imports
from volt_console.uploads import upload
from volt_console.views.changes import EVERYTHING
from volt_console.web.guard import LARGEST_UPLOAD
from volt_console.web.problems import Problem, unknown
from volt_contracts.ids import entity_key
from volt_imports.rows import Kind

MOST_SHOWN = 200
"""Faults on the page; the command line and the API have more."""


@dataclass(frozen=True)
class Imports:
    """The list as one browser looks at it."""

    console: Console
    cursor: str | None = None

    def concerns(self, keys: frozenset[str]) -> bool:
        """Any import of the tenant's."""
        begins = f"{self.console.tenant}/"
        return any(key == EVERYTHING or key.startswith(begins) for key in keys)

    async def fragments(self) -> Mapping[str, str]:
        """The list."""
        return {"imports": render("imports/list.html", **await self.values())}

    async def values(self) -> dict[str, Any]:
        """What the templates show."""
        return {
            "here": "imports",
            "me": self.console.principal,
            "page": await imports(self.console.database, self.console.tenant, cursor=self.cursor),
            "cursor": self.cursor,
            "kinds": get_args(Kind),
            "largest": LARGEST_UPLOAD >> 20,
            "stream": "/live/imports" + (f"?cursor={self.cursor}" if self.cursor else ""),
        }


@dataclass(frozen=True)
class OneImport:
    """One import as one browser looks at it."""

    console: Console
    import_id: str
    cursor: str | None = None

    def concerns(self, keys: frozenset[str]) -> bool:
        """Its own key."""
        own = entity_key(self.console.tenant, self.import_id)
        return any(key in (EVERYTHING, own) for key in keys)

    async def fragments(self) -> Mapping[str, str]:
        """How far it is, and what was refused."""
        values = await self.values()
        return {} if values is None else {"import": render("imports/one.html", **values)}

    async def values(self) -> dict[str, Any] | None:
        """What the templates show; None when there is no such import."""
        console = self.console
        found = await imported(console.database, console.tenant, self.import_id)
        if found is None:
            return None
        return {
            "here": "imports",
            "me": console.principal,
            "one": found,
            "rows": await import_rows(
                console.database, console.tenant, self.import_id, refused=True, cursor=self.cursor
            ),
            "cursor": self.cursor,
            "stream": f"/live/imports/{self.import_id}" + (f"?cursor={self.cursor}" if self.cursor else ""),
        }


def add_imports(routes: APIRouter) -> None:
    """The pages, their streams, and the form that sends a file."""

    @routes.get("/imports")
    async def import_list(console: ToImport, cursor: Cursor = None) -> str:
        return render("imports.html", **_NOTHING, **await Imports(console, cursor).values())

    @routes.get("/live/imports")
    async def follow_imports(console: ToImport, cursor: Cursor = None) -> Response:
        return Live(Imports(console, cursor), console)

    @routes.post("/imports")
    async def send_file(console: ToImport, request: Request) -> Response:
        try:
            async with upload(request, None) as file:
                result = await console.importer.take(
                    file,
                    console.tenant,
                    console.actor,
                    kind=kind_named(file.fields.get("kind")),
                    key=file.fields.get("key") or None,
                    dry_run=file.fields.get("do") != "import",
                )
        except FaultyFile as faulty:
            faults = [said(fault) for fault in faulty.faults[:MOST_SHOWN]]
            return await _shown(console, faulty=faulty.report, faults=faults, status=422)
        except Problem as problem:
            return await _shown(console, problem=problem.details.detail, status=problem.details.status)
        if result.outcomes is not None:
            return RedirectResponse(f"/imports/{result.id}", 303)
        return await _shown(console, checked=result)

    @routes.get("/imports/{import_id}")
    async def one_import(console: ToImport, import_id: Name, cursor: Cursor = None) -> str:
        values = await OneImport(console, import_id, cursor).values()
        if values is None:
            raise unknown("import", import_id)
        return render("import.html", **values)

    @routes.get("/live/imports/{import_id}")
    async def follow_import(console: ToImport, import_id: Name, cursor: Cursor = None) -> Response:
        await known_import(console, import_id)
        return Live(OneImport(console, import_id, cursor), console)


_NOTHING: Mapping[str, Any] = {"checked": None, "faulty": None, "faults": [], "problem": None}


async def _shown(console: Console, *, status: int = 200, **said: Any) -> Response:
    """The page with what became of the file."""
    values = {**_NOTHING, **said, **await Imports(console).values()}
    return HTMLResponse(render("imports.html", **values), status)
