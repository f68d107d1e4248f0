"""Imports a file that was sent: in a process of its own, one at a time, and waits a little for the outcomes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import msgspec
from pydantic import BaseModel, Field

from volt_console.queries.database import DATABASE_AWAY, Database
from volt_console.queries.imports import imported
from volt_console.settings import ConsoleSettings
from volt_console.uploads import Upload
from volt_console.web.problems import Problem, WrongPart, away
from volt_contracts.message import Actor, OutcomeWord
from volt_imports.process import ImportFailed, Request, import_beside
from volt_imports.report import Report, State
from volt_imports.rows import Fault, Kind, place

MOST_FAULTS = 1_000
"""A problem names so many of them; how many there are it says besides."""
AT_A_TIME = 1
"""Each takes as much memory as its file needs."""
POLL_S = 0.2


class ImportResult(BaseModel):
    """What became of a file. `commands`: how many of each type were sent, or would be; `unchanged` by kind of row."""

    id: str
    state: State
    name: str
    sha256: str
    rows: dict[str, int]
    commands: dict[str, int]
    unchanged: dict[str, int]
    ignored: dict[str, tuple[str, ...]]
    outcomes: dict[OutcomeWord, int] | None = Field(
        default=None, description="Null when nothing was sent; the rest comes to the address in Location."
    )
    seconds: dict[str, float]

    @property
    def complete(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.outcomes is None or sum(self.outcomes.values()) >= sum(self.commands.values())


class FaultyFile(Exception):
    """Rows are wrong, and nothing was sent."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"{report.name} has {len(report.faults)} faults; nothing was sent.")
        self.report = report

    @property
    def problem(self) -> Problem:
        """As the API tells it."""
        errors = [WrongPart(pointer=f"/{one.line}/{one.column}", detail=said(one)) for one in self.faults]
        return Problem(422, "faulty-file", "Faulty file", str(self), errors=errors)

    @property
    def faults(self) -> list[Fault]:
        """The first of them."""
        return self.report.faults[:MOST_FAULTS]


def said(fault: Fault) -> str:
    """A fault with its place, as people read it."""
    where = place(fault.line) if fault.line else "the file"
    return f"{where}{', ' + fault.column if fault.column else ''}: {fault.sentence}"


Run = Callable[[Request], Awaitable[Report]]


def beside(settings: ConsoleSettings) -> Run:
    """Runs an import in a process that reads the same log with the same secret."""
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "VOLT_PREFIX": settings.prefix,
        "VOLT_TOKEN_SECRET": settings.token_secret.get_secret_value(),
        "VOLT_ENVIRONMENT": settings.environment,
    }
    return lambda request: import_beside(request, environment)


@dataclass
class Importer:
    """Takes one file after another."""

    run: Run
    database: Database
    within_s: float
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_A_TIME))

    async def take(
        self, file: Upload, tenant: str, actor: Actor, *, kind: Kind | None, key: str | None, dry_run: bool
    ) -> ImportResult:
        """Import the file whole or not at all.

        Raises:
            FaultyFile: rows are wrong, and nothing was sent.
            Problem: it cannot be read or sent, another file has this key, or another import is under way.
        """
        if self._slots.locked():
            detail = "Another file is being imported. Try again when it is done."
            raise Problem(503, "busy", "Busy", detail, headers={"Retry-After": "5"})
        request = Request(
            path=str(file.path), name=file.name, tenant=tenant, actor=actor, kind=kind, key=key, dry_run=dry_run,
            wait=False, source="console",
        )  # fmt: skip
        async with self._slots:
            try:
                report = await self.run(request)
            except ImportFailed as failed:
                raise _problem(failed) from failed
        if report.faults:
            raise FaultyFile(report)
        return await self._answered(tenant, _result(report))

    async def _answered(self, tenant: str, result: ImportResult) -> ImportResult:
        """The result with the outcomes that came within the time that a request waits."""
        until = monotonic() + self.within_s
        while not result.complete:
            try:
                found = await imported(self.database, tenant, result.id)
            except DATABASE_AWAY:
                return result
            if found is not None:
                result.outcomes = found.outcomes
            if result.complete or monotonic() >= until:
                return result
            await asyncio.sleep(POLL_S)
        return result


def _result(report: Report) -> ImportResult:
    values: dict[str, Any] = {name: getattr(report, name) for name in ("state", "name", "sha256", "rows", "commands")}
    values |= {name: getattr(report, name) for name in ("unchanged", "ignored", "seconds")}
    sent = report.state in ("imported", "imported_before")
    return ImportResult(id=report.import_id, outcomes={} if sent else None, **msgspec.to_builtins(values))


def _problem(failed: ImportFailed) -> Problem:
    match failed.why:
        case "unreadable":
            return Problem(422, "unreadable-file", "Unreadable file", f"The file cannot be imported: {failed}.")
        case "other_file":
            return Problem(422, "key-reused", "Idempotency key used again", f"With this key {failed}.")
        case "unsent":
            return away("log", f"Nothing was sent: {failed}.")
    detail = f"Whether it was sent is not known: {failed}. Send it again with the same `Idempotency-Key`."
    return Problem(503, "unsure", "Unsure", detail, headers={"Retry-After": "2"})
