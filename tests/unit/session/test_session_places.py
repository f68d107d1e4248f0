"""Where a visit takes place: copied from the network, or filled in when the network learns of the station."""

from decimal import Decimal

import msgspec
import pytest
from unit.session.session_story import KEY, Rows, Story, at, ended, metered, started, status

from volt_contracts.network import StationAdopted, StationRegistered, StationRow
from volt_contracts.session import Meter, Place, SessionEnded, SessionMetered, SessionRevised, SessionStarted
from volt_contracts.topics import NETWORK_STATIONS

PLACE = Place(party="VLT", country="DE", location="garage", evse_uid="e-1", max_power_w=Decimal(22000))


def row(place: Place = PLACE, version: int = 3) -> StationRow:
    """What the network says of the station."""
    return StationRow(
        version=version, station_uid="st-1", identity="CP1", adopted=False, security_profile=1,
        registration="accepted", place=place,
    )  # fmt: skip


def known_station(place: Place = PLACE) -> Rows:
    """A network that knows the station."""
    tables = Rows()
    tables.put(NETWORK_STATIONS, KEY, row(place))
    return tables


def adopted(minute: float) -> StationAdopted:
    """The network adopts the station."""
    return StationAdopted(
        version=1, identity="CP1", protocol="ocpp1.6", remote_address="::1", place=PLACE, registration="accepted",
        security_profile=0, at=at(minute),
    )  # fmt: skip


def registered(minute: float) -> StationRegistered:
    """The operator registers it."""
    return StationRegistered(
        version=2, identity="CP1", security_profile=1, registration="accepted", place=PLACE, actor="operator:o",
        at=at(minute),
    )  # fmt: skip


def test_the_place_is_copied_into_the_first_event() -> None:
    story = Story(known_station())
    story.fact(status(0, "Preparing"))
    assert story.last(SessionStarted).place == msgspec.structs.replace(PLACE, network_version=3)


@pytest.mark.parametrize("fact", [adopted(2), registered(2)])
def test_a_visit_that_began_before_the_network_knew_the_station(fact: StationAdopted | StationRegistered) -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    assert story.last(SessionStarted).place == Place()
    story.network(fact, 2)
    revised = story.last(SessionRevised)
    assert (revised.reason, revised.revision) == ("place", 1)
    assert revised.place == msgspec.structs.replace(PLACE, network_version=fact.version)
    assert revised.after == {"network_version": msgspec.Raw(str(fact.version).encode())}
    assert story.network(registered(3), 3) == [], "only what is missing is filled in"


def test_a_visit_that_has_ended_gets_its_place_too() -> None:
    story = Story()
    story.fact(started(0))
    story.fact(ended(5))
    story.fact(status(6, "Available"))
    story.network(adopted(6.5), 6.5)
    assert story.last(SessionRevised).finalise_at == at(7.5)


def test_a_table_that_was_behind_is_asked_again_at_the_end() -> None:
    story = Story()
    story.fact(started(0))
    story.tables.put(NETWORK_STATIONS, KEY, row())
    story.fact(ended(5))
    story.fact(status(6, "Available"))
    assert story.last(SessionRevised).place == msgspec.structs.replace(PLACE, network_version=3)
    assert story.events.index(story.last(SessionRevised)) < story.events.index(story.last(SessionEnded))


def test_a_meter_that_counts_from_the_plug() -> None:
    story = Story(known_station(Place(meter=Meter(register_kind="session"))))
    story.fact(started(0, register=0))
    story.fact(ended(10, register=1500))
    story.fact(started(11, "tx-2", register=1500))
    story.fact(metered((12, 1500), uid="tx-2"))
    story.fact(ended(20, "tx-2", register=2000))
    story.fact(status(21, "Available"))
    assert story.last(SessionEnded).summary.energy_wh == Decimal(2000)


def test_a_meter_that_counts_each_charge_from_zero() -> None:
    story = Story(known_station(Place(meter=Meter(register_kind="session"))))
    story.fact(started(0, register=None))
    story.fact(metered((5, 700)))
    assert story.last(SessionMetered).energy_wh == Decimal(700)
    story.fact(ended(10, register=1500))
    story.fact(started(11, "tx-2", register=1500))
    story.fact(metered((12, 0), uid="tx-2"))
    story.fact(ended(20, "tx-2", register=400))
    story.fact(status(21, "Available"))
    summary = story.last(SessionEnded).summary
    assert (summary.energy_wh, summary.suspect) == (Decimal(1500 + 400), ())
