"""Which car comes to which connector, and when: the recorded order of one station, with the idle hours cut short."""

from collections.abc import Iterator
from random import Random

from volt_simulator.acn import Stay


def arrivals_at(
    recorded: tuple[Stay, ...], pace: int, longest_gap_s: float, dice: Random
) -> Iterator[tuple[float, Stay]]:
    """Endless pairs of (seconds until the car comes, its stay).

    Begins anywhere in the record and goes round; the first car comes within the longest gap.
    """
    at = dice.randrange(len(recorded))
    gap_s = longest_gap_s * dice.random()
    while True:
        yield gap_s, recorded[at]
        before, at = recorded[at], (at + 1) % len(recorded)
        empty_s = (recorded[at].arrival - before.departure).total_seconds() / pace
        gap_s = min(empty_s, longest_gap_s) if empty_s > 0 else longest_gap_s * dice.random()
        gap_s *= dice.uniform(0.5, 1.0)
