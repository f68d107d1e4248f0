"""Timers: a key is asked again when its scheduled time comes, and is woken only if its deadline has really come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from volt_eventlog.message import Deadline
from volt_eventlog.timers import Timers

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def silence(minutes: float) -> Deadline:
    """A deadline so many minutes after noon."""
    return Deadline("silence", at(minutes))


def test_a_key_is_asked_when_its_time_has_come_and_not_before() -> None:
    timers = Timers()
    timers.want("a", silence(5))
    assert timers.pop(at(4.9)) == []
    assert timers.pop(at(5)) == ["a"]


def test_it_is_asked_once_until_it_is_wanted_again() -> None:
    timers = Timers()
    timers.want("a", silence(5))
    assert timers.pop(at(6)) == ["a"]
    assert timers.pop(at(7)) == []
    timers.want("a", silence(8))
    assert timers.next_at() == at(8)


def test_signs_of_life_do_not_touch_the_heap() -> None:
    """They move the deadline thousands of times; it is asked at the time that was scheduled first."""
    timers = Timers()
    for minute in range(5, 100):
        timers.want("a", silence(minute))
    assert timers.next_at() == at(5)
    assert timers.pop(at(5)) == ["a"]
    assert timers.next_at() is None


def test_an_earlier_deadline_takes_the_place_of_a_later_one() -> None:
    timers = Timers()
    timers.want("a", silence(50))
    timers.want("a", silence(5))
    assert timers.next_at() == at(5)
    assert timers.pop(at(60)) == ["a"], "once, although two entries were made"


def test_a_key_without_a_deadline_is_not_scheduled() -> None:
    timers = Timers()
    timers.want("a", None)
    assert timers.next_at() is None
    assert timers.pop(at(60)) == []


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 30)), st.lists(st.integers(0, 40), min_size=1))
def test_every_key_is_asked_by_the_first_look_after_its_deadline(wanted: dict[str, int], looks: list[int]) -> None:
    timers = Timers()
    for key, minute in wanted.items():
        timers.want(key, silence(minute))
    asked: dict[str, int] = {}
    for look in sorted(looks):
        for key in timers.pop(at(look)):
            assert key not in asked
            asked[key] = look
    expected = {
        key: min(look for look in looks if look >= minute)
        for key, minute in wanted.items()
        if any(look >= minute for look in looks)
    }
    assert asked == expected
