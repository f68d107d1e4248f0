"""`/stations/{uid}`: one station, its links and connectors, what it was asked, what it did."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from volt_console.console import Console
from volt_console.pages.html import render
from volt_console.pages.steps import steps
from volt_console.queries import commands, session_list, stations, timeline
from volt_console.queries.session_list import SessionFilter
from volt_console.queries.twin import twin
from volt_console.views.changes import EVERYTHING
from volt_contracts.ids import entity_key

PARTS = ("station", "connectors", "visits", "commands", "links", "twin", "latest")


@dataclass(frozen=True)
class StationScreen:
    """One station as a browser looks at it."""

    console: Console
    uid: str

    def concerns(self, keys: frozenset[str]) -> bool:
        """Whatever bears the station's key."""
        return not keys.isdisjoint({EVERYTHING, entity_key(self.console.tenant, self.uid)})

    async def fragments(self) -> Mapping[str, str]:
        """The fragments that follow the views; none while the station is not known."""
        values = await self.values()
        return {part: render(f"station/{part}.html", **values) for part in PARTS} if values else {}

    async def values(self) -> dict[str, Any] | None:
        """What the templates show, or None where the tenant has no such station."""
        console, tenant = self.console, self.console.tenant
        station, visits, asked, known, latest = await asyncio.gather(
            stations.station(console.database, tenant, self.uid),
            session_list.sessions(console.database, tenant, SessionFilter(station_uid=self.uid), limit=10),
            commands.latest_commands(console.database, tenant, self.uid),
            twin(console.database, tenant, self.uid),
            timeline.of_station(console.database, tenant, self.uid),
        )
        if station is None:
            return None
        return {
            "here": "stations",
            "me": console.principal,
            "station": station,
            "visits": visits.items,
            "visits_at": {
                (visit.evse, visit.connector): visit for visit in reversed(visits.items) if visit.state == "running"
            },
            "commands": asked,
            "twin": known,
            "steps": list(reversed(steps(latest))),
            "stream": f"/live/stations/{self.uid}",
        }
