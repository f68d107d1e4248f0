"""All that pages and API work with, put together once in `app.py` (or by a test)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from volt_console.access.doors import Door
from volt_console.access.keys import KeyRows
from volt_console.access.principal import NOBODY, Principal
from volt_console.asking import Commander, CommandResult, Owner
from volt_console.dead_records import DeadRecords
from volt_console.importing import Importer
from volt_console.live.changes import Changes
from volt_console.queries.counts import FreshCounts
from volt_console.queries.database import Database
from volt_console.settings import ConsoleSettings
from volt_contracts.message import Actor, Command
from volt_contracts.network import TenantSettings
from volt_eventlog.message import Position

Person = Callable[[str], Awaitable[Any | None]]
"""Reads the row of one key in `drivers.profiles`, which is where clear values are; None where none is kept."""
Fetch = Callable[[Sequence[Position]], Awaitable[Mapping[Position, Any]]]
"""Fetches records from the log; one that has expired is not in the answer."""


class Freshness(Protocol):
    """What `volt_eventlog.views.Views` does."""

    async def wait_for(self, view: str, position: Position, deadline_s: float = ...) -> bool:
        """Whether `view` has applied `position` within the deadline."""


@dataclass(frozen=True)
class Console:
    """The parts of one console, and who uses them. `policies` gives a tenant's settings, when they are known."""

    settings: ConsoleSettings
    database: Database
    counts: FreshCounts
    changes: Changes
    commander: Commander
    views: Freshness
    fetch: Fetch
    person: Person
    policies: Callable[[str], TenantSettings | None]
    door: Door
    dead_records: DeadRecords
    key_rows: KeyRows
    importer: Importer
    principal: Principal = NOBODY

    def seen_by(self, principal: Principal) -> "Console":
        """The same console as somebody uses it."""
        return replace(self, principal=principal)

    @property
    def tenant(self) -> str:
        """Whose data is shown: every query names it."""
        return self.principal.tenant

    @property
    def actor(self) -> Actor:
        """Who wants it: every command names it."""
        return self.principal.actor

    def policy(self) -> TenantSettings | None:
        """The tenant's settings, when they are known."""
        return self.policies(self.tenant)

    @property
    def strays(self) -> bool:
        """Whether stations that named no tenant there is are shown to this one."""
        return self.settings.console_strays and self.tenant == self.settings.tenant

    async def send(
        self, owner: Owner, entity: str, command: Command, key: str | None = None, asked: bytes | None = None
    ) -> CommandResult:
        """Send a command to the owner of one of the tenant's entities, and wait for its outcome."""
        return await self.commander.send(self.tenant, owner, entity, command, key, asked)

    async def repeated(self, owner: Owner, entity: str, key: str | None, asked: bytes) -> CommandResult | None:
        """The answer to the same request of the tenant, if it came before with this key."""
        return await self.commander.repeated(self.tenant, owner, entity, key, asked)
