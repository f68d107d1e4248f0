"""`/`: the network at a glance, a page of stations, who charges now and who just left."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from volt_console.console import Console
from volt_console.pages.html import render
from volt_console.queries import sessions, stations
from volt_console.queries.stations import Show
from volt_console.views.changes import EVERYTHING

MOST_RUNNING = 12


@dataclass(frozen=True)
class Overview:
    """The overview as one browser looks at it: which stations it searches, and how far it has paged."""

    console: Console
    search: str = ""
    show: Show = "all"
    cursor: str | None = None

    def concerns(self, keys: frozenset[str]) -> bool:
        """Any change of the tenant's may change a number."""
        return any(key == EVERYTHING or key.startswith(f"{self.console.tenant}/") for key in keys)

    async def fragments(self) -> Mapping[str, str]:
        """The fragments that follow the views."""
        values = await self.values()
        parts = {"counts": "counts", "stations": "stations", "running": "running", "ended": "ended"}
        return {name: render(f"overview/{part}.html", **values) for name, part in parts.items()}

    async def values(self) -> dict[str, Any]:
        """What the templates show."""
        console = self.console
        counts, page, running, ended = await asyncio.gather(
            console.counts.of(console.tenant),
            stations.stations(console.database, console.tenant, search=self.search, show=self.show, cursor=self.cursor),
            sessions.sessions(console.database, console.tenant, state="running", limit=MOST_RUNNING),
            sessions.lately_ended(console.database, console.tenant),
        )
        return {
            "here": "overview",
            "me": console.principal,
            "policy": console.policy(),
            "gateway_url": console.settings.station_address,
            "counts": counts,
            "page": page,
            "running": running.items,
            "more_running": running.next is not None,
            "ended": ended,
            "search": self.search,
            "show": self.show,
            "cursor": self.cursor,
            "stream": self.address("/live/overview", self.cursor),
            "first_page": self.address("/", None),
            "next_page": self.address("/", page.next),
        }

    def address(self, path: str, cursor: str | None) -> str:
        """`path` with what is searched for, from `cursor` on."""
        wanted = {"q": self.search, "show": "" if self.show == "all" else self.show, "cursor": cursor or ""}
        query = urlencode({name: value for name, value in wanted.items() if value})
        return f"{path}?{query}" if query else path
