"""Runs a small fleet inside a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from unit.simulator.simulator_central import Central, until

from volt_simulator.fleet import Fleet
from volt_simulator.ledger import Ledger, TransactionEntry, VisitEntry, fold
from volt_simulator.settings import read_settings
from volt_simulator.station import Station

# Stays of hours in less than a second, the next car at once, quick tempers.
QUICK = (
    "--stations 1 --compression 36000 --max-gap 0.2 --meter-interval 0.1 --ramp 0.01 --call-timeout 0.5 "
    "--retry-interval 0.1 --backoff 0.1 --backoff-max 0.3 --tokens TAG0001..TAG0009 --same-id-retries 0 "
    "--second-thoughts 0 --shortest-stay 0.4 --seed 4"
)


@dataclass
class Running:
    """A fleet at work and its ledger."""

    fleet: Fleet
    ledger: Path
    task: "asyncio.Task[bool]"

    @property
    def station(self) -> Station:
        return next(iter(self.fleet.stations.values()))

    def transactions(self) -> list[TransactionEntry]:
        return [entry for entry in fold(self.ledger).values() if isinstance(entry, TransactionEntry)]

    def visits(self) -> list[VisitEntry]:
        return [entry for entry in fold(self.ledger).values() if isinstance(entry, VisitEntry)]

    async def drained(self) -> None:
        """Everything ended and delivered."""
        self.fleet.drain()
        assert await self.task

    async def ready(self) -> None:
        await until(lambda: self.station.is_online and self.station.outbox.is_empty, "the station is accepted")


@asynccontextmanager
async def running(central: Central, folder: Path, flags: str) -> AsyncIterator[Running]:
    """A fleet with the quick habits and `flags`, ended without ceremony when the block ends."""
    settings = read_settings(f"--gateway {central.url} {QUICK} {flags}".split())
    path = folder / "ledger.ndjson"
    ledger = Ledger(path)
    fleet = Fleet(settings, ledger, {})
    task = asyncio.create_task(fleet.run())
    try:
        yield Running(fleet, path, task)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        ledger.close()
