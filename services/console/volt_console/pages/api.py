"""`/api`: what programs can do, for people who read; from the same document that programs read."""

from dataclasses import dataclass

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from volt_console.access.admission import ToSee
from volt_console.pages.html import render


@dataclass(frozen=True)
class Operation:
    """A line of the list."""

    method: str
    path: str
    summary: str


def router(app: FastAPI) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @routes.get("/api")
    async def api(console: ToSee, request: Request) -> str:
        address = f"{request.url.scheme}://{request.url.netloc}"
        return render("api.html", here="api", me=console.principal, address=address, operations=operations(app))

    return routes


def operations(app: FastAPI) -> list[Operation]:
    """Every operation of the OpenAPI document; the first sentence of its description says what it does."""
    return [
        Operation(method, path, str(found.get("description", found.get("summary", ""))))
        for path, methods in app.openapi()["paths"].items()
        for method, found in methods.items()
    ]
