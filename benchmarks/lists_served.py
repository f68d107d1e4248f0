"""The console's real application on a database that is there already, without a log; a process of its own."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr

from benchmarks.lists_fill import OURS
from volt_console.access.doors import OpenDoor
from volt_console.access.keys import Keys
from volt_console.asking import Commander
from volt_console.console import Console
from volt_console.dead_records import DeadRecord
from volt_console.importing import Importer, beside
from volt_console.live.changes import Changes
from volt_console.queries.counts import FreshCounts
from volt_console.queries.database import Database
from volt_console.settings import ConsoleSettings
from volt_console.views import VIEWS
from volt_console.web.application import guarded
from volt_console.web.server import listening, serve
from volt_contracts.access import ApiKeyRow
from volt_eventlog.message import Position


class Reached:
    """Nothing is written, so every view has what it will have."""

    async def wait_for(self, view: str, position: Position, deadline_s: float = 2.0) -> bool:
        """At once."""
        return True


async def nothing(_places: Sequence[Position]) -> Mapping[Position, Any]:
    """No record is kept."""
    return {}


async def nobody(_key: str) -> None:
    """No clear value is kept."""


async def none_dead(_tenant: str) -> list[DeadRecord]:
    """No record is dead."""
    return []


async def main(dsn: str, port: int) -> None:
    """Serve until the process is ended."""
    no_keys: dict[str, ApiKeyRow] = {}
    database = Database(dsn)
    settings = ConsoleSettings(database_url=dsn, tenant=OURS, token_secret=SecretStr("a secret of the benchmark"))
    console = Console(
        settings=settings,
        database=database,
        counts=FreshCounts(database),
        changes=Changes(dsn, VIEWS),
        commander=Commander({}, database, 4.0),
        views=Reached(),
        fetch=nothing,
        policies=lambda _tenant: None,
        door=OpenDoor(OURS, Keys(no_keys, "a secret of the benchmark")),
        dead_records=none_dead,
        importer=Importer(beside(settings), database, 0.0),
        key_rows=no_keys,
        person=nobody,
    )
    await database.open()
    await serve(guarded(console), listening("127.0.0.1", port), asyncio.Event(), lambda: None)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
