"""What starts were answered, so that a repetition gets the same answer and is never refused against itself."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from volt_gateway.authorization import Judgement

REMEMBERED = 50_000


@dataclass(slots=True)
class FirstVerdict:
    """The first answer to a start. `ended`: its stop came by since."""

    judgement: Judgement
    start: Hashable
    trusted_clock: bool
    ended: bool = False


class FirstVerdicts:
    """The memory of one gateway, bounded; what it forgot may still be in `station.profiles`."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._known: OrderedDict[tuple[str, Hashable], FirstVerdict] = OrderedDict()

    def get(self, station: str, transaction: Hashable, start: Hashable) -> Judgement | None:
        """The first verdict of this very start.

        A start whose stop is known is no repetition when its clock cannot be trusted: with a stuck clock, the next
        charge looks the same.
        """
        first = self._known.get((station, transaction))
        if first is None or first.start != start or (first.ended and not first.trusted_clock):
            return None
        return first.judgement

    def put(self, station: str, transaction: Hashable, first: FirstVerdict) -> None:
        """Remember what a start was answered."""
        self._known[(station, transaction)] = first
        self._known.move_to_end((station, transaction))
        if len(self._known) > self._limit:
            self._known.popitem(last=False)

    def ended(self, station: str, transaction: Hashable) -> None:
        """The transaction's stop came by."""
        first = self._known.get((station, transaction))
        if first is not None:
            first.ended = True
