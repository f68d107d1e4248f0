"""`/sessions/{id}`: one visit from plug to unplug, and every record that it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from volt_console.console import Console
from volt_console.pages.html import render
from volt_console.pages.steps import steps
from volt_console.queries import sessions, timeline
from volt_console.queries.sessions import Session
from volt_console.views.changes import EVERYTHING
from volt_contracts.ids import entity_key

MOST_RECORDS = 600
PARTS = ("visit", "review", "timeline")


@dataclass(frozen=True)
class SessionScreen:
    """One visit as a browser looks at it; the station is known from the first look on."""

    console: Console
    session_id: str
    station_uid: str = ""
    cursor: str | None = None

    def concerns(self, keys: frozenset[str]) -> bool:
        """Whatever bears the key of the visit's station."""
        return not keys.isdisjoint({EVERYTHING, entity_key(self.console.tenant, self.station_uid)})

    async def fragments(self) -> Mapping[str, str]:
        """The fragments that follow the views; none while the visit is not known."""
        values = await self.values()
        return (
            {part: render(f"session/{part}.html", **values) for part in ("visit", "review", "timeline")}
            if values
            else {}
        )

    async def values(self) -> dict[str, Any] | None:
        """What the templates show, or None where the tenant has no such visit."""
        console = self.console
        visit = await sessions.session(console.database, console.tenant, self.session_id)
        if visit is None:
            return None
        page = await timeline.of_session(console.database, console.tenant, visit, self.cursor, MOST_RECORDS)
        return {
            "here": "sessions",
            "me": console.principal,
            "visit": visit,
            "milestones": milestones(visit),
            "steps": steps(page.items),
            "later": self.address("", page.next) if page.next else None,
            "stream": self.address("/live", self.cursor),
        }

    def address(self, stem: str, cursor: str | None) -> str:
        """Where the visit is shown, or followed, from `cursor` on."""
        return f"{stem}/sessions/{self.session_id}" + (f"?{urlencode({'cursor': cursor})}" if cursor else "")


def milestones(visit: Session) -> list[tuple[str, datetime | None]]:
    """The moments of a visit in their usual order; None has not come, or is not on record."""
    return [
        ("Plugged in", visit.plugged_at),
        ("Authorised", visit.authorized_at),
        ("Energy began", visit.energy_started_at),
        ("Energy ended", visit.energy_ended_at),
        ("Transaction ended", visit.transaction_ended_at),
        ("Unplugged", visit.unplugged_at),
    ]
