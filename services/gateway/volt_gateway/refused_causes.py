"""Which station was answered with a CALLERROR for what: never twice for the same cause, it would repeat for ever."""

from collections import OrderedDict

REMEMBERED = 20_000


class RefusedCauses:
    """The memory of one gateway, bounded."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._known: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def is_new(self, station: str, action: str, cause: str) -> bool:
        """True the first time that this station's `action` fails for this cause."""
        place = (station, action, cause)
        if place in self._known:
            self._known.move_to_end(place)
            return False
        self._known[place] = None
        if len(self._known) > self._limit:
            self._known.popitem(last=False)
        return True
