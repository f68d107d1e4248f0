"""Stations: adopted by policy, registered by people, changed in steps, and never made known by a refusal."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.network.decider_life import START, Life, Rows

from volt_contracts.ids import entity_key, station_uid
from volt_contracts.message import Actor, Command
from volt_contracts.network import (
    AdoptStation,
    Credential,
    RegisterStation,
    StationAdopted,
    StationRegistered,
    StationRow,
    TenantRow,
    TenantSettings,
)
from volt_contracts.session import Meter, Place
from volt_contracts.topics import NETWORK_TENANTS
from volt_network.decider import STATION
from volt_network.domain.station import Adopted, Registered

OPERATOR = Actor(kind="operator", id="anna")
SYSTEM = Actor(kind="system", id="station")
UID = station_uid("demo", "CP1")
KEY = entity_key("demo", UID)
HASHED = Credential(kind="hmac-sha256", hash="0f" * 32)
OTHER_HASH = Credential(kind="hmac-sha256", hash="1e" * 32)
OF_TENANT: dict[str, Any] = {
    "party": "VLT", "country": "DE", "legal_entity": "Voltlog GmbH", "time_zone": "Europe/Berlin",
}  # fmt: skip


def station(**policy: Any) -> Life:
    """A station of a tenant that adopts, or has the given settings."""
    settings = TenantSettings(name="demo", **({"unknown_stations": "adopt"} | OF_TENANT | policy))
    return Life(STATION, KEY, Rows({(NETWORK_TENANTS.name, "demo/demo"): TenantRow(version=1, settings=settings)}))


def adopt(identity: str = "CP1") -> AdoptStation:
    return AdoptStation(identity=identity, protocol="ocpp1.6", remote_address="192.0.2.7", actor=SYSTEM)


def register(identity: str = "CP1", **properties: Any) -> RegisterStation:
    return RegisterStation(identity=identity, actor=OPERATOR, **properties)


def adopted(version: int = 1) -> StationAdopted:
    return StationAdopted(
        version=version, identity="CP1", protocol="ocpp1.6", remote_address="192.0.2.7", registration="accepted",
        security_profile=0, place=Place(network_version=version, **OF_TENANT), at=START,
    )  # fmt: skip


def registered(version: int = 1, **properties: Any) -> StationRegistered:
    described: dict[str, Any] = {
        "identity": "CP1", "security_profile": 1, "registration": "accepted", "actor": "operator:anna", "at": START,
        "place": Place(network_version=version, **OF_TENANT),
    }  # fmt: skip
    return StationRegistered(version=version, **(described | properties))


def test_a_stranger_is_adopted_with_its_tenants_place() -> None:
    life = station(security_profile=0)

    (event,) = life.facts(adopt())

    assert event == StationAdopted(
        version=1, identity="CP1", protocol="ocpp1.6", remote_address="192.0.2.7", registration="accepted",
        security_profile=0, place=Place(network_version=1, **OF_TENANT), at=START + timedelta(minutes=1),
    )  # fmt: skip
    assert life.public() == {
        "network.stations": StationRow(
            version=1, station_uid=UID, identity="CP1", adopted=True, security_profile=0, protocol="ocpp1.6",
            registration="accepted", place=Place(network_version=1, **OF_TENANT),
        )
    }  # fmt: skip


def test_a_stranger_waits_where_the_policy_is_pending() -> None:
    life = station(unknown_stations="pending")

    assert life.outcome(adopt()).outcome == "accepted"
    assert life.state.registration == "pending"


@pytest.mark.parametrize(
    ("life", "word"),
    [
        (station(unknown_stations="refuse"), "takes in no unknown stations"),
        (Life(STATION, KEY), "not configured"),
    ],
    ids=["refuse", "no such tenant"],
)
def test_a_stranger_who_is_refused_leaves_no_trace_but_the_outcome(life: Life, word: str) -> None:
    outcome = life.outcome(adopt())

    assert outcome.outcome == "rejected"
    assert word in (outcome.sentence or "")
    assert life.state is None
    assert life.restored() is None
    assert life.public() == {"network.stations": None}


@pytest.mark.parametrize("known", [adopted(), registered(registration="rejected")], ids=["adopted", "registered"])
def test_a_known_station_is_not_adopted_again(known: StationAdopted | StationRegistered) -> None:
    life = station(unknown_stations="refuse").given(known)
    before = life.public()

    outputs = life.when(adopt())

    assert [getattr(output, "outcome", None) for output in outputs] == ["accepted"]
    assert life.public() == before


@pytest.mark.parametrize("identity", ["", "  ", "CP\n1", "C" * 256])
def test_an_identity_that_cannot_be_one_is_refused(identity: str) -> None:
    assert station().outcome(adopt(identity)).outcome == "rejected"
    assert station().outcome(register(identity)).outcome == "rejected"


def test_a_station_is_registered_before_it_ever_connects() -> None:
    life = station()

    (event,) = life.facts(register(credential=HASHED, protocol="ocpp2.0.1"))

    assert event == registered(credential=HASHED, protocol="ocpp2.0.1", at=START + timedelta(minutes=1))
    assert life.public() == {
        "network.stations": StationRow(
            version=1, station_uid=UID, identity="CP1", adopted=False, credential=HASHED, security_profile=1,
            protocol="ocpp2.0.1", registration="accepted", place=Place(network_version=1, **OF_TENANT),
        )
    }  # fmt: skip


def test_registering_an_adopted_station_takes_over_what_is_known_of_it() -> None:
    life = station().given(adopted())

    (event,) = life.facts(register(credential=HASHED))

    assert isinstance(event, StationRegistered)
    assert (event.version, event.protocol, event.place.network_version) == (2, "ocpp1.6", 2)
    assert isinstance(life.state, Registered)


def test_the_same_registration_twice_is_one() -> None:
    life = station().given(registered(credential=HASHED))

    assert life.facts(register(credential=HASHED)) == []
    assert life.state.version == 1


def test_what_a_change_leaves_out_stays() -> None:
    place = Place(network_version=3, location="Depot", max_power_w=Decimal(22000), meter=Meter(serial="M1"))
    life = station().given(registered(3, credential=HASHED, protocol="ocpp2.1", place=place))

    (event,) = life.facts(register(security_profile=2, place=Place(location="Yard")))

    assert isinstance(event, StationRegistered)
    assert (event.version, event.security_profile, event.credential, event.protocol) == (4, 2, HASHED, "ocpp2.1")
    assert event.place == Place(
        network_version=4, location="Yard", max_power_w=Decimal(22000), meter=Meter(serial="M1"), **OF_TENANT
    )


def test_what_a_station_has_of_its_own_wins_over_its_tenant() -> None:
    life = station()

    (event,) = life.facts(register(place=Place(network_version=99, country="AT", time_zone="Europe/Vienna")))

    assert isinstance(event, StationRegistered)
    assert (event.place.party, event.place.country, event.place.time_zone) == ("VLT", "AT", "Europe/Vienna")
    assert event.place.network_version == 1


def test_a_new_key_replaces_the_old_one() -> None:
    life = station().given(registered(credential=HASHED))

    life.when(register(credential=OTHER_HASH))

    assert life.state.credential == OTHER_HASH


@pytest.mark.parametrize(
    ("command", "word"),
    [
        (register("CP2"), "known as CP1"),
        (register(security_profile=7), "security profile 7"),
        (register(protocol="ocpp1.5"), "ocpp1.5"),
        (register(credential=Credential(kind="hmac-sha256", hash="secret")), "64 hexadecimal"),
        (register(credential=Credential(kind="argon2id", hash="secret")), "$argon2id$"),
    ],
)
def test_a_change_that_cannot_be_is_refused(command: RegisterStation, word: str) -> None:
    life = station().given(registered())

    outcome = life.outcome(command)

    assert outcome.outcome == "rejected"
    assert word in (outcome.sentence or "")
    assert life.state.version == 1


def test_a_station_of_no_tenant_is_not_registered() -> None:
    life = Life(STATION, KEY)

    assert life.outcome(register()).sentence == "the tenant is not configured"


def test_a_change_of_the_tenant_leaves_the_past_alone() -> None:
    life = station()
    life.when(adopt())
    life.tables = Rows()

    assert life.replayed() == life.state
    assert life.state.place.party == "VLT"


commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        AdoptStation, identity=st.sampled_from(["CP1", "CP2", ""]), protocol=st.just("ocpp1.6"),
        remote_address=st.just("192.0.2.7"), actor=st.just(SYSTEM),
    ),
    st.builds(
        RegisterStation,
        identity=st.sampled_from(["CP1", "CP1", "CP2"]),
        credential=st.sampled_from([None, HASHED, OTHER_HASH]),
        security_profile=st.integers(0, 4),
        protocol=st.sampled_from([None, "ocpp1.6", "ocpp2.1"]),
        registration=st.sampled_from(["accepted", "pending", "rejected"]),
        place=st.builds(
            Place,
            party=st.sampled_from([None, "ABC"]),
            location=st.sampled_from([None, "Depot"]),
            max_power_w=st.sampled_from([None, Decimal("11000.0")]),
            meter=st.sampled_from([Meter(), Meter(serial="M1")]),
        ),
        actor=st.just(OPERATOR),
    ),
)  # fmt: skip
ids = st.sampled_from([f"c{number}" for number in range(12)])
policies = st.sampled_from(["adopt", "pending", "refuse"])


@given(policies, st.lists(st.tuples(ids, commands), max_size=20))
def test_replay_is_live_and_versions_go_up_by_one(policy: str, sent: list[tuple[str, Command]]) -> None:
    life = station(unknown_stations=policy)
    for command_id, command in sent:
        life.when(command, id=command_id)

    assert life.replayed() == life.state
    assert life.restored() == life.state
    for length in range(len(life.events)):
        life.replayed(life.events[:length])
    versions = [event.version for event in life.events if isinstance(event, StationAdopted | StationRegistered)]
    assert versions == list(range(1, len(versions) + 1))
    assert life.state is None or life.state.place.network_version == len(versions)
    assert sum(isinstance(event, StationAdopted) for event in life.events) <= 1


@given(policies, commands, commands)
def test_a_command_twice_changes_nothing_the_second_time(policy: str, first: Command, second: Command) -> None:
    life = station(unknown_stations=policy)
    life.when(first, id="c1")
    life.when(second, id="c2")
    before = life.public()

    assert life.facts(second, id="c2") == []
    assert life.facts(second, id="c3") == []
    assert life.public() == before


@given(st.lists(commands, max_size=10))
def test_an_adopted_station_is_registered_at_most_once_and_for_good(sent: list[Command]) -> None:
    life = station()
    seen = []
    for command in sent:
        life.when(command)
        seen.append(type(life.state))

    assert seen == sorted(seen, key=[type(None), Adopted, Registered].index)
