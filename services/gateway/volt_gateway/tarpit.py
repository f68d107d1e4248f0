"""Addresses from which one refused upgrade follows the other: what they ask next is read a little later.

Who is refused and comes back at once pays for it with its own time instead of ours; nobody is refused for it.
"""

from collections import OrderedDict
from time import monotonic

from volt_gateway.limits import MOST_BUCKETS, TokenBuckets
from volt_gateway.meters import Meters
from volt_gateway.settings import GatewaySettings

REMEMBERED_S = 10.0
"""So long an address is answered late after the refusal that was one too many."""


class Tarpit:
    """Counts refusals by the peer's address; behind a trusted proxy, which limits by itself, it is not asked."""

    def __init__(self, settings: GatewaySettings, meters: Meters) -> None:
        self._delay_s = settings.refusals_delay_s
        self._refusals = TokenBuckets(settings.refusals_per_s, settings.refusals_burst)
        self._late_until: OrderedDict[str, float] = OrderedDict()
        self._delayed = meters.limited("refusals")

    def refused(self, peer: str) -> None:
        """An upgrade of this address was refused."""
        now = monotonic()
        if self._refusals.take(peer, now):
            return
        self._late_until[peer] = now + REMEMBERED_S
        if len(self._late_until) > MOST_BUCKETS:
            self._late_until.popitem(last=False)

    def delay_s(self, peer: str) -> float:
        """How much later the request of a connection that has just come from this address is read; mostly 0."""
        until = self._late_until.get(peer)
        if until is None:
            return 0.0
        if until < monotonic():
            del self._late_until[peer]
            return 0.0
        self._delayed.add()
        return self._delay_s
