"""`/sessions`: all visits, the latest opened first, a page at a time."""

from urllib.parse import urlencode

from volt_console.console import Console
from volt_console.pages.html import render
from volt_console.queries import sessions
from volt_console.queries.sessions import State


async def session_list(console: Console, state: State | None, cursor: str | None) -> str:
    """The page."""
    page = await sessions.sessions(console.database, console.tenant, state=state, cursor=cursor)
    return render(
        "sessions.html",
        here="sessions",
        me=console.principal,
        page=page,
        state=state,
        cursor=cursor,
        first_page=_address(state, None),
        next_page=_address(state, page.next),
    )


def _address(state: State | None, cursor: str | None) -> str:
    query = urlencode({name: value for name, value in {"state": state, "cursor": cursor}.items() if value})
    return f"/sessions?{query}" if query else "/sessions"
