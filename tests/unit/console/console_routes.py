"""Every route of the console's application with the rights that it asks for, and an application without a world."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import SecretStr
from unit.console.console_keys import FakeKeyRows, KeyOwner

from volt_console.access.admission import admitted
from volt_console.access.doors import Door, OpenDoor
from volt_console.access.keys import Keys
from volt_console.asking import Commander
from volt_console.console import Console
from volt_console.dead_records import DeadRecord
from volt_console.importing import Importer
from volt_console.live.changes import Changes
from volt_console.queries.counts import FreshCounts
from volt_console.queries.database import Database
from volt_console.settings import ConsoleSettings
from volt_eventlog.message import Position
from volt_imports.process import ImportFailed, Request
from volt_imports.report import Report

SECRET = "a secret of the tests"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@dataclass(frozen=True)
class Found:
    """A route that takes one method. `rights` is empty for one that lets everybody in."""

    method: str
    path: str
    rights: frozenset[str]
    names: tuple[str, ...]
    """Of the parameters in its path."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Never:
    """No view ever has a position."""

    async def wait_for(self, view: str, position: Position, deadline_s: float = 2.0) -> bool:
        """At once."""
        return False


async def _no_records(_places: object) -> Mapping[Position, Any]:
    return {}


async def _no_dead_records(_tenant: str) -> list[DeadRecord]:
    return []


async def _no_import(_request: Request) -> Report:
    raise ImportFailed("unsent", "nobody imports here")


async def _nobody(_key: str) -> None:
    return None


def empty_console(door: Door | None = None, rows: FakeKeyRows | None = None, **settings: Any) -> Console:
    """A console whose database and log cannot be reached."""
    database = Database(NOWHERE)
    rows = rows or FakeKeyRows()
    return Console(
        settings=ConsoleSettings(token_secret=SecretStr(SECRET), **settings),
        database=database,
        counts=FreshCounts(database),
        changes=Changes(NOWHERE, ()),
        commander=Commander({"network.api_key": KeyOwner(rows)}, database, 1.0),
        views=Never(),
        fetch=_no_records,
        person=_nobody,
        policies=lambda _tenant: None,
        door=door or OpenDoor("demo", Keys(rows, SECRET)),
        key_rows=rows,
        dead_records=_no_dead_records,
        importer=Importer(_no_import, database, 0.0),
    )


def routes_of(app: FastAPI) -> list[Found]:
    """Every route, once for each method."""
    return [
        Found(method, route.path or "", _rights(route), tuple(route.param_convertors or ()))
        for route in iter_route_contexts(app.routes)
        if isinstance(route.original_route, APIRoute)
        for method in sorted(route.methods or ())
    ]


def others_of(app: FastAPI) -> list[str]:
    """The paths of what is served without being a route of FastAPI: it is never asked for a right."""
    return sorted(
        str(getattr(route.original_route, "path", route.original_route))
        for route in iter_route_contexts(app.routes)
        if not isinstance(route.original_route, APIRoute)
    )


def _rights(route: Any) -> frozenset[str]:
    return frozenset(
        scope for part in _parts(route.dependant) if part.call is admitted for scope in part.own_oauth_scopes or ()
    )


def _parts(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for part in dependant.dependencies:
        yield from _parts(part)
