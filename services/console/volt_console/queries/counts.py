"""How much is going on: the numbers at the top of the overview, read at most once a second however many pages watch."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from time import monotonic
from typing import Generic, TypeVar

from pydantic import BaseModel

from volt_console.queries.database import Database
from volt_console.queries.station_list import SUSPECT_DAYS

T = TypeVar("T")


class Counts(BaseModel):
    """The tenant's network in numbers; power in W, energy in Wh of the last 24 hours."""

    stations: int
    online: int
    suspect: int
    charging: int
    available: int
    faulted: int
    running: int
    power_w: Decimal
    energy_wh: Decimal
    ended: int

    @property
    def offline(self) -> int:
        """Stations that are not connected."""
        return self.stations - self.online


# Stations are counted one by one; of connectors and visits only what an index of few holds; of those that ended, a day.
_COUNTS = """
    SELECT * FROM
      (SELECT count(*) AS stations, count(*) FILTER (WHERE online) AS online
       FROM console.live_stations WHERE tenant = %(tenant)s) AS stations,
      (SELECT count(*) AS suspect FROM console.live_stations
       WHERE tenant = %(tenant)s AND suspect_at > now() - %(suspect_days)s * interval '1 day') AS odd,
      (SELECT count(*) AS available FROM console.live_connectors
       WHERE tenant = %(tenant)s AND status = 'Available' AND evse > 0) AS free,
      (SELECT count(*) AS faulted FROM console.live_connectors
       WHERE tenant = %(tenant)s AND status = 'Faulted') AS wrong,
      (SELECT count(*) AS running,
              count(*) FILTER (WHERE charges) AS charging,
              coalesce(sum(power_w) FILTER (WHERE coalesce(charging_state, 'Charging') = 'Charging'), 0) AS power_w
       FROM console.live_sessions
       WHERE tenant = %(tenant)s AND state = 'running' AND opened_at IS NOT NULL) AS running,
      (SELECT count(*) AS ended, coalesce(sum(closed_wh), 0) AS energy_wh
       FROM console.live_sessions
       WHERE tenant = %(tenant)s AND state <> 'running' AND closed_at > now() - interval '24 hours') AS ended
"""


async def counts(database: Database, tenant: str) -> Counts:
    """The numbers, now."""
    found = await database.one(Counts, _COUNTS, {"tenant": tenant, "suspect_days": SUSPECT_DAYS})
    assert found is not None, "a query of aggregates has one row"
    return found


class PlaceCounts(BaseModel):
    """A location in numbers; `place` is empty for stations without one."""

    place: str
    stations: int
    online: int
    faulted: int
    charging: int
    places: int
    """How many locations there are."""

    @property
    def offline(self) -> int:
        """Stations that are not connected."""
        return self.stations - self.online


_PLACES = """
    SELECT place, stations, online, coalesce(faulted, 0) AS faulted, coalesce(charging, 0) AS charging, places FROM (
      SELECT place, count(*) AS stations, count(*) FILTER (WHERE online) AS online, count(*) OVER () AS places
      FROM console.live_stations WHERE tenant = %(tenant)s GROUP BY place
    ) AS sites LEFT JOIN (
      SELECT place, count(*) AS faulted FROM console.live_stations
      WHERE tenant = %(tenant)s AND station_uid IN (
        SELECT station_uid FROM console.live_connectors WHERE tenant = %(tenant)s AND status = 'Faulted')
      GROUP BY place
    ) AS wrong USING (place) LEFT JOIN (
      SELECT coalesce(location, '') AS place, count(*) AS charging FROM console.live_sessions
      WHERE tenant = %(tenant)s AND charges GROUP BY 1
    ) AS visits USING (place)
    ORDER BY coalesce(faulted, 0) + stations - online DESC, stations DESC, place LIMIT %(limit)s
"""

MOST_PLACES = 24


async def places(database: Database, tenant: str) -> list[PlaceCounts]:
    """The locations with most faults and most stations offline."""
    return await database.all(PlaceCounts, _PLACES, {"tenant": tenant, "limit": MOST_PLACES})


PART = 20
"""Counting takes at most one part in so many of the time: what takes longer to count is counted less often."""


class Kept(Generic[T]):
    """One question's answer for each tenant, read again when it is too old; readers who come together wait for one.

    With a `max_age_s` of 0 it is read each time.
    """

    def __init__(self, ask: Callable[[str], Awaitable[T]], max_age_s: float, clock: Callable[[], float]) -> None:
        self._ask = ask
        self._max_age_s = max_age_s
        self._clock = clock
        self._known: dict[str, tuple[float, T]] = {}
        self._lock = asyncio.Lock()

    async def of(self, tenant: str) -> T:
        """The tenant's answer."""
        async with self._lock:
            began = self._clock()
            known = self._known.get(tenant)
            if known is None or began >= known[0]:
                answer = await self._ask(tenant)
                took = self._clock() - began
                known = began + (max(self._max_age_s, PART * took) if self._max_age_s else 0.0), answer
                self._known[tenant] = known
            return known[1]


class FreshCounts:
    """The numbers of each tenant, and of its locations."""

    def __init__(self, database: Database, max_age_s: float = 1.0, clock: Callable[[], float] = monotonic) -> None:
        self._counts = Kept(partial(counts, database), max_age_s, clock)
        self._places = Kept(partial(places, database), max_age_s, clock)

    async def of(self, tenant: str) -> Counts:
        """The tenant's numbers."""
        return await self._counts.of(tenant)

    async def places(self, tenant: str) -> list[PlaceCounts]:
        """The tenant's locations that need most attention."""
        return await self._places.of(tenant)
