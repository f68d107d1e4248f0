"""A problem as a person sees it: a page, or a line where a button's answer stands."""

from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import HTMLResponse

from volt_console.access.principal import NOBODY, Principal
from volt_console.pages.html import render


def page_wanted(request: Request) -> bool:
    """Whether a browser asked for a page; the API always answers JSON."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def who(request: Request) -> Principal:
    """Whoever was let in, or nobody."""
    found: Principal = getattr(request.state, "principal", NOBODY)
    return found


def problem_page(request: Request, title: str, detail: str, status: int, headers: Mapping[str, str]) -> HTMLResponse:
    """The page, or for htmx the line."""
    template = "answer_problem.html" if request.headers.get("hx-request") else "problem.html"
    return HTMLResponse(
        render(template, me=who(request), title=title, detail=detail, status=status), status, dict(headers)
    )
