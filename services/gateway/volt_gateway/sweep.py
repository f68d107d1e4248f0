"""The one timer of the process: everything that waits is looked at once a second, links in turn."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from volt_contracts.gateway import LinkAlive, LinkSilent
from volt_gateway.journal import Journal, nobody_waits
from volt_gateway.link import NOT_ON_RECORD, Link
from volt_gateway.links import Links
from volt_gateway.settings import GatewaySettings

TICK_S = 1.0
_JITTER = 0.2


class LinkSweep:
    """Pings quiet links, notes silent ones, drops dead ones, and says of idle ones that they are alive."""

    def __init__(self, links: Links, journal: Journal, settings: GatewaySettings) -> None:
        self._links = links
        self._journal = journal
        self._settings = settings
        self._slot = 0

    def tick(self, now: float) -> None:
        """Visit the next slot of links and cut off those that do not close."""
        self._slot = (self._slot + 1) % len(self._links.slots)
        for link in list(self._links.slots[self._slot]):
            self.visit(link, now)
        self._links.cut_off(now)

    def visit(self, link: Link, now: float) -> None:
        """One link. While we do not read it, its silence is ours."""
        if link.link_seq == NOT_ON_RECORD or link.socket is None or link.socket.is_held:
            return
        settings, quiet = self._settings, now - link.heard_at
        promised = 0.0 if link.ponged else float(settings.boot_interval_accepted_s)
        if quiet >= settings.dead_after_s + promised:
            link.socket.abort()
            return
        if quiet >= settings.silent_after_s + promised and link.silent_since is None:
            self._silent(link, quiet)
        if quiet >= settings.ping_interval_s / 2:
            link.socket.ping()
        if now - link.appended_at >= self._alive_every(link) and link.heard_at > link.appended_at:
            self._alive(link)

    def _alive_every(self, link: Link) -> float:
        """Jittered by the link's slot, so that links which opened together do not speak together."""
        part = link.slot / len(self._links.slots)
        return self._settings.alive_every_s * (1 - _JITTER / 2 + _JITTER * part)

    def _silent(self, link: Link, quiet: float) -> None:
        at = datetime.now(UTC)
        link.silent_since = datetime.fromtimestamp(at.timestamp() - quiet, UTC)
        silent = LinkSilent(link_id=link.link_id, link_seq=link.link_seq, silent_since=link.silent_since, at=at)
        self._journal.append(link, silent, at, nobody_waits)

    def _alive(self, link: Link) -> None:
        at = datetime.now(UTC)
        alive = LinkAlive(link_id=link.link_id, link_seq=link.link_seq, at=at)
        self._journal.append(link, alive, at, nobody_waits)


async def every_second(*ticks: Callable[[float], None]) -> None:
    """Call each of them once a second, for ever."""
    while True:
        now = monotonic()
        for tick in ticks:
            tick(now)
        await asyncio.sleep(TICK_S)
