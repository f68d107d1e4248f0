"""What a 1.6 transaction id is worth: central systems gave it, and stations send numbers that name no transaction."""

from volt_station.frame import Frame
from volt_station.lenient import integer

_LARGEST_GIVEN = 2**31 - 1
"""Voltlog gives positive ids of 31 bits; other central systems gave what fits an int."""


def named(frame: Frame) -> tuple[str | None, int | None]:
    """The id if it can name a transaction, as text; and the number as sent."""
    number = integer(frame.payload, "transactionId")
    quirk = frame.quirks.unknown_ids.get(number)
    if quirk is not None and (number is not None or "transactionId" in frame.payload):
        frame.apply(quirk)
        return None, number
    if number is None or number <= 0:
        return None, number
    return str(number), number


def may_have_been_given(number: int | None) -> bool:
    """Whether a central system can have made up this id."""
    return number is not None and 0 < number <= _LARGEST_GIVEN
