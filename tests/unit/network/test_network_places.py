"""Locations, organisations and the EVSEs of a station: documents by version, refused when they cannot be right."""

from decimal import Decimal
from typing import Any

import pytest
from unit.network.decider_life import Life, Rows

from volt_contracts.ids import entity_key, evse_uid, location_uid, organisation_uid, station_uid
from volt_contracts.message import Actor
from volt_contracts.network import (
    ConfigureLocation,
    ConfigureOrganisation,
    Connector,
    Evse,
    Location,
    LocationConfigured,
    LocationRow,
    Organisation,
    OrganisationRow,
    RegisterStation,
    TenantRow,
    TenantSettings,
)
from volt_contracts.session import Place
from volt_contracts.topics import NETWORK_LOCATIONS, NETWORK_TENANTS
from volt_network.decider import LOCATION, ORGANISATION, STATION

OPERATOR = Actor(kind="operator", id="anna")
DEPOT = Location(
    name="Depot", country="DE", time_zone="Europe/Berlin", latitude=Decimal("52.5"), longitude=Decimal("13.4")
)
UID = station_uid("demo", "CP1")


def location() -> Life:
    return Life(LOCATION, entity_key("demo", location_uid("demo", "L1")))


def configure(document: Location = DEPOT, location_id: str = "L1", **more: Any) -> ConfigureLocation:
    return ConfigureLocation(location_id=location_id, location=document, actor=OPERATOR, **more)


def organisation() -> Life:
    return Life(ORGANISATION, entity_key("demo", organisation_uid("demo", "ACME")))


def describe(document: Organisation, organisation_id: str = "ACME", **more: Any) -> ConfigureOrganisation:
    return ConfigureOrganisation(organisation_id=organisation_id, organisation=document, actor=OPERATOR, **more)


ACME = Organisation(name="Acme Parking", kind="site_host", country="DE", vat_id="DE123456789")


def station() -> Life:
    tenant = TenantRow(version=1, settings=TenantSettings(name="demo"))
    return Life(STATION, entity_key("demo", UID), Rows({(NETWORK_TENANTS.name, "demo/demo"): tenant}))


def with_evses(*evses: Evse, **more: Any) -> RegisterStation:
    return RegisterStation(identity="CP1", actor=OPERATOR, evses=evses, **more)


def test_a_location_is_known_and_changed_by_versions() -> None:
    life = location()

    assert life.facts(configure()) == [
        LocationConfigured(version=1, location_id="L1", location=DEPOT, actor="operator:anna", at=life.now)
    ]
    assert life.facts(configure()) == []
    elsewhere = Location(name="Depot", country="AT")
    assert life.outcome(configure(elsewhere, expected_version=1)).outcome == "accepted"

    assert life.public() == {"network.locations": LocationRow(version=2, location_id="L1", location=elsewhere)}
    assert life.replayed() == life.state == life.restored()


def test_two_who_change_the_same_version_do_not_overwrite_each_other() -> None:
    life = location()
    assert life.outcome(configure(expected_version=1)).sentence == "it was to change version 1, but it is not known"
    life.when(configure(expected_version=0))
    life.when(configure(Location(name="A"), expected_version=1))

    late = life.outcome(configure(Location(name="B"), expected_version=1))

    assert (late.outcome, late.sentence) == (
        "rejected", "somebody has changed it meanwhile: it is at version 2, not 1",
    )  # fmt: skip
    assert life.state.location.name == "A"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (configure(location_id="L2"), "the key is not that of the location 'L2'"),
        (configure(Location(name=" ")), "a location has a name"),
        (configure(Location(name="X", country="de")), "'de' is no country: two capital letters (ISO 3166-1 alpha-2)"),
        (configure(Location(name="X", time_zone="half past")), "'half past' is no time zone, such as Europe/Berlin"),
        (configure(Location(name="X", latitude=Decimal(1))), "latitude and longitude come together"),
        (
            configure(Location(name="X", latitude=Decimal(1), longitude=Decimal("180.1"))),
            "latitude is from -90 to 90, longitude from -180 to 180",
        ),
    ],
)
def test_a_location_that_cannot_be_is_refused(command: ConfigureLocation, sentence: str) -> None:
    life = location()

    assert life.outcome(command).sentence == sentence
    assert life.state is None


