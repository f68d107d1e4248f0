"""Stations that send more than they may: their messages wait here and are worked off in turn, in a small part of the
time, so that the others hardly notice however many they are.
"""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from time import monotonic

from volt_gateway.link import NOT_ON_RECORD, Link
from volt_gateway.socket import Hold

STEP_S = 0.005
"""Between two turns; with it, a turn can be short."""
TURN_S = 0.001
"""A turn begins no further message after so long."""
REST = 9
"""A turn is followed by a rest of so many times its length: a tenth of the time is the most that the lane takes."""
_BLOCKED_S = 0.05
_OTHER_HOLDS = Hold.IN_FLIGHT | Hold.WRITING

Take = Callable[[Link, float], None]
"""Takes the next message of a link that waits."""


class SlowLane:
    """Links over their rate, each due again when it has saved up for its debt."""

    def __init__(self, frames_per_s: float, take: Take) -> None:
        self._frames_per_s = frames_per_s
        self._take = take
        self._links: set[Link] = set()
        self._due: list[tuple[float, int, Link]] = []
        self._order = count()
        self._running = False

    def add(self, link: Link) -> bool:
        """Do not read the link, and let its messages wait, until it has paid. False when it is here already."""
        if link in self._links:
            return False
        self._links.add(link)
        link.wait()
        link.hold(Hold.RATE)
        self._put(link, link.tokens_at)
        if not self._running:
            self._running = True
            asyncio.get_running_loop().call_later(STEP_S, self._turn)
        return True

    def __contains__(self, link: Link) -> bool:
        return link in self._links

    def _put(self, link: Link, now: float) -> None:
        """A debt is paid at the rate; who is held for another reason is looked at again soon."""
        heappush(self._due, (now + max(0.0, -link.tokens) / self._frames_per_s, next(self._order), link))

    def _turn(self) -> None:
        begin = now = monotonic()
        while self._due and self._due[0][0] <= now and now - begin < TURN_S:
            self._serve(heappop(self._due)[2], now)
            now = monotonic()
        self._running = bool(self._due)
        if self._running:
            rest = max(STEP_S, REST * (now - begin), self._due[0][0] - now)
            asyncio.get_running_loop().call_later(rest, self._turn)

    def _serve(self, link: Link, now: float) -> None:
        if link.socket is None or not link.is_open:
            self._links.discard(link)  # what still waits was never acknowledged
        elif link.link_seq == NOT_ON_RECORD or link.socket.is_held_by(_OTHER_HOLDS):
            self._put(link, now + _BLOCKED_S)
        else:
            self._go_on(link, now)

    def _go_on(self, link: Link, now: float) -> None:
        link.save_up(now)
        if link.waiting:
            self._take(link, now)
        if link.waiting or link.tokens < 0.0:
            self._put(link, now)
            return
        self._links.discard(link)
        link.go_on()
        link.release(Hold.RATE)
