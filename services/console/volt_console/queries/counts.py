"""How much is going on: the numbers at the top of the overview, read at most once a second however many pages watch."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from time import monotonic

from pydantic import BaseModel

from volt_console.queries.database import Database


class Counts(BaseModel):
    """The tenant's network in numbers; power in W, energy in Wh of the last 24 hours."""

    stations: int
    online: int
    charging: int
    available: int
    faulted: int
    running: int
    power_w: Decimal
    energy_wh: Decimal
    ended: int


_COUNTS = """
    SELECT * FROM
      (SELECT count(*) AS stations, count(*) FILTER (WHERE online) AS online
       FROM console.live_stations WHERE tenant = %(tenant)s) AS stations,
      (SELECT count(*) FILTER (WHERE status = 'Available' AND evse > 0) AS available,
              count(*) FILTER (WHERE status = 'Faulted') AS faulted
       FROM console.live_connectors WHERE tenant = %(tenant)s) AS connectors,
      (SELECT count(*) AS running,
              count(*) FILTER (WHERE charging_state = 'Charging') AS charging,
              coalesce(sum(power_w) FILTER (WHERE coalesce(charging_state, 'Charging') = 'Charging'), 0) AS power_w
       FROM console.live_sessions
       WHERE tenant = %(tenant)s AND state = 'running' AND opened_at IS NOT NULL) AS running,
      (SELECT count(*) AS ended, coalesce(sum(energy_wh), 0) AS energy_wh
       FROM console.live_sessions
       WHERE tenant = %(tenant)s AND state <> 'running' AND closed_at > now() - interval '24 hours') AS ended
"""


async def counts(database: Database, tenant: str) -> Counts:
    """The numbers, now."""
    found = await database.one(Counts, _COUNTS, {"tenant": tenant})
    assert found is not None, "a query of aggregates has one row"
    return found


class FreshCounts:
    """The numbers of each tenant, at most `max_age_s` old; readers who come together wait for one query."""

    def __init__(self, database: Database, max_age_s: float = 1.0, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._max_age_s = max_age_s
        self._clock = clock
        self._known: dict[str, tuple[float, Counts]] = {}
        self._lock = asyncio.Lock()

    async def of(self, tenant: str) -> Counts:
        """The tenant's numbers."""
        async with self._lock:
            known = self._known.get(tenant)
            if known is None or self._clock() - known[0] > self._max_age_s:
                known = self._clock(), await counts(self._database, tenant)
                self._known[tenant] = known
            return known[1]