def test_an_organisation_is_known_and_changed() -> None:
    life = organisation()
    life.when(describe(ACME))
    assert life.facts(describe(ACME)) == []
    assert life.outcome(describe(ACME, "OTHER")).sentence == "the key is not that of the organisation 'OTHER'"
    assert life.outcome(describe(Organisation(name="", kind="site_host"))).sentence == "an organisation has a name"
    assert life.outcome(describe(ACME, expected_version=7)).outcome == "rejected"

    row = OrganisationRow(version=1, organisation_id="ACME", organisation=ACME)
    assert life.public() == {"network.organisations": row}
    assert life.replayed() == life.state == life.restored()


def test_evses_get_uids_and_stay_until_they_are_said_anew() -> None:
    life = station()
    life.when(with_evses(Evse(number=2, uid="B"), Evse(number=1, evse_id="DE*VLT*E0001*1")))
    known = life.state.evses

    life.when(RegisterStation(identity="CP1", actor=OPERATOR, name="Gate"))

    assert [(evse.number, evse.uid) for evse in known] == [(1, evse_uid(UID, 1)), (2, "B")]
    assert life.state.evses == known
    life.when(with_evses(Evse(number=1)))
    assert [evse.number for evse in life.state.evses] == [1]


@pytest.mark.parametrize(
    ("evses", "sentence"),
    [
        ((Evse(number=1), Evse(number=1)), "EVSE 1 is there twice"),
        ((Evse(number=0),), "EVSEs are numbered from 1"),
        ((Evse(number=1, uid="x" * 37),), "the uid of EVSE 1 has 1 to 36 printable characters"),
        ((Evse(number=1, evse_id="E1"),), "'E1' is no EVSE id, such as DE*VLT*E0001*1"),
        ((Evse(number=1, connectors=(Connector(), Connector())),), "connector 1 of EVSE 1 is there twice"),
        (
            (Evse(number=1, connectors=(Connector(max_power_w=Decimal(0)),)),),
            "connector 1 of EVSE 1: its number and its maxima are above 0",
        ),
        (tuple(Evse(number=number) for number in range(1, 66)), "a station has at most 64 EVSEs"),
        (
            (Evse(number=1, connectors=tuple(Connector(number=number) for number in range(1, 18))),),
            "EVSE 1 has more than 16 connectors",
        ),
    ],
)
def test_evses_that_cannot_be_are_refused(evses: tuple[Evse, ...], sentence: str) -> None:
    life = station()

    assert life.outcome(with_evses(*evses)).sentence == sentence
    assert life.state is None


@pytest.mark.parametrize(("known", "shown"), [(None, "L1"), ("Depot", "Depot")])
def test_a_station_bears_the_name_of_its_location(known: str | None, shown: str) -> None:
    life = station()
    if known is not None:
        key = entity_key("demo", location_uid("demo", "L1"))
        row = LocationRow(version=1, location_id="L1", location=Location(name=known))
        life.tables = Rows({**life.tables.rows, (NETWORK_LOCATIONS.name, key): row})
    life.when(RegisterStation(identity="CP1", actor=OPERATOR, location_id="L1"))
    assert life.state.place.location == shown
    assert life.facts(RegisterStation(identity="CP1", actor=OPERATOR, location_id="L1")) == []
    life.when(RegisterStation(identity="CP1", actor=OPERATOR, place=Place(location="Gate 3")))
    assert life.state.place.location == "Gate 3"


def test_a_registration_that_was_made_by_an_old_view_is_refused() -> None:
    life = station()
    life.when(with_evses(expected_version=0))

    assert life.outcome(with_evses(Evse(number=1), expected_version=0)).outcome == "rejected"
    assert life.outcome(with_evses(Evse(number=1), expected_version=1)).outcome == "accepted"
