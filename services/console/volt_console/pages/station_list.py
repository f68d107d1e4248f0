"""`/stations`: the tenant's stations, searched, filtered and sorted, a page at a time."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from volt_console.api.stations import StationsAsked
from volt_console.console import Console
from volt_console.pages.address import address
from volt_console.pages.html import render
from volt_console.queries import station_list
from volt_console.views.changes import EVERYTHING

SORTS = {
    "identity": "by name",
    "-identity": "by name, backwards",
    "location": "by location",
    "-location": "by location, backwards",
    "-changed": "changed last",
    "changed": "unchanged longest",
}
SHOWN = ("all", "online", "charging", "available", "faulted", "offline", "suspect")
SIZES = (20, 50, 100, 200)
PROTOCOLS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
REGISTRATIONS = ("accepted", "pending", "rejected")
FOLDED = ("protocol", "vendor", "firmware", "location", "registration")
"""Filters that are out of sight until they are wanted."""


@dataclass(frozen=True)
class StationList:
    """A list of stations as one browser looks at it."""

    console: Console
    asked: StationsAsked

    def concerns(self, keys: frozenset[str]) -> bool:
        """Any change of the tenant's may bring a station into the list."""
        return any(key == EVERYTHING or key.startswith(f"{self.console.tenant}/") for key in keys)

    async def fragments(self) -> Mapping[str, str]:
        """The page's rows, and nothing of the other pages."""
        return {"stations": render("stations/rows.html", **await self._rows())}

    async def values(self) -> dict[str, Any]:
        """What the templates show."""
        console, asked = self.console, self.asked
        rows, found, choices = await asyncio.gather(
            self._rows(),
            station_list.how_many(console.database, console.tenant, asked.wanted),
            station_list.choices(console.database, console.tenant),
        )
        return {
            **rows,
            "here": "stations",
            "found": min(found, station_list.MOST_COUNTED),
            "more_found": found > station_list.MOST_COUNTED,
            "choices": choices,
            "folded": sum(getattr(asked, name) is not None for name in FOLDED),
            "sorts": SORTS,
            "shown": SHOWN,
            "sizes_offered": SIZES,
            "protocols": PROTOCOLS,
            "registrations": REGISTRATIONS,
            "stream": address("/live/stations", asked),
            "sheet": address("/api/v1/stations", self._without_cursor(), limit=None, format="csv"),
        }

    async def _rows(self) -> dict[str, Any]:
        console, asked = self.console, self.asked
        page = await station_list.stations(
            console.database, console.tenant, asked.wanted, sort=asked.sort, cursor=asked.cursor, limit=asked.limit
        )
        begin = self._without_cursor()
        return {
            "me": console.principal,
            "gateway_url": console.settings.station_address,
            "asked": asked,
            "page": page,
            "first_page": address("/stations", begin) if asked.cursor else None,
            "prev_page": address("/stations", begin, cursor=page.prev) if page.prev else None,
            "next_page": address("/stations", begin, cursor=page.next) if page.next else None,
        }

    def _without_cursor(self) -> StationsAsked:
        return self.asked.model_copy(update={"cursor": None})
