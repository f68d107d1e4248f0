"""StatusNotification: the map to 2.x, repetitions, and late ones."""

import pytest
from unit.station.station_story import Story
from unit.station.station_words16 import status

from volt_contracts.station import ConnectorStatusChanged


@pytest.mark.parametrize(
    ("word", "neutral", "charging_state"),
    [
        ("Available", "Available", None),
        ("Preparing", "Occupied", "EVConnected"),
        ("Charging", "Occupied", "Charging"),
        ("SuspendedEV", "Occupied", "SuspendedEV"),
        ("SuspendedEVSE", "Occupied", "SuspendedEVSE"),
        ("Finishing", "Occupied", "EVConnected"),
        ("Reserved", "Reserved", None),
        ("Unavailable", "Unavailable", None),
        ("Faulted", "Faulted", None),
    ],
)
def test_the_words_of_16_become_those_of_2x(word: str, neutral: str, charging_state: str | None) -> None:
    story = Story()
    story.link()
    fact = status(story, word).only(ConnectorStatusChanged)
    assert (fact.status, fact.charging_state, fact.status_as_sent) == (neutral, charging_state, word)
    assert (fact.evse, fact.connector, fact.live, fact.suspect) == (1, 1, True, ())
    assert fact.error_code is None


def test_an_unknown_word_is_kept_and_suspect() -> None:
    story = Story()
    fact = status(story, "Sleeping", errorCode="GroundFailure", vendorErrorCode="E7", vendorId="acme", info="x").only(
        ConnectorStatusChanged
    )
    assert (fact.status, fact.status_as_sent, fact.suspect) == ("Unknown", "Sleeping", ("unknown_status",))
    assert (fact.error_code, fact.vendor_error_code, fact.vendor_id, fact.info) == ("GroundFailure", "E7", "acme", "x")


def test_connector_zero_is_the_station_itself() -> None:
    fact = status(Story(), "Unavailable", connector=0).only(ConnectorStatusChanged)
    assert (fact.evse, fact.connector) == (0, 0)


@pytest.mark.parametrize("connector", [-1, "x", None, 10**30, 1.5, [1]])
def test_a_connector_that_cannot_be_one_is_the_station_and_suspect(connector: object) -> None:
    story = Story()
    fact = story.call("StatusNotification", {"connectorId": connector, "status": "Faulted"}).only(
        ConnectorStatusChanged
    )
    assert (fact.evse, fact.suspect) == (0, ("unknown_connector",))


def test_the_same_status_with_the_same_timestamp_is_a_repetition() -> None:
    story = Story()
    story.link()
    first = story.stamp()
    assert status(story, "Preparing", timestamp=first).has(ConnectorStatusChanged)
    story.wait(seconds=3)
    assert status(story, "Charging").has(ConnectorStatusChanged)
    assert status(story, "Preparing", timestamp=first).events == []
    assert status(story, "Preparing", connector=2, timestamp=first).has(ConnectorStatusChanged)


def test_without_a_timestamp_the_same_words_again_say_nothing_new() -> None:
    story = Story()
    story.link()
    said = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    fact = story.call("StatusNotification", said).only(ConnectorStatusChanged)
    assert (fact.time.clock, fact.time.at, fact.time.offline, fact.suspect) == ("unset", story.now, "unknown", ())
    assert story.call("StatusNotification", said).events == []
    assert story.call("StatusNotification", said | {"errorCode": "OtherError"}).has(ConnectorStatusChanged)


def test_a_status_older_than_the_one_on_record_is_history() -> None:
    story = Story()
    story.link()
    story.wait(seconds=30)
    older = story.stamp(seconds=10)
    status(story, "Charging")
    late = status(story, "Preparing", timestamp=older).only(ConnectorStatusChanged)
    assert late.live is False
    assert story.twin.evses[1].connectors[1].status == "Occupied"
    assert status(story, "Available", timestamp=story.stamp()).only(ConnectorStatusChanged).live


def test_a_status_from_before_the_link_is_offline_and_history() -> None:
    story = Story()
    story.wait(hours=1).link()
    late = status(story, "Faulted", timestamp=story.stamp(minutes=30)).only(ConnectorStatusChanged)
    assert (late.time.offline, late.time.clock, late.live) == ("inferred", "good", False)
    assert story.twin.evses[1].connectors == {}


