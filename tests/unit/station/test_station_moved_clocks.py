"""A clock that is set back, or stops, while a link is open: what comes on that link is of the present all the same."""

from decimal import Decimal

import pytest
from unit.station import station_words2 as v2
from unit.station.station_story import Story, Then
from unit.station.station_words16 import start, status, stop

from volt_contracts.station import ConnectorStatusChanged, ReadingsTaken, TransactionEnded


def charging() -> Story:
    """A transaction began on a link that is half a minute old."""
    story = Story()
    story.link()
    story.wait(seconds=30)
    status(story, "Preparing")
    start(story)
    return story.wait(seconds=30)


@pytest.mark.parametrize("back", [{"minutes": 5}, {"hours": 1}])
def test_after_a_start_on_the_link_what_seems_late_is_the_clocks_error(back: dict[str, float]) -> None:
    story = charging()
    fact = stop(story, at=story.stamp(**back)).only(TransactionEnded)
    assert (fact.time.clock, fact.time.offline) == ("offset", "no")
    free = status(story, "Available", timestamp=story.stamp(**back)).only(ConnectorStatusChanged)
    assert (free.live, free.time.clock) == (True, "offset")
    assert story.twin.evses[1].connectors[1].status == "Available"


def test_after_an_end_on_the_link_too() -> None:
    story = Story()
    story.link()
    start(story)
    story.closed()
    story.wait(minutes=10).link("link-2")
    assert not status(story, "Charging", timestamp=story.stamp(minutes=4)).only(ConnectorStatusChanged).live
    stop(story)
    assert status(story, "Finishing", timestamp=story.stamp(minutes=4)).only(ConnectorStatusChanged).live


def test_on_the_next_link_it_may_be_late_again() -> None:
    story = charging()
    story.closed()
    story.wait(hours=1).link("link-2")
    fact = stop(story, at=story.stamp(minutes=20)).only(TransactionEnded)
    assert (fact.time.clock, fact.time.offline) == ("good", "inferred")
    assert status(story, "Available", timestamp=story.stamp(minutes=19)).only(ConnectorStatusChanged).live is False


def test_a_start_out_of_the_queue_does_not_say_that_the_rest_is_through() -> None:
    story = Story()
    story.wait(hours=1).link()
    start(story, at=story.stamp(minutes=30))
    assert stop(story, at=story.stamp(minutes=20)).only(TransactionEnded).time.offline == "inferred"


def test_a_clock_that_is_set_back_by_half_a_minute_does_not_freeze_the_present() -> None:
    story = charging()
    status(story, "Finishing")
    story.wait(seconds=20)
    free = status(story, "Available", timestamp=story.stamp(seconds=30)).only(ConnectorStatusChanged)
    assert (free.live, free.time.clock) == (True, "good")


def test_the_word_online_does_not_hide_how_far_a_clock_is_off() -> None:
    story = v2.station()
    v2.event(story, "Started", 0, offline=False)
    story.closed()
    story.wait(minutes=10).link("link-2")
    first = v2.status(story, "Occupied", timestamp=story.stamp(hours=2)).only(ConnectorStatusChanged)
    assert first.live is False
    story.wait(minutes=1)
    v2.event(story, "Updated", 1, timestamp=story.stamp(hours=2), offline=False)
    story.wait(minutes=1, seconds=10)
    free = v2.status(story, "Available", timestamp=story.stamp(hours=2)).only(ConnectorStatusChanged)
    assert (free.live, free.time.clock) == (True, "offset")


def test_of_a_clock_that_stands_still_each_charge_has_its_readings() -> None:
    story = charging()
    still = story.stamp()
    for number in (1, 2, 3):
        story.wait(minutes=5)
        start(story, number, meter=number, at=still)
        assert _read(story, number, 1500, still).has(ReadingsTaken)
        stop(story, number, meter=2000 + number, at=still)


def _read(story: Story, number: int, wh: int, at: str) -> Then:
    value = {"timestamp": at, "sampledValue": [{"value": str(wh)}]}
    return story.call("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [value]})


def test_a_queue_does_not_unlearn_that_a_clock_was_never_set() -> None:
    story = Story()
    story.link()
    status(story, "Available", timestamp="2020-01-01T00:00:00Z")
    story.wait(minutes=3)
    status(story, "Available", timestamp="2020-01-01T00:03:00Z")
    for second in (10, 90):
        fact = status(story, "Charging", timestamp=f"2020-01-01T00:01:{second % 60:02}Z").only(ConnectorStatusChanged)
        assert fact.time.clock == "unset"
    story.wait(minutes=1)
    free = status(story, "Available", timestamp="2020-01-01T00:04:00Z").only(ConnectorStatusChanged)
    assert (free.time.at, free.live) == (story.now, True)


@pytest.mark.parametrize("more", [35, 45, 59])
def test_an_age_that_shrinks_by_less_than_a_minute_is_still_found_out(more: int) -> None:
    story = Story()
    story.wait(hours=2).link()
    status(story, "Preparing", timestamp=story.stamp(hours=1, seconds=more))
    for minutes in (3, 6):
        story.wait(minutes=minutes)
        last = status(story, "Charging", timestamp=story.stamp(hours=1)).only(ConnectorStatusChanged)
    assert (last.live, last.time.clock) == (True, "offset")


def test_a_higher_register_is_the_latest_whatever_the_clock_says() -> None:
    story = charging()
    _read(story, 4711, 3000, story.stamp())
    _read(story, 4711, 3500, story.stamp(minutes=20))
    (running,) = story.twin.running.values()
    assert running.register_wh == Decimal(3500)
