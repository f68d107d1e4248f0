"""Finds payment card numbers in text: 13 to 19 digits, in one run or in the groups of a card, that pass Luhn."""

import re

_CANDIDATE = re.compile(
    r"""[0-9](?<![0-9]{2})  # the digit before the look back: what holds none is skimmed ten times as fast
    (?: [0-9]{12,18}
      | [0-9]{3}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,7}  # as embossed on most cards
      | [0-9]{3}([ -])[0-9]{6}\2[0-9]{4,5}            # 14 and 15 digits
    )(?![0-9])""",
    re.VERBOSE,
)
_SMALLEST, _LARGEST = 10**12, 10**19


def passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def hide_cards(text: str, hidden: str) -> str:
    """The text with every card number replaced; the very same object when there is none."""
    return _CANDIDATE.sub(lambda match: hidden if _is_card(match[0]) else match[0], text)


def is_card_number(number: int) -> bool:
    """Whether a bare JSON number is a card number."""
    return _SMALLEST <= number < _LARGEST and passes_luhn(str(number))


def _is_card(candidate: str) -> bool:
    return passes_luhn(candidate.replace(" ", "").replace("-", ""))
