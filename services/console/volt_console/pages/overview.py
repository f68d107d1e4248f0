"""`/`: the network at a glance: numbers that lead to lists, locations, who charges now and who just left."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from volt_console.console import Console
from volt_console.pages.html import render
from volt_console.queries import session_list, sessions, station_list
from volt_console.queries.session_list import SessionFilter
from volt_console.queries.station_list import Sort
from volt_console.views.changes import EVERYTHING

MOST_STATIONS = 20
MOST_RUNNING = 12
PARTS = ("counts", "places", "stations", "running", "ended")


@dataclass(frozen=True)
class Overview:
    """The overview: of a small network every station, of a large one those whose links changed last."""

    console: Console

    def concerns(self, keys: frozenset[str]) -> bool:
        """Any change of the tenant's may change a number."""
        return any(key == EVERYTHING or key.startswith(f"{self.console.tenant}/") for key in keys)

    async def fragments(self) -> Mapping[str, str]:
        """The fragments that follow the views."""
        values = await self.values()
        return {name: render(f"overview/{name}.html", **values) for name in PARTS}

    async def values(self) -> dict[str, Any]:
        """What the templates show."""
        console, tenant = self.console, self.console.tenant
        counts = await console.counts.of(tenant)
        small = counts.stations <= MOST_STATIONS
        order: Sort = "identity" if small else "-changed"
        places, page, running, ended = await asyncio.gather(
            console.counts.places(tenant),
            station_list.stations(console.database, tenant, sort=order, limit=MOST_STATIONS),
            session_list.sessions(console.database, tenant, SessionFilter(state="running"), limit=MOST_RUNNING),
            sessions.lately_ended(console.database, tenant),
        )
        return {
            "here": "overview",
            "me": console.principal,
            "policy": console.policy(),
            "gateway_url": console.settings.station_address,
            "counts": counts,
            "places": places,
            "small": small,
            "stations": page.items,
            "running": running.items,
            "more_running": running.next is not None,
            "ended": ended,
            "stream": "/live/overview",
        }
