"""Real charging sessions: the excerpt of ACN-Data that ships with the package (`data/ATTRIBUTION.md`)."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

EXCERPT = "acn_caltech_2019.csv"


@dataclass(frozen=True, slots=True)
class Stay:
    """One car at one station, from plug to unplug, as it was recorded."""

    station: str
    arrival: datetime
    departure: datetime
    requested_wh: int
    delivered_wh: int

    @property
    def length(self) -> timedelta:
        """Time from arrival to departure."""
        return self.departure - self.arrival


@cache
def stays() -> tuple[Stay, ...]:
    """All sessions of the excerpt in order of arrival."""
    text = files("volt_simulator").joinpath("data", EXCERPT).read_text(encoding="utf-8")
    return tuple(_stay(row) for row in csv.DictReader(text.splitlines()))


def by_station(all_stays: Iterable[Stay]) -> list[tuple[Stay, ...]]:
    """The sessions of each recorded station, stations with the most sessions first."""
    found: defaultdict[str, list[Stay]] = defaultdict(list)
    for stay in all_stays:
        found[stay.station].append(stay)
    return sorted((tuple(of_one) for of_one in found.values()), key=lambda of_one: (-len(of_one), of_one[0].station))


def _stay(row: dict[str, str]) -> Stay:
    return Stay(
        station=row["station_id"],
        arrival=datetime.fromisoformat(row["arrival"]),
        departure=datetime.fromisoformat(row["departure"]),
        requested_wh=int(row["requested_wh"]),
        delivered_wh=int(row["delivered_wh"]),
    )
