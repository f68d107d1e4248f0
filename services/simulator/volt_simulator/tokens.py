"""The cards of the drivers: which there are, and which is free. A driver cannot stand at two stations."""

import re
from collections import Counter
from random import Random

_RANGE = re.compile(r"^(?P<prefix>.*?)(?P<low>\d+)\.\.(?P=prefix)(?P<high>\d+)$")
MOST_IN_A_RANGE = 100_000


def parse_tokens(text: str) -> tuple[str, ...]:
    """Reads `TAG0001,SIM0001..SIM0200`. ValueError with one sentence when a part cannot be read."""
    tokens = [token for part in text.split(",") if part.strip() for token in _expand(part.strip())]
    if not tokens:
        raise ValueError("no token given")
    too_long = [token for token in tokens if len(token) > 20]
    if too_long:
        raise ValueError(f"token {too_long[0]} has more than the 20 characters of OCPP 1.6 §7.28")
    return tuple(dict.fromkeys(tokens))


def _expand(part: str) -> list[str]:
    if ".." not in part:
        return [part]
    found = _RANGE.match(part)
    if found is None:
        raise ValueError(f"{part} is not a range such as SIM0001..SIM0200")
    low, high, width = int(found["low"]), int(found["high"]), len(found["low"])
    if not 0 <= high - low < MOST_IN_A_RANGE:
        raise ValueError(f"{part} is not a range of 1 to {MOST_IN_A_RANGE} tokens")
    return [f"{found['prefix']}{number:0{width}d}" for number in range(low, high + 1)]


class TokenPool:
    """Hands out the token that is used least at this moment; with fewer drivers than cars some token serves twice."""

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self._tokens = tokens
        self._in_use: Counter[str] = Counter()

    def __contains__(self, token: str) -> bool:
        return token in self._tokens

    def take(self, dice: Random) -> str:
        """A token for one visit; `give_back` it afterwards."""
        least = min(self._in_use[token] for token in self._tokens)
        token = dice.choice([token for token in self._tokens if self._in_use[token] == least])
        self._in_use[token] += 1
        return token

    def give_back(self, token: str) -> None:
        """The visit with this token is over."""
        self._in_use[token] -= 1
