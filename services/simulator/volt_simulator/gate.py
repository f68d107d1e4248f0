"""Whether new cars may come: paused, counted, or over because the fleet drains."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Gate:
    """Shared by all stations of a fleet. `quota` is the number of visits after which no further car comes."""

    quota: int | None = None
    paused: bool = False
    admitted: int = 0
    finished: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def draining(self) -> bool:
        """The fleet ends."""
        return self.closing.is_set()

    @property
    def is_exhausted(self) -> bool:
        """Every visit of the quota has come to its end."""
        return self.quota is not None and self.finished >= self.quota

    def admit(self) -> bool:
        """A car stands at the gate; True lets it in and counts it."""
        if self.paused or self.draining or (self.quota is not None and self.admitted >= self.quota):
            return False
        self.admitted += 1
        return True

    def left(self, plugged: bool) -> None:
        """An admitted car is gone. One that never plugged in makes room for another."""
        if plugged:
            self.finished += 1
        else:
            self.admitted -= 1
