"""A station goes to another tenant: the two keys of it, played one after the other as the log would."""

from decimal import Decimal
from typing import Any

import pytest
from unit.network.decider_life import Life, Rows

from volt_contracts.ids import entity_key, evse_uid, station_uid
from volt_contracts.message import Actor, Outcome
from volt_contracts.network import (
    Connector,
    Credential,
    EndTransfer,
    Evse,
    Moved,
    ReceiveStation,
    RegisterStation,
    StationMoved,
    StationRegistered,
    TenantRow,
    TenantSettings,
    TransferBegan,
    TransferRefused,
    TransferStation,
)
from volt_contracts.topics import NETWORK_STATION_COMMANDS, NETWORK_TENANTS
from volt_eventlog.decider import Output, Record
from volt_network.decider import STATION

OPERATOR = Actor(kind="operator", id="anna")
HERE, THERE = station_uid("north", "CP1"), station_uid("south", "CP1")
HASHED = Credential(kind="hmac-sha256", hash="0f" * 32)
EVSES = (
    Evse(number=1, evse_id="DE*NOR*E1", connectors=(Connector(max_power_w=Decimal(22_000)),)),
    Evse(number=2, uid="B"),
)
TENANTS = Rows(
    {
        (NETWORK_TENANTS.name, f"{name}/{name}"): TenantRow(
            version=1, settings=TenantSettings(name=name, country=country)
        )
        for name, country in (("north", "DE"), ("south", "AT"))
    }
)


def key_of(tenant: str) -> Life:
    return Life(STATION, entity_key(tenant, station_uid(tenant, "CP1")), TENANTS)


def register(**properties: Any) -> RegisterStation:
    return RegisterStation(identity="CP1", actor=OPERATOR, **properties)


def transfer(to: str = "south", **properties: Any) -> TransferStation:
    return TransferStation(to_tenant=to, actor=OPERATOR, **properties)


def told(outputs: list[Output]) -> Record:
    """The one record for another key."""
    (record,) = [output for output in outputs if isinstance(output, Record)]
    assert record.topic is NETWORK_STATION_COMMANDS
    return record


def outcomes(outputs: list[Output]) -> list[Outcome]:
    return [output for output in outputs if isinstance(output, Outcome)]


def handed_over(north: Life, south: Life, **properties: Any) -> list[Output]:
    """The whole way; what the former tenant's key says at its end."""
    offer = told(north.when(transfer(**properties), id="t1"))
    assert offer.key == south.key
    assert isinstance(offer.body, ReceiveStation)
    answer = told(south.when(offer.body, id="r1"))
    assert answer.key == north.key
    assert isinstance(answer.body, EndTransfer)
    return north.when(answer.body, id="e1")


def test_a_station_goes_with_its_password_and_its_evses() -> None:
    north, south = key_of("north"), key_of("south")
    north.when(register(credential=HASHED, security_profile=2, name="Gate", location_id="L1", evses=EVSES))

    ended = handed_over(north, south, location_id="S1")

    to = Moved(tenant="south", station_uid=THERE)
    assert ended[0] == StationMoved(version=2, transfer_id="t1", to=to, at=north.now)
    assert [(said.command_id, said.outcome, said.actor) for said in outcomes(ended)] == [
        ("t1", "accepted", "operator:anna"),
        ("e1", "accepted", "operator:anna"),
    ]
    gone: Any = north.public()["network.stations"]
    assert (gone.moved, gone.credential, gone.registration) == (to, None, "rejected")
    here: Any = south.public()["network.stations"]
    assert (here.station_uid, here.identity, here.name, here.location_id) == (THERE, "CP1", "Gate", "S1")
    assert here.credential == Credential(kind="hmac-sha256", hash="0f" * 32, keyed_for="north")
    assert here.place.country == "AT"
    assert [evse.uid for evse in here.evses] == [station_uid_of_evse(THERE), "B"]
    received = next(event for event in south.events if isinstance(event, StationRegistered))
    assert received.came_from == Moved(tenant="north", station_uid=HERE)
    assert north.replayed() == north.state == north.restored()
    assert south.replayed() == south.state == south.restored()


def station_uid_of_evse(uid: str) -> str:
    return evse_uid(uid, 1)


def test_an_offer_has_no_outcome_before_it_is_answered() -> None:
    north = key_of("north")
    north.when(register())

    assert outcomes(north.when(transfer(), id="t1")) == []
    assert north.when(transfer(), id="t1") == []
    assert north.outcome(transfer(), id="t2").sentence == "it is being given to south already"


def test_a_tenant_that_has_such_a_station_refuses_and_all_stays() -> None:
    north, south = key_of("north"), key_of("south")
    north.when(register())
    south.when(register(credential=HASHED))
    before = north.public()

    ended = handed_over(north, south)

    assert ended[0] == TransferRefused(
        transfer_id="t1", sentence="the tenant south has a station CP1 of its own", at=north.now
    )
    assert [said.outcome for said in outcomes(ended)] == ["rejected", "accepted"]
    assert north.public() == before
    assert told(north.when(transfer(), id="t3")).key == south.key


def test_a_station_can_come_back() -> None:
    north, south = key_of("north"), key_of("south")
    north.when(register(credential=HASHED))
    handed_over(north, south)

    offer = told(south.when(transfer("north"), id="back"))
    answer = told(north.when(offer.body, id="r2"))  # type: ignore[arg-type]
    south.when(answer.body, id="e2")  # type: ignore[arg-type]

    back: Any = north.public()["network.stations"]
    assert back.moved is None
    assert back.version == 3
    assert back.credential.keyed_for == "north"


def test_what_was_answered_is_not_answered_again() -> None:
    north, south = key_of("north"), key_of("south")
    north.when(register())
    offer = told(north.when(transfer(), id="t1"))
    answer = told(south.when(offer.body, id="r1"))  # type: ignore[arg-type]

    again = south.when(offer.body, id="r1")  # type: ignore[arg-type]
    north.when(answer.body, id="e1")  # type: ignore[arg-type]
    ended_again = north.when(answer.body, id="e9")  # type: ignore[arg-type]

    assert [type(output) for output in again] == [type(outcomes(again)[0])]
    assert [said.command_id for said in outcomes(ended_again)] == ["e9"]
    assert north.outcome(transfer(), id="t1").outcome == "accepted"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (transfer("north"), "it belongs to this tenant already"),
        (transfer("west"), "the tenant west is not configured"),
        (transfer(location_id="a b"), "the id of a location has 1 to 36 printable characters without blank and slash"),
    ],
)
def test_a_transfer_that_cannot_be_is_refused_at_once(command: TransferStation, sentence: str) -> None:
    north = key_of("north")
    north.when(register())

    assert north.outcome(command).sentence == sentence
    assert not any(isinstance(event, TransferBegan) for event in north.events)


def test_nobody_can_give_away_what_he_has_not() -> None:
    north, south = key_of("north"), key_of("south")
    assert north.outcome(transfer()).sentence == "the tenant has no such station"
    assert north.state is None
    north.when(register())
    handed_over(north, south)
    assert north.outcome(transfer()).sentence == "it belongs to south already"


def test_the_name_can_be_registered_anew_where_the_station_was() -> None:
    north, south = key_of("north"), key_of("south")
    north.when(register(credential=HASHED, evses=EVSES))
    handed_over(north, south)

    assert north.outcome(register(expected_version=1)).outcome == "rejected"
    assert north.outcome(register(expected_version=2)).outcome == "accepted"

    fresh: Any = north.public()["network.stations"]
    assert (fresh.moved, fresh.credential, fresh.evses, fresh.version) == (None, None, (), 3)
