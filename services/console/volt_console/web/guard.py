"""What every request passes first: the host's name, same origin for whatever changes something, the size of the body.

Without a login, the browser is the only thing that stands between a foreign page and the stations. A name that points
here from outside (DNS rebinding) is refused by the Host check, a foreign page's form by Sec-Fetch-Site and Origin.
"""

from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from volt_console.web.problems import Problem, respond

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_BODY = 64 * 1024
LARGEST_UPLOAD = 256 * 1024 * 1024
UPLOADS = frozenset({"/api/v1/imports", "/imports"})
"""Where files are sent to. What comes without a stated length is counted by whoever takes it, and refused whole before
it would be cut off here."""
FORM = 64 * 1024
"""What stands around a file in a form."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """ASGI middleware; a request that it refuses never reaches the application."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = _largest(scope)
        why = self._why_not(scope["method"], Headers(scope=scope), largest)
        app = self._app if why is None else respond(Request(scope), why)
        await app(scope, _bounded(receive, largest), _guarded(send))

    def _why_not(self, method: str, headers: Headers, largest: int) -> Problem | None:
        host = headers.get("host", "")
        if _name(host) not in self._hosts:
            return Problem(421, "foreign-host", "Foreign host", f"This console is not called `{host[:80]}`.")
        if method not in SAFE and not _same_origin(headers, host):
            return Problem(403, "foreign-origin", "Foreign origin", "Only this console's own pages may ask for that.")
        if int(_digits(headers.get("content-length"))) > largest:
            return Problem(413, "too-large", "Too large", f"A request's body may have {largest} bytes.")
        return None


def _same_origin(headers: Headers, host: str) -> bool:
    """Browsers say where a request comes from; other programs say nothing and are let in."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == host


def _name(host: str) -> str:
    """A Host header without its port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _digits(length: str | None) -> str:
    return length if length is not None and length.isascii() and length.isdigit() else "0"


def _largest(scope: Scope) -> int:
    """How many bytes a request may bring."""
    return LARGEST_UPLOAD + FORM if scope["path"] in UPLOADS else LARGEST_BODY


def _bounded(receive: Receive, largest: int) -> Receive:
    """A body without a stated length is cut off where it grows too large: what is left does not parse."""
    left = largest

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        if message["type"] == "http.request":
            left -= len(message.get("body", b""))
            if left < 0:
                return {"type": "http.request", "body": b"", "more_body": False}
        return message

    return bounded


def _guarded(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            _add(MutableHeaders(scope=message), HEADERS.items())
        await send(message)

    return guarded


def _add(headers: MutableHeaders, extra: Iterable[tuple[str, str]]) -> None:
    for name, value in extra:
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store")
