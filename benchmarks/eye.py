"""Watches Postgres for rows of the probes' stations to become visible, by the notifications that the pages follow."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from volt_contracts.ids import entity_key

Kind = Literal["plug", "start"]

CHANNELS = ("console_live_stations", "console_live_sessions")
LOOKUPS: dict[Kind, str] = {
    "plug": "SELECT info FROM console.live_connectors WHERE tenant = %s AND station_uid = ANY(%s) AND info = ANY(%s)",
    "start": "SELECT protocol_id FROM console.session_transactions"
    " WHERE tenant = %s AND station_uid = ANY(%s) AND protocol_id = ANY(%s)",
}


class Eye:
    """`visible` answers when a row is committed: a connector's status by its info, a transaction by its wire id."""

    def __init__(self, dsn: str, tenant: str, stations: Iterable[str]) -> None:
        self._dsn = dsn
        self._tenant = tenant
        self._uids = list(stations)
        self._keys = {entity_key(tenant, uid) for uid in self._uids}
        self._waiting: dict[Kind, dict[str, asyncio.Future[float]]] = {"plug": {}, "start": {}}
        self._look_again = asyncio.Event()

    async def visible(self, kind: Kind, name: str, deadline_s: float) -> float:
        """The moment (`perf_counter`) at which the row was seen.

        Raises:
            TimeoutError: it was not within the deadline.
        """
        found: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[kind][name] = found
        self._look_again.set()  # it may be there already
        try:
            async with asyncio.timeout(deadline_s):
                return await found
        finally:
            self._waiting[kind].pop(name, None)

    async def run(self) -> None:
        """Until it is cancelled."""
        listening = await AsyncConnection.connect(self._dsn, autocommit=True)
        asking = await AsyncConnection.connect(self._dsn, autocommit=True)
        async with listening, asking:
            for channel in CHANNELS:
                await listening.execute(SQL("LISTEN {}").format(Identifier(channel)))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(listening))
                tasks.create_task(self._look(asking))

    async def _listen(self, connection: AsyncConnection[Any]) -> None:
        async for notice in connection.notifies():
            if notice.payload == "*" or not self._keys.isdisjoint(notice.payload.split("\n")):
                self._look_again.set()

    async def _look(self, connection: AsyncConnection[Any]) -> None:
        while True:
            await self._look_again.wait()
            self._look_again.clear()
            for kind, waiting in self._waiting.items():
                if waiting:
                    parameters = [self._tenant, self._uids, list(waiting)]
                    rows = await (await connection.execute(LOOKUPS[kind], parameters)).fetchall()
                    now = time.perf_counter()
                    for (name,) in rows:
                        found = waiting.get(name)
                        if found is not None and not found.done():
                            found.set_result(now)
