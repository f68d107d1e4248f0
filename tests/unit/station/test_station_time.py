"""FactTime: what a station's timestamp is worth."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from unit.station import station_words2 as words2
from unit.station.station_story import KEY, Rows, Story
from unit.station.station_words16 import boot, start

from volt_contracts.ids import entity_key, location_uid
from volt_contracts.network import Location, LocationRow, StationRow
from volt_contracts.session import Place
from volt_contracts.station import ConnectorStatusChanged, TransactionStarted

SUMMER = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


def started(story: Story, at: object) -> TransactionStarted:
    return start(story, timestamp=at).only(TransactionStarted)


def test_a_good_clock_rules() -> None:
    story = Story()
    story.link()
    story.wait(seconds=30)
    sent = story.stamp(seconds=20)
    fact = started(story, sent)
    assert fact.time.at == story.now - timedelta(seconds=20)
    assert (fact.time.received_at, fact.time.sent) == (story.now, sent)
    assert (fact.time.clock, fact.time.offline, fact.suspect) == ("good", "no", ())


@pytest.mark.parametrize("sent", ["1970-01-01T00:00:07Z", "2014-01-01T01:13:13Z", "2022-02-29T10:00:00Z", "soon", "7"])
def test_with_an_unset_clock_the_time_of_reception_rules(sent: str) -> None:
    story = Story()
    story.link()
    fact = started(story, sent)
    assert (fact.time.at, fact.time.sent, fact.time.clock) == (story.now, sent, "unset")
    assert fact.time.offline == "unknown"
    assert fact.suspect == ("clock_unset",)


@pytest.mark.parametrize("sent", [None, {}, [], True, ""])
def test_a_missing_time_is_unset_too(sent: object) -> None:
    fact = started(Story(), sent)
    assert (fact.time.clock, fact.time.sent, fact.suspect) == ("unset", None, ())


def test_an_hour_before_the_link_the_station_was_offline() -> None:
    story = Story()
    story.link()
    fact = started(story, story.stamp(hours=1))
    assert (fact.time.clock, fact.time.offline) == ("good", "inferred")
    assert fact.time.at == story.now - timedelta(hours=1)


def test_the_minute_before_counts_as_now() -> None:
    story = Story()
    story.link()
    assert started(story, story.stamp(seconds=59)).time.offline == "no"


def test_late_although_the_link_was_open_is_a_clock_that_is_off() -> None:
    story = Story()
    story.link()
    story.wait(hours=2)
    fact = started(story, story.stamp(minutes=5))
    assert (fact.time.clock, fact.time.offline) == ("offset", "no")


def test_ahead_is_off_and_a_day_ahead_is_no_clock() -> None:
    story = Story()
    story.link()
    fact = started(story, story.stamp(minutes=-2))
    assert (fact.time.clock, fact.suspect) == ("offset", ("time_in_future",))
    far = start(story, 5, connector=2, timestamp=story.stamp(days=-2)).only(TransactionStarted)
    assert (far.time.clock, far.time.at) == ("unset", story.now)
    assert far.suspect == ("time_in_future", "clock_unset")


def test_a_clock_that_is_hours_behind_is_told_from_lateness_by_an_age_that_stays() -> None:
    story = Story()
    story.link()
    first = start(story, at=story.stamp(hours=2)).only(TransactionStarted)
    assert (first.time.clock, first.time.offline) == ("good", "inferred"), "so far it may as well be late"
    story.wait(minutes=3)
    second = start(story, 2, connector=2, at=story.stamp(hours=2)).only(TransactionStarted)
    assert (second.time.clock, second.time.offline) == ("offset", "no")
    assert second.time.at == story.now - timedelta(hours=2), "the station's own time stays"


def test_what_a_station_says_that_was_online_tells_of_its_clock_when_its_age_stays() -> None:
    """OCPP 2.0.1 TransactionEvent.offline: its word may be wrong of a queue, whose ages do not stay the same."""
    story = words2.station()
    words2.event(story, "Started", 0, at=story.stamp(hours=1), offline=False)
    late = words2.status(story, "Occupied", timestamp=story.stamp(hours=1)).only(ConnectorStatusChanged)
    assert (late.time.offline, late.live) == ("inferred", False), "so far it may as well be late"
    story.wait(minutes=3)
    words2.event(story, "Updated", 1, at=story.stamp(hours=1), offline=False)
    present = words2.status(story, "Available", timestamp=story.stamp(hours=1)).only(ConnectorStatusChanged)
    assert (present.time.clock, present.time.offline, present.live) == ("offset", "no", True)


@pytest.mark.parametrize("hours", [-3, 2])
def test_once_the_clocks_error_is_known_lateness_is_counted_from_it(hours: int) -> None:
    story = Story()
    story.link()
    for number in (1, 2):
        start(story.wait(minutes=3), number, connector=number, at=story.stamp(hours=hours))
    story.closed()
    story.wait(hours=4).link("link-2")
    late = start(story, 3, connector=3, at=story.stamp(hours=hours + 1)).only(TransactionStarted)
    assert (late.time.clock, late.time.offline) == ("offset", "inferred")
    live = start(story, 4, connector=4, at=story.stamp(hours=hours)).only(TransactionStarted)
    assert (live.time.clock, live.time.offline) == ("offset", "no")


def test_a_clock_that_is_set_right_is_good_again() -> None:
    story = Story()
    story.link()
    start(story, at=story.stamp(hours=-2))
    right = start(story.wait(minutes=5), 2, connector=2, at=story.stamp()).only(TransactionStarted)
    assert (right.time.clock, right.time.offline) == ("good", "no")
    assert story.twin.lag is None


def test_a_clock_that_stands_still_is_no_clock() -> None:
    story = Story()
    story.wait(hours=1).link()
    stuck = story.stamp(hours=1)
    for number in (1, 2):
        start(story.wait(minutes=2), number, connector=number, at=stuck)
    assert start(story.wait(seconds=30), 3, connector=3, at=stuck).only(TransactionStarted).time.clock == "good"
    fact = start(story.wait(minutes=2), 4, connector=4, at=stuck).only(TransactionStarted)
    assert (fact.time.at, fact.time.clock, fact.time.offline) == (story.now, "unset", "unknown")
    assert fact.suspect == ("clock_stuck", "clock_unset")


def test_an_epoch_that_is_a_possible_time_is_found_out() -> None:
    story = Story()
    story.link()
    start(story, at="2020-01-01T00:00:10Z")
    fact = start(story.wait(minutes=5), 2, connector=2, at="2020-01-01T00:05:10Z").only(TransactionStarted)
    assert (fact.time.at, fact.time.clock, fact.suspect) == (story.now, "unset", ("clock_unset",))


def test_without_a_zone_it_is_local() -> None:
    story = Story()
    story.link()
    fact = started(story, "2026-03-01T12:00:00")
    assert (fact.time.at, fact.time.clock, fact.time.offline) == (story.now, "local", "no")


@pytest.mark.parametrize(
    ("station_zone", "location_zone"),
    [("Europe/Berlin", None), ("Asia/Tokyo", "Europe/Berlin"), (None, "Europe/Berlin")],
)
def test_under_the_quirk_local_time_is_that_of_the_location(
    station_zone: str | None, location_zone: str | None
) -> None:
    row = StationRow(
        version=1,
        station_uid="x",
        identity="CP-1",
        adopted=False,
        security_profile=1,
        registration="accepted",
        place=Place(time_zone=station_zone),
        location_id="L1",
    )
    tenant = KEY.partition("/")[0]
    place = LocationRow(version=1, location_id="L1", location=Location(name="Depot", time_zone=location_zone))
    rows: dict[tuple[str, str], msgspec.Struct] = {
        ("network.stations", KEY): row,
        ("network.locations", entity_key(tenant, location_uid(tenant, "L1"))): place,
    }
    story = Story(tables=Rows(rows), now=SUMMER)
    story.link()
    boot(story, chargePointVendor="Growatt", chargePointModel="THOR 11AS")
    fact = started(story, "2026-07-01T12:00:00")
    assert (fact.time.at, fact.time.clock) == (SUMMER, "local")
    assert fact.decoder is not None
    assert "growatt-local-time" in fact.decoder.applied
