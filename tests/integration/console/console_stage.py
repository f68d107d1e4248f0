"""A console on a real database, with ordinary fakes where other services would answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

from integration.console.console_database import Tables
from pydantic import SecretStr
from unit.console.console_keys import FakeKeyRows, KeyOwner
from unit.console.console_log import NOON, Log

from volt_console.access.doors import Door, OpenDoor
from volt_console.access.keys import Keys
from volt_console.asking import Asks, Commander
from volt_console.asking import Owner as AskedOwner
from volt_console.console import Console
from volt_console.dead_records import DeadRecord
from volt_console.importing import Importer
from volt_console.live.changes import Changes
from volt_console.queries.counts import FreshCounts
from volt_console.queries.database import Database
from volt_console.settings import ConsoleSettings
from volt_console.views import VIEWS
from volt_console.web.application import guarded
from volt_console.web.server import listening, serve
from volt_contracts import codec, session, station
from volt_contracts.drivers import DriversCommandFinished
from volt_contracts.envelope import to_headers
from volt_contracts.message import Command, Outcome, OutcomeWord
from volt_contracts.network import NetworkCommandFinished, TenantSettings
from volt_eventlog.ask import Answer, NoOutcome
from volt_eventlog.message import Message, Position
from volt_imports.process import Request
from volt_imports.report import Report
from volt_testkit.stack import free_port


@dataclass
class Owner:
    """Stands where the owner of a commands topic would: remembers what was asked, answers as it is told to."""

    name: AskedOwner
    answers: OutcomeWord | Literal["late"] = "accepted"
    sentence: str | None = None
    failure: Exception | None = None
    asked: list[tuple[str, Command, str]] = field(default_factory=list)

    async def send(
        self, key: str, command: Command, *, deadline_s: float = 4.0, command_id: str | None = None
    ) -> Answer:
        """Answer at once, or say that the deadline passed."""
        assert command_id is not None
        self.asked.append((key, command, command_id))
        if self.failure is not None:
            raise self.failure
        if self.answers == "late":
            raise NoOutcome(command_id, deadline_s)
        return Answer(
            self._outcome(command, command_id, self.answers), Position(f"{self.name}.events", 2, 41), command_id
        )

    def _outcome(self, command: Command, command_id: str, word: OutcomeWord) -> Outcome:
        if self.name in {"network.station", "network.tenant"}:
            kind = type(command).__name__
            return NetworkCommandFinished(
                command_id=command_id, outcome=word, sentence=self.sentence, command=kind, at=NOON
            )
        if self.name in {"drivers.token", "drivers.account"}:
            kind = type(command).__name__
            return DriversCommandFinished(
                command_id=command_id, outcome=word, sentence=self.sentence, command=kind, at=NOON
            )
        finished = station.CommandFinished if self.name == "station" else session.SessionCommandFinished
        return finished(
            command_id=command_id,
            outcome=word,
            sentence=self.sentence,
            command=type(command).__name__,
            status=word.capitalize(),
            at=NOON,
        )


@dataclass
class Reached:
    """Says whether a view has a position."""

    yes: bool = True
    waited: list[tuple[str, Position]] = field(default_factory=list)

    async def wait_for(self, view: str, position: Position, deadline_s: float = 2.0) -> bool:
        """At once."""
        self.waited.append((view, position))
        return self.yes


@dataclass
class Kept:
    """The log's records by their places."""

    messages: Sequence[Message]
    failure: Exception | None = None

    async def fetch(self, places: Sequence[Position]) -> Mapping[Position, Any]:
        """Those that are there."""
        if self.failure is not None:
            raise self.failure
        at = {Position(message.topic.name, message.partition, message.offset): message for message in self.messages}
        return {place: record(at[place]) for place in places if place in at}


def record(message: Message) -> Any:
    """A message as a consumer would read it."""
    return SimpleNamespace(
        key=message.key.encode(),
        value=codec.encode(message.body),
        headers=to_headers(message.envelope),
        partition=message.partition,
        offset=message.offset,
        timestamp=int(message.at.timestamp() * 1000),
    )


