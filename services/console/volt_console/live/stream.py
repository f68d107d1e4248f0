"""The stream of one open page: what changed on its screen, as fragments that htmx puts in place (WHATWG HTML §9.2).

At most four updates a second; a screen that is dear to draw is drawn less often, so that one page hardly takes more
than a tenth of the process, but every few seconds all the same: on a busy machine all screens are slow. Only fragments
whose HTML differs from what the page already has are sent.
"""

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from volt_console.console import Console
from volt_console.live.changes import Follower
from volt_console.queries.database import DATABASE_AWAY

PACE_S = 0.25
RESTS = 10
"""A drawing is followed by a rest of so many times what it took."""
LONGEST_REST_S = 5.0
HEARTBEAT_S = 15.0
AWAY_S = 2.0
"""How long to wait before a screen is drawn again that could not be drawn."""

HEARTBEAT = b": still here\n\n"


class Screen(Protocol):
    """What a page shows: fragments of HTML by the id of the element that holds them."""

    def concerns(self, keys: frozenset[str]) -> bool:
        """Whether a change of these record keys can change the screen."""

    async def fragments(self) -> Mapping[str, str]:
        """The screen, drawn now."""


class Live(StreamingResponse):
    """A response that follows a screen until the browser leaves or the process stops."""

    def __init__(self, screen: Screen, console: Console) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(iter(()), media_type="text/event-stream", headers=headers)
        self._screen = screen
        self._changes = console.changes
        self._until = console.principal.until

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; the page stops following when this returns, however it ends."""
        with self._changes.follow() as follower:
            self.body_iterator = stream(self._screen, follower, self._until)
            await super().__call__(scope, receive, send)


async def stream(screen: Screen, follower: Follower, until: datetime | None = None) -> AsyncGenerator[bytes, None]:
    """Server-sent events: at first the whole screen, then what changes; comments while nothing does.

    Whoever may look until a certain time is told then that this is over.
    """
    shown: dict[str, str] = {}
    while not follower.closed and not _over(until):
        follower.take()
        began = monotonic()
        try:
            fragments = await screen.fragments()
        except DATABASE_AWAY:
            yield event("away", "The database does not answer.")
            await follower.rest(AWAY_S)
            continue
        changed = {name: html for name, html in fragments.items() if shown.get(name) != html}
        if changed:
            shown.update(changed)
            yield event("", "".join(partial(name, html) for name, html in changed.items()))
        await follower.rest(min(LONGEST_REST_S, max(PACE_S, RESTS * (monotonic() - began))))
        while not (follower.closed or _over(until) or screen.concerns(follower.take())):
            if not await follower.changed(HEARTBEAT_S):
                yield HEARTBEAT
    if _over(until):
        yield event("signed-out", "Sign in again.")


def _over(until: datetime | None) -> bool:
    return until is not None and datetime.now(UTC) >= until


def partial(name: str, html: str) -> str:
    """A fragment that htmx morphs into the element with this id: focus, scrolling and open details stay."""
    return f'<hx-partial hx-target="#{name}" hx-swap="innerMorph">{html}</hx-partial>'


def event(name: str, data: str) -> bytes:
    """One event. A line break in the data would end it, so each line is a field of its own."""
    lines = [f"event: {name}"] if name else []
    lines += [f"data: {line}" for line in data.splitlines() or [""]]
    return ("\n".join(lines) + "\n\n").encode()
