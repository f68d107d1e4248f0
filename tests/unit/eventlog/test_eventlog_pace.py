"""How long whoever writes rests."""

import pytest

from volt_eventlog.pace import Pace

PACE = Pace(0.1, 0.005, 0.25)


@pytest.mark.parametrize(("records", "seconds"), [(0, 0.1), (20, 0.1), (40, 0.2), (50, 0.25), (5000, 0.25)])
def test_the_busier_the_longer_between_two_bounds(records: int, seconds: float) -> None:
    assert PACE.rest_s(records) == pytest.approx(seconds)


def test_another_shortest_rest_and_none_at_all() -> None:
    assert PACE.at_least(0.15).rest_s(1) == 0.15
    assert PACE.at_least(0.15).rest_s(40) == pytest.approx(0.2)
    assert PACE.at_least(0).rest_s(40) == 0
