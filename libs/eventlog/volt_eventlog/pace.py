"""How long whoever writes rests between two writes: the busier, the longer, so that it makes few large ones.

Client and broker, or database, pay for requests and transactions rather than for records. What comes alone rests for
the shortest time, so that a quiet network is quick.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Seconds: at least, for each record that the last write was made of, and at most. `Pace(0, 0, 0)` never rests."""

    least_s: float
    record_s: float
    longest_s: float

    def rest_s(self, records: int) -> float:
        """The rest after a write of so many records."""
        return max(self.least_s, min(self.longest_s, self.record_s * records))

    def at_least(self, seconds: float) -> "Pace":
        """The same with another shortest rest; without any when that is 0: for rebuilds and tests."""
        return Pace(seconds, self.record_s, self.longest_s) if seconds else Pace(0.0, 0.0, 0.0)
