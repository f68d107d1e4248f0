"""A route gets the console only by naming the right that it needs: `console: ToSee`.

Without anybody known it is 401, without the right 403. What a route is given bears the principal, so that every query
names its tenant and every command its actor.
"""

from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from volt_console.access.principal import Principal
from volt_console.access.rights import RIGHTS, Right
from volt_console.console import Console
from volt_console.web.problem_page import page_wanted
from volt_console.web.problems import Problem, SignInFirst

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Security(HTTPBearer(auto_error=False, description="An API key (`vlk_…`), or an access token of the issuer.")),
]


def here(request: Request) -> Console:
    """The console as nobody: its views and settings, and no tenant."""
    return cast(Console, request.app.state.console)


async def admitted(
    needed: SecurityScopes, request: Request, console: Annotated[Console, Depends(here)], _bearer: Bearer
) -> Console:
    """The console as whoever asks may use it. Raises a 401 or 403 problem; a browser is sent to sign in."""
    principal: Principal | None = await console.door.principal(request)
    if principal is None:
        raise SignInFirst(request) if _is_page(request) else signed_out()
    request.state.principal = principal
    for right in needed.scopes:
        require(principal, cast(Right, right))
    return console.seen_by(principal)


def require(principal: Principal, right: Right) -> None:
    """Raises a 403 problem unless the principal has the right."""
    if not principal.may(right):
        raise Problem(403, "not-allowed", "Not allowed", f"You may not {RIGHTS[right]} (right `{right}`).")


def signed_out(detail: str = "Sign in, or send an API key as bearer token.") -> Problem:
    """401: nobody is known."""
    return Problem(401, "signed-out", "Not signed in", detail, headers={"WWW-Authenticate": "Bearer"})


def _is_page(request: Request) -> bool:
    """Whether a browser asks for a whole page, which it can get when it comes back."""
    return request.method == "GET" and page_wanted(request) and request.headers.get("hx-request") is None


Here = Annotated[Console, Depends(here)]
ToSee = Annotated[Console, Security(admitted, scopes=["see"])]
ToCommand = Annotated[Console, Security(admitted, scopes=["command"])]
ToOnboard = Annotated[Console, Security(admitted, scopes=["onboard"])]
ToMend = Annotated[Console, Security(admitted, scopes=["dead_letters"])]
ToAudit = Annotated[Console, Security(admitted, scopes=["audit"])]
ToKeepKeys = Annotated[Console, Security(admitted, scopes=["keys"])]
ToKeepTokens = Annotated[Console, Security(admitted, scopes=["tokens"])]
ToSet = Annotated[Console, Security(admitted, scopes=["settings"])]
ToImport = Annotated[Console, Security(admitted, scopes=["imports"])]
