"""Puts pages, API and static files together into one ASGI application behind its guard."""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from volt_console.access.dev_issuer import PATH as DEV_ISSUER
from volt_console.api import (
    accounts,
    audit,
    commands,
    dead_letters,
    imports,
    keys,
    onboarding,
    sessions,
    stations,
    tokens,
)
from volt_console.console import Console
from volt_console.pages import api as api_page
from volt_console.pages import routes
from volt_console.pages.html import STATIC
from volt_console.web import problems
from volt_console.web.guard import SAFE, Guard

A_YEAR = "public, max-age=31536000, immutable"


class Kept(StaticFiles):
    """Static files; pages name them with their hash, so that browsers need not ask again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file; only one that is asked for by its hash may be kept."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = A_YEAR if scope["query_string"].startswith(b"v=") else "no-cache"
        return response


def only_reads(scope: MutableMapping[str, Any]) -> bool:
    """Whether a request is not traced: pages are read all the time, commands are rare and always traced.

    A code that is exchanged is no command.
    """
    return scope.get("method") in SAFE or str(scope.get("path")).startswith(DEV_ISSUER)


def application(console: Console) -> FastAPI:
    """Everything but the guard."""
    app = FastAPI(
        title="Voltlog console API",
        version="1",
        summary="Stations, how they are let in, visits, commands, tokens and accounts of one tenant.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        telemetry={"operation_spans": False, "metrics": False, "logs": False, "exclude": only_reads},
    )
    app.state.console = console
    problems.install(app)
    v1 = APIRouter(prefix="/api/v1")
    for part in (stations, onboarding, sessions, commands, dead_letters, tokens, accounts, keys, audit, imports):
        v1.include_router(part.router())
    app.include_router(v1)
    app.include_router(routes.router())
    for way_in in console.door.routes():
        app.include_router(way_in)
    app.include_router(api_page.router(app))
    app.mount("/static", Kept(directory=STATIC))
    return app


def guarded(console: Console) -> ASGIApp:
    """What is served."""
    own = urlsplit(console.settings.console_url).hostname
    return Guard(application(console), (*console.settings.console_hosts, *((own,) if own else ())))
