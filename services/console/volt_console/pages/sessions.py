"""`/sessions`: visits, the latest opened first, searched and filtered, a page at a time."""

import asyncio

from volt_console.api.sessions import SessionsAsked
from volt_console.console import Console
from volt_console.pages.address import address
from volt_console.pages.html import render
from volt_console.pages.suspicions import REASONS
from volt_console.queries import session_list

STATES = {"": "all", "running": "running", "ended": "ended", "finalised": "final"}
SIZES = (20, 50, 100, 200)
FOLDED = ("suspect", "revised", "opened_from", "opened_before", "station_uid", "location", "token_ref")


async def visits_page(console: Console, asked: SessionsAsked) -> str:
    """The page."""
    page, found = await asyncio.gather(
        session_list.sessions(console.database, console.tenant, asked.wanted, cursor=asked.cursor, limit=asked.limit),
        session_list.how_many(console.database, console.tenant, asked.wanted),
    )
    begin = asked.model_copy(update={"cursor": None})
    return render(
        "sessions.html",
        here="sessions",
        me=console.principal,
        asked=asked,
        page=page,
        found=min(found, session_list.MOST_COUNTED),
        more_found=found > session_list.MOST_COUNTED,
        folded=sum(getattr(asked, name) is not None for name in FOLDED),
        states=STATES,
        reasons=REASONS,
        sizes_offered=SIZES,
        first_page=address("/sessions", begin) if asked.cursor else None,
        prev_page=address("/sessions", begin, cursor=page.prev) if page.prev else None,
        next_page=address("/sessions", begin, cursor=page.next) if page.next else None,
        sheet=address("/api/v1/sessions", begin, limit=None, format="csv"),
    )
