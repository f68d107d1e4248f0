"""Repeatable chance: every station draws from its own source, so one more station changes nothing for the others."""

import random


def dice(seed: int, name: str) -> random.Random:
    """A source of chance that depends on nothing but the fleet's seed and a name."""
    return random.Random(f"{seed}/{name}")  # noqa: S311 - chance of a simulation, not of a secret
