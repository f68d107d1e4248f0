"""The sequence numbers of a 2.x transaction: which were seen, and which are missing (OCPP 2.0.1 part 2, E01)."""

from volt_station.domain.limits import GAPS
from volt_station.domain.state import Numbers


def seen(numbers: Numbers | None, number: int) -> bool:
    """Whether the message with this number was taken in before."""
    if numbers is None:
        return False
    return numbers.low <= number <= numbers.high and number not in numbers.missing


def with_number(numbers: Numbers | None, number: int) -> Numbers:
    """What is seen and missing once this number came. At most the newest `GAPS` missing ones are listed."""
    if numbers is None:
        return Numbers(number, number)
    if number in numbers.missing:
        return Numbers(numbers.low, numbers.high, tuple(gap for gap in numbers.missing if gap != number))
    if number > numbers.high:
        gap = _between(numbers.high, number)
        return Numbers(numbers.low, number, (*numbers.missing, *gap)[-GAPS:])
    if number < numbers.low:
        gap = _between(number, numbers.low)
        return Numbers(number, numbers.high, (*gap, *numbers.missing)[-GAPS:])
    return numbers


def newly_missing(numbers: Numbers | None, number: int) -> tuple[int, ...]:
    """The numbers that turn out to be missing when this one comes."""
    before = () if numbers is None else numbers.missing
    return tuple(gap for gap in with_number(numbers, number).missing if gap not in before)


def _between(low: int, high: int) -> tuple[int, ...]:
    return tuple(range(max(low + 1, high - GAPS), high))
