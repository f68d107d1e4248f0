"""The excerpt of real sessions that ships with the package, and the order in which its cars come."""

from datetime import timedelta
from importlib.resources import files
from itertools import islice, pairwise

from volt_simulator.acn import by_station, stays
from volt_simulator.arrivals import arrivals_at
from volt_simulator.dice import dice


def test_the_excerpt_is_sane() -> None:
    found = stays()
    assert 600 <= len(found) <= 1500
    for stay in found:
        assert timedelta(minutes=20) <= stay.length <= timedelta(hours=16)
        assert 0 < stay.delivered_wh <= 7200 * stay.length.total_seconds() / 3600
        assert stay.requested_wh > 0
        assert stay.arrival.tzinfo is not None
        assert stay.arrival.year == 2019
    assert list(found) == sorted(found, key=lambda stay: (stay.arrival, stay.station))


def test_no_station_holds_two_cars_at_once() -> None:
    for of_one in by_station(stays()):
        assert len(of_one) >= 15
        assert all(before.departure <= after.arrival for before, after in pairwise(of_one))


def test_the_attribution_names_data_set_licence_and_changes() -> None:
    text = files("volt_simulator").joinpath("data", "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "ACN-Data" in text
    assert "CC BY 4.0" in text
    assert "What was changed" in text
    assert str(len(stays())) in text


def test_cars_come_in_recorded_order_with_short_gaps() -> None:
    recorded = by_station(stays())[0]
    drawn = list(islice(arrivals_at(recorded, 60, 30.0, dice(1, "CP-0001/1")), len(recorded) * 2))
    assert all(0 <= gap_s <= 30 for gap_s, _ in drawn)
    begin = recorded.index(drawn[0][1])
    assert [stay for _, stay in drawn[: len(recorded)]] == [*recorded[begin:], *recorded[:begin]]
    again = list(islice(arrivals_at(recorded, 60, 30.0, dice(1, "CP-0001/1")), 10))
    assert again == drawn[:10]
