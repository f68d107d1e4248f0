"""Errors as RFC 9457 problems: one shape for everything that goes wrong, with a sentence that a person understands."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from volt_console.access.errors import BadToken, IssuerAway
from volt_console.asking import KeyReused
from volt_console.live.changes import TooManyFollowers
from volt_console.queries.cursor import BadCursor
from volt_console.queries.database import DATABASE_AWAY
from volt_console.web.problem_page import page_wanted, problem_page
from volt_contracts.refs import NoSecret
from volt_eventlog.appender import AppendFailed
from volt_eventlog.kafka import KafkaError
from volt_runtime.log import logger

MEDIA_TYPE = "application/problem+json"

_log = logger("console")


class WrongPart(BaseModel):
    """One part of a request that is wrong; `pointer` is its JSON pointer."""

    pointer: str
    detail: str


class ProblemDetails(BaseModel):
    """A problem (RFC 9457 §3)."""

    type: str = Field(examples=["urn:voltlog:problem:unknown-station"])
    title: str
    status: int
    detail: str
    errors: list[WrongPart] | None = None


class Problem(Exception):
    """Raised wherever a request cannot be answered; `word` names the kind of problem."""

    def __init__(
        self,
        status: int,
        word: str,
        title: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: list[WrongPart] | None = None,
    ) -> None:
        super().__init__(detail)
        self.details = ProblemDetails(
            type=f"urn:voltlog:problem:{word}", title=title, status=status, detail=detail, errors=errors
        )
        self.headers = dict(headers or {})


class SignInFirst(Exception):
    """A person wants a page and is nobody yet: comes back to it after signing in."""

    def __init__(self, request: Request) -> None:
        super().__init__("sign in first")
        url = request.url
        self.address = "/sign-in?" + urlencode({"next": url.path + (f"?{url.query}" if url.query else "")})


def unknown(what: str, name: str) -> Problem:
    """404: the tenant has no such thing."""
    return Problem(404, f"unknown-{what}", f"Unknown {what}", f"There is no {what} `{name[:80]}`.")


def away(what: str, detail: str) -> Problem:
    """503: something that the answer needs cannot be reached now."""
    return Problem(503, f"{what}-away", f"{what.capitalize()} away", detail, headers={"Retry-After": "2"})


def respond(request: Request, problem: Problem) -> Response:
    """The problem as JSON, or as a page for a person who looks at pages."""
    status = problem.details.status
    if page_wanted(request):
        return problem_page(request, problem.details.title, problem.details.detail, status, problem.headers)
    body = problem.details.model_dump(exclude_none=True)
    return JSONResponse(body, status, problem.headers, media_type=MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """The problem that an error means to whoever asked."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            return _http(error)
        case BadCursor():
            return Problem(422, "bad-cursor", "Bad cursor", str(error))
        case KeyReused():
            return Problem(422, "key-reused", "Idempotency key used again", str(error))
        case BadToken():
            detail = f"Nobody can come in with that: {error}."
            return Problem(401, "signed-out", "Not signed in", detail, headers={"WWW-Authenticate": "Bearer"})
        case IssuerAway():
            return away("issuer", f"Nobody can be let in now: {error}.")
        case TooManyFollowers():
            return Problem(503, "too-many-pages", "Too many open pages", str(error), headers={"Retry-After": "30"})
        case AppendFailed() | KafkaError() | TimeoutError():
            return away("log", "The log does not answer; nothing can be sent or fetched now.")
        case psycopg.DataError():
            return Problem(422, "bad-value", "Bad value", "The database cannot hold such a value.")
        case NoSecret():
            return Problem(503, "no-secret", "No token secret", "VOLT_TOKEN_SECRET is not set.")
    if isinstance(error, DATABASE_AWAY):
        return away("database", "The database does not answer, or its tables are still being built.")
    _log.error("a request failed", exc=error)
    return Problem(500, "unexpected", "Unexpected error", "The console failed; its log says why.")


def _http(error: HTTPException) -> Problem:
    titles = {404: "Not found", 405: "Method not allowed"}
    title = titles.get(error.status_code, "Refused")
    return Problem(error.status_code, f"http-{error.status_code}", title, f"{error.detail}.", headers=error.headers)


def _invalid(error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(part["loc"][:1] == ("path",) for part in found):
        return Problem(404, "http-404", "Not found", "There is nothing by that name.")
    errors = [WrongPart(pointer=_pointer(part), detail=part["msg"]) for part in found]
    detail = "; ".join(f"{part.pointer}: {part.detail}" for part in errors[:3])
    return Problem(422, "invalid-request", "Invalid request", detail, errors=errors)


def _pointer(part: Mapping[str, Any]) -> str:
    return "".join(f"/{step}" for step in part["loc"][1:]) or "/"


ANSWERED: tuple[type[Exception], ...] = (
    Problem,
    HTTPException,
    RequestValidationError,
    BadCursor,
    KeyReused,
    BadToken,
    IssuerAway,
    TooManyFollowers,
    AppendFailed,
    KafkaError,
    TimeoutError,
    NoSecret,
    psycopg.DataError,
    *DATABASE_AWAY,
    Exception,
)


def install(app: FastAPI) -> None:
    """Answer every error with a problem."""

    async def answer(request: Request, error: Exception) -> Response:
        return respond(request, problem_of(error))

    async def send_to_sign_in(_request: Request, first: Exception) -> Response:
        return RedirectResponse(first.address if isinstance(first, SignInFirst) else "/", 303)

    app.add_exception_handler(SignInFirst, send_to_sign_in)
    for kind in ANSWERED:
        app.add_exception_handler(kind, answer)