def test_a_slow_clock_does_not_make_the_present_history() -> None:
    story = Story()
    story.link()
    story.wait(hours=1)
    fact = status(story, "Charging", timestamp=story.stamp(minutes=10)).only(ConnectorStatusChanged)
    assert (fact.time.clock, fact.time.offline, fact.live) == ("offset", "no", True)


def test_a_clock_that_was_ahead_and_is_set_right_does_not_freeze_the_present() -> None:
    story = Story()
    story.link()
    ahead = status(story, "Charging", timestamp=story.stamp(minutes=-30)).only(ConnectorStatusChanged)
    assert (ahead.time.clock, ahead.suspect, ahead.live) == ("offset", ("time_in_future",), True)
    story.wait(minutes=1)
    assert status(story, "Available").only(ConnectorStatusChanged).live


def test_a_station_cannot_fill_the_twin_with_connectors() -> None:
    story = Story()
    for number in range(1, 200):
        status(story, "Available", connector=number)
    assert len(story.twin.evses) == 64


def test_the_first_status_on_a_link_may_be_older_than_the_link() -> None:
    story = Story()
    story.link()
    assert status(story, "Available").only(ConnectorStatusChanged).resumed
    assert not status(story.wait(minutes=1), "Preparing").only(ConnectorStatusChanged).resumed
    story.wait(minutes=1).link("link-2")
    assert status(story, "Charging").only(ConnectorStatusChanged).resumed
    assert not status(story.wait(minutes=1), "Finishing").only(ConnectorStatusChanged).resumed


def test_where_the_clock_stands_still_a_status_that_was_there_before_is_said_again() -> None:
    story = Story()
    story.link()
    stuck = "1970-01-01T00:00:00Z"
    for word in ("Available", "Preparing", "Charging"):
        status(story.wait(minutes=2), word, timestamp=stuck)
    assert status(story.wait(minutes=2), "Available", timestamp=stuck).only(ConnectorStatusChanged).live
    assert status(story.wait(seconds=5), "Available", timestamp=stuck).events == []


def test_what_says_that_it_is_from_before_the_former_link_is_no_queued_one() -> None:
    """The clock was set back by hours in the middle of a cut; what is told after it is the present (1.6 §4.9)."""
    story = Story()
    story.link()
    status(story.wait(minutes=6), "Preparing")
    story.closed()
    story.wait(minutes=4).link("link-2")
    fact = status(story, "Available", timestamp=story.stamp(hours=5)).only(ConnectorStatusChanged)
    assert (fact.time.clock, fact.time.offline, fact.live) == ("offset", "no", True)


@pytest.mark.parametrize(("linked_for", "minutes"), [(6, 5), (1, 300)])
def test_what_may_have_been_queued_before_the_link_that_is_there_stays_history(linked_for: int, minutes: int) -> None:
    """Made in the cut; or in a former one, of which the link between was too short to tell all."""
    story = Story()
    story.link()
    status(story.wait(minutes=linked_for), "Preparing")
    story.closed()
    story.wait(minutes=8).link("link-2")
    fact = status(story, "Available", timestamp=story.stamp(minutes=minutes)).only(ConnectorStatusChanged)
    assert (fact.time.clock, fact.time.offline, fact.live) == ("good", "inferred", False)


@pytest.mark.parametrize("minutes", [0.5, 3])
def test_a_clock_that_has_just_stopped_does_not_make_a_repetition_of_what_is_said_again(minutes: float) -> None:
    story = Story()
    story.link()
    stopped = story.wait(minutes=10).stamp()
    for word in ("Available", "Preparing", "Charging"):
        status(story.wait(seconds=5), word, timestamp=stopped)
    status(story.wait(minutes=minutes), "Finishing", timestamp=stopped)
    fact = status(story.wait(seconds=1), "Available", timestamp=stopped).only(ConnectorStatusChanged)
    assert fact.live
    assert status(story.wait(seconds=1), "Available", timestamp=stopped).events == []


def test_of_statuses_of_one_second_a_repetition_says_nothing() -> None:
    story = Story()
    story.link()
    second = story.wait(minutes=10).stamp()
    status(story, "Available", timestamp=second)
    status(story, "Preparing", timestamp=second)
    assert status(story.wait(seconds=2), "Available", timestamp=second).events == []
