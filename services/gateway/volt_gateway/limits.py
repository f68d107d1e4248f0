"""Token buckets and counts: how much of what comes in is taken."""

from collections import Counter, OrderedDict
from collections.abc import Hashable
from typing import Literal, NamedTuple

MOST_BUCKETS = 20_000


class TokenBucket:
    """`rate` permits a second, saved up to `burst`. Times are monotonic seconds, given by the caller."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._tokens = float(burst)
        self._at = now

    def take(self, now: float) -> bool:
        """Take one permit if there is one."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class TokenBuckets:
    """A token bucket for each key. Those that were not asked for longest are forgotten, which fills them up."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[Hashable, TokenBucket] = OrderedDict()

    def take(self, key: Hashable, now: float) -> bool:
        """Take one permit of the key's if there is one."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(self._rate, self._burst, now)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return bucket.take(now)


class Reached(NamedTuple):
    """A limit that one more socket would pass, and the sentence for who is refused."""

    limit: Literal["connections", "connections_per_address"]
    sentence: str


class ConnectionLimits:
    """Open sockets, in all and by address."""

    def __init__(self, total: int, per_address: int) -> None:
        self._total = total
        self._per_address = per_address
        self._by_address: Counter[str] = Counter()
        self.open = 0

    def reached(self, address: str) -> Reached | None:
        """Why one more socket from `address` would be too many, or None."""
        if self.open >= self._total:
            return Reached("connections", f"the gateway holds {self._total} connections, which is its limit")
        if self._by_address[address] >= self._per_address:
            sentence = f"{address} holds {self._per_address} connections, which is the limit for one address"
            return Reached("connections_per_address", sentence)
        return None

    def enter(self, address: str) -> None:
        """A socket of `address` was let in."""
        self.open += 1
        self._by_address[address] += 1

    def leave(self, address: str) -> None:
        """A socket of `address` is gone."""
        self.open -= 1
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]
