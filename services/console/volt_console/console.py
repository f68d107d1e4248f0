"""All that pages and API work with, put together once in `app.py` (or by a test)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from volt_console.asking import Commander
from volt_console.live.changes import Changes
from volt_console.queries.counts import FreshCounts
from volt_console.queries.database import Database
from volt_console.settings import ConsoleSettings
from volt_contracts.network import TenantSettings
from volt_eventlog.message import Position

Fetch = Callable[[Sequence[Position]], Awaitable[Mapping[Position, Any]]]
"""Fetches records from the log; one that has expired is not in the answer."""


class Freshness(Protocol):
    """What `volt_eventlog.views.Views` does."""

    async def wait_for(self, view: str, position: Position, deadline_s: float = ...) -> bool:
        """Whether `view` has applied `position` within the deadline."""


@dataclass(frozen=True)
class Console:
    """The parts of one console. `policy` gives the tenant's settings, when they are known."""

    settings: ConsoleSettings
    database: Database
    counts: FreshCounts
    changes: Changes
    commander: Commander
    views: Freshness
    fetch: Fetch
    policy: Callable[[], TenantSettings | None]

    @property
    def tenant(self) -> str:
        """Whose data is shown: every query names it."""
        return self.settings.tenant
