"""`/sign-in`, `/sign-in/back`, `/sign-out`: the authorization code flow with PKCE, state and nonce.

Nothing is kept here between the steps: the state is signed and bound to a cookie of the browser that began. Who signs
out loses the cookie; a copy of it would be good until its time is over.
"""

from dataclasses import dataclass
from secrets import token_hex
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from volt_console.access.claims import Claims
from volt_console.access.errors import BadToken
from volt_console.access.issuer import Issuer
from volt_console.access.loopback import is_loopback
from volt_console.access.principal import NOBODY
from volt_console.access.seal import SIGN_IN_WITHIN, Seal
from volt_console.pages.html import render
from volt_console.web.problems import Problem

SESSION = "voltlog-session"
BROWSER = "voltlog-sign-in"
BACK = "/sign-in/back"

Text = Annotated[str, Query(max_length=4096)]


@dataclass(frozen=True)
class Way:
    """How browsers reach this console. `url` is empty where the request says it."""

    url: str
    scope: str
    session_s: int

    def address(self, request: Request) -> str:
        """Of this console, without a slash at its end."""
        return (self.url or str(request.base_url)).rstrip("/")

    def secure(self, request: Request) -> bool:
        """Whether cookies travel by TLS only: everywhere but on this machine."""
        return self.address(request).startswith("https:") or not is_loopback(request.url.hostname or "")


def cookie(name: str, secure: bool) -> str:
    """The name that a cookie has: a browser takes `__Host-` only by TLS, for this host and all of its paths."""
    return f"__Host-{name}" if secure else name


def sign_in_pages(issuer: Issuer, claims: Claims, seal: Seal, way: Way) -> APIRouter:
    """The pages that somebody needs to come in and to leave."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @routes.get("/sign-in")
    async def sign_in(request: Request, next: Text = "/") -> Response:
        secure = way.secure(request)
        browser = request.cookies.get(cookie(BROWSER, secure)) or token_hex(16)
        attempt = seal.sign_in(browser, own_page(next))
        address = await issuer.sign_in_address(
            scope=way.scope,
            redirect_uri=way.address(request) + BACK,
            state=attempt.state,
            nonce=attempt.nonce,
            challenge=attempt.challenge,
        )
        return _with(RedirectResponse(address, 303), BROWSER, browser, int(SIGN_IN_WITHIN.total_seconds()), secure)

    @routes.get(BACK)
    async def come_back(request: Request, state: Text = "", code: Text = "", error: Text = "") -> Response:
        secure = way.secure(request)
        try:
            attempt = seal.resumed(request.cookies.get(cookie(BROWSER, secure), ""), state)
            if error or not code:
                raise BadToken("the issuer did not let you in")
            token = await issuer.exchange(code, attempt.verifier, way.address(request) + BACK)
            principal = claims.principal(await issuer.claims(token, issuer.client_id, attempt.nonce))
        except BadToken as why:
            detail = f"You could not be signed in: {why}. Begin again from the overview."
            raise Problem(403, "not-signed-in", "Not signed in", detail) from why
        answer = RedirectResponse(attempt.back_to, 303)
        return _with(answer, SESSION, seal.session(principal), way.session_s, secure)

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        page = render("signed_out.html", me=NOBODY, here="", elsewhere=await issuer.sign_out_address())
        return _with(HTMLResponse(page), SESSION, "", 0, way.secure(request))

    return routes


def own_page(wanted: str) -> str:
    """Where to go afterwards: a path of this console, whatever an address asks for."""
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith(("//", "/sign-")) else "/"


def _with(answer: Response, name: str, value: str, max_age: int, secure: bool) -> Response:
    answer.set_cookie(
        cookie(name, secure), value, max_age=max_age, path="/", secure=secure, httponly=True, samesite="lax"
    )
    return answer
