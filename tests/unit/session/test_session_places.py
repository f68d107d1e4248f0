"""Where a visit takes place: copied from the network, or filled in when the network learns of the station."""

from decimal import Decimal

import msgspec
import pytest
from unit.session.session_story import KEY, Rows, Story, at, ended, metered, started, status

from volt_contracts.ids import entity_key, location_uid
from volt_contracts.network import (
    Connector,
    Evse,
    Location,
    LocationRow,
    Moved,
    StationAdopted,
    StationMoved,
    StationRegistered,
    StationRow,
)
from volt_contracts.session import Meter, Place, SessionEnded, SessionMetered, SessionRevised, SessionStarted
from volt_contracts.topics import NETWORK_LOCATIONS, NETWORK_STATIONS

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


DEPOT = Location(
    name="Depot", address="Hafenstr. 1", city="Wien", country="AT", time_zone="Europe/Vienna", site_host="ACME"
)
TWO_PLUGS = (
    Connector(number=1, standard="IEC_62196_T2", format="socket", power_type="AC_3_PHASE", max_power_w=Decimal(22000)),
    Connector(number=2, standard="CHADEMO", format="cable", power_type="DC", max_power_w=Decimal(50000)),
)
EVSES = (
    Evse(number=1, uid="E1", evse_id="AT*VLT*E1", meter=Meter(register_kind="session"), connectors=TWO_PLUGS),
    Evse(number=2, uid="E2", connectors=TWO_PLUGS[:1]),
)


def described_station(location: Location | None = DEPOT) -> Rows:
    """A network that knows the station's location and its EVSEs."""
    tables = Rows()
    tables.put(NETWORK_STATIONS, KEY, msgspec.structs.replace(row(), location_id="L1", evses=EVSES))
    if location is not None:
        tenant = KEY.partition("/")[0]
        known = LocationRow(version=5, location_id="L1", location=location)
        tables.put(NETWORK_LOCATIONS, entity_key(tenant, location_uid(tenant, "L1")), known)
    return tables


def test_location_evse_and_connector_go_before_what_the_station_says() -> None:
    story = Story(described_station())
    story.fact(status(0, "Preparing", connector=2))
    assert story.last(SessionStarted).place == Place(
        network_version=3, party="VLT", country="DE", location="Depot", location_id="L1", location_version=5,
        address="Hafenstr. 1", city="Wien", location_country="AT", time_zone="Europe/Vienna", site_host="ACME",
        evse_uid="E1", evse_id="AT*VLT*E1", meter=Meter(register_kind="session"), connector_standard="CHADEMO",
        connector_format="cable", power_type="DC", max_power_w=Decimal(50000),
    )  # fmt: skip


def test_what_nobody_has_said_stays_as_the_station_says() -> None:
    story = Story(described_station(None))
    story.fact(status(0, "Preparing", evse=2, connector=7))
    place = story.last(SessionStarted).place
    assert (place.location, place.location_id, place.location_version) == ("garage", "L1", 0)
    assert (place.evse_uid, place.connector_standard) == ("E2", "IEC_62196_T2"), "its one connector"
    story.fact(status(1, "Preparing", evse=9, connector=1))
    assert story.last(SessionStarted).place.evse_uid == "e-1"


def test_a_registration_that_comes_later_brings_location_and_evse() -> None:
    story = Story(described_station())
    del story.tables.rows[(NETWORK_STATIONS.name, KEY)]
    story.fact(status(0, "Preparing"))
    story.network(msgspec.structs.replace(registered(1), location_id="L1", evses=EVSES), 1)
    place = story.last(SessionRevised).place
    assert place is not None
    assert (place.location, place.evse_uid, place.connector_standard) == ("Depot", "E1", "IEC_62196_T2")


def test_visits_are_over_where_the_station_has_left() -> None:
    story = Story(known_station())
    story.fact(status(0, "Preparing", evse=1))
    story.fact(started(1, evse=2))
    story.fact(metered((2, 1500)))
    to = Moved(tenant="south", station_uid="st-9")
    story.network(StationMoved(version=4, transfer_id="t1", to=to, at=at(3)), 3)
    ends = [event for event in story.events if isinstance(event, SessionEnded)]
    assert [event.closed_by for event in ends] == ["operator", "operator"]
    assert [event.missing for event in ends if event.evse == 2] == [("stop",)]