@dataclass
class Buried:
    """Dead letters, by tenant."""

    records: dict[str, list[DeadRecord]] = field(default_factory=dict)

    async def latest(self, tenant: str) -> list[DeadRecord]:
        """The tenant's."""
        return self.records.get(tenant, [])


@dataclass
class Importing:
    """Stands where the process of an import would: remembers the file, reports what it is told to."""

    report: Report | None = None
    failure: Exception | None = None
    asked: list[tuple[Request, bytes]] = field(default_factory=list)

    async def run(self, request: Request) -> Report:
        """At once."""
        self.asked.append((request, Path(request.path).read_bytes()))
        if self.failure is not None:
            raise self.failure
        assert self.report is not None
        return self.report


@dataclass
class Stage:
    """A console and what surrounds it."""

    console: Console
    tables: Tables
    log: Log
    station: Owner
    session: Owner
    reached: Reached
    kept: Kept
    network: Owner
    tenants: Owner
    buried: "Buried"
    key_rows: FakeKeyRows
    key_owner: KeyOwner
    cards: Owner
    people: Owner
    persons: dict[str, Any]
    importing: "Importing"
    shown: int = 0

    async def show(self) -> None:
        """Fold what the log got since the last time."""
        new, self.shown = self.log.messages[self.shown :], len(self.log.messages)
        await self.tables.apply(new)


ADOPTING = TenantSettings(name="Demo", unknown_stations="adopt", security_profile=0)


@asynccontextmanager
async def staged(
    dsn: str, log: Log, policy: TenantSettings = ADOPTING, door: Door | None = None, **settings: Any
) -> AsyncIterator[Stage]:
    """A console on fresh tables that hold what is in `log`."""
    owners = Owner("station"), Owner("session")
    network, tenants = Owner("network.station"), Owner("network.tenant")
    key_rows = FakeKeyRows()
    key_owner = KeyOwner(key_rows)
    cards, people = Owner("drivers.token"), Owner("drivers.account")
    persons: dict[str, Any] = {}

    async def person(key: str) -> Any | None:
        return persons.get(key)

    asks: Mapping[AskedOwner, Asks] = {
        "drivers.token": cards,
        "drivers.account": people,
        "station": owners[0],
        "session": owners[1],
        "network.station": network,
        "network.tenant": tenants,
        "network.api_key": key_owner,
    }
    reached, kept, buried, importing = Reached(), Kept(log.messages), Buried(), Importing()
    database = Database(dsn)
    config = ConsoleSettings(database_url=dsn, token_secret=SecretStr("a secret of the tests"), **settings)
    console = Console(
        settings=config,
        database=database,
        counts=FreshCounts(database, max_age_s=0.0),
        changes=Changes(dsn, VIEWS),
        commander=Commander(asks, database, 4.0),
        views=reached,
        fetch=kept.fetch,
        person=person,
        policies=lambda _tenant: policy,
        door=door or OpenDoor(config.tenant, Keys(key_rows, "a secret of the tests", config.tenant)),
        key_rows=key_rows,
        dead_records=buried.latest,
        importer=Importer(importing.run, database, 0.0),
    )
    async with Tables(dsn) as tables:
        stage = Stage(
            console, tables, log, *owners, reached, kept, network, tenants, buried, key_rows, key_owner,
            cards, people, persons, importing,
        )  # fmt: skip
        await stage.show()
        await database.open()
        try:
            yield stage
        finally:
            await database.close()


@asynccontextmanager
async def served(stage: Stage, port: int = 0) -> AsyncIterator[str]:
    """The console on a real port, with its listener."""
    port = port or free_port()
    stage.console = replace(stage.console, changes=Changes(stage.console.settings.database_url, VIEWS))
    stopping = asyncio.Event()
    changes = asyncio.create_task(stage.console.changes.run())
    bound = listening("127.0.0.1", port)
    server = asyncio.create_task(serve(guarded(stage.console), bound, stopping, stage.console.changes.close))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stopping.set()
        async with asyncio.timeout(10):
            await server
        changes.cancel()
        with suppress(asyncio.CancelledError):
            await changes
