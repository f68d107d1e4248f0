"""OCPP 2.0.1 and 2.1: boot, status, tokens, readings outside transactions."""

from decimal import Decimal

import pytest
from unit.station.station_story import Story
from unit.station.station_words2 import ANNA, boot, metered, station, status

from volt_contracts.gateway import Decision
from volt_contracts.station import (
    Booted,
    ConnectorStatusChanged,
    HardwareChanged,
    ReadingsTaken,
    SignedMeterData,
    TokenPresented,
)
from volt_contracts.topics import STATION_EVIDENCE, STATION_TELEMETRY


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
def test_a_boot_says_what_the_station_is_and_why_it_boots(protocol: str) -> None:
    story = Story(protocol=protocol)
    story.link()
    fact = boot(story, serialNumber="S1", firmwareVersion="3.1", modem={"iccid": "8949", "imsi": "262"}).only(Booted)
    assert (fact.vendor, fact.model, fact.serial, fact.firmware) == ("Acme", "Two", "S1", "3.1")
    assert (fact.iccid, fact.imsi, fact.reason, fact.registration) == ("8949", "262", "PowerUp", "accepted")
    assert boot(story, serialNumber="S2").only(HardwareChanged).hardware_epoch == 1
    assert story.profile.protocol == protocol


def test_a_status_of_a_connector() -> None:
    story = station()
    fact = status(story, "Occupied", evse=2, connector=3).only(ConnectorStatusChanged)
    assert (fact.evse, fact.connector, fact.status, fact.status_as_sent) == (2, 3, "Occupied", "Occupied")
    assert fact.charging_state is None
    assert status(story, "Asleep", connector=4).only(ConnectorStatusChanged).suspect == ("unknown_status",)
    assert status(story, "Faulted", evse=-3).only(ConnectorStatusChanged).suspect == ("unknown_connector",)


def test_a_status_may_come_as_an_event() -> None:
    story = station()
    entry = {
        "eventId": 1,
        "timestamp": story.stamp(),
        "actualValue": "Occupied",
        "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}},
        "variable": {"name": "AvailabilityState"},
    }
    other = entry | {"variable": {"name": "Problem"}}
    payload = {"eventData": [entry, other, "x"], "seqNo": 0}
    fact = story.call("NotifyEvent", payload).only(ConnectorStatusChanged)
    assert (fact.evse, fact.connector, fact.status) == (1, 2, "Occupied")
    assert story.call("NotifyEvent", payload).events == []


def test_a_token_and_the_verdict_that_went_out() -> None:
    story = station()
    decision = Decision(verdict="NoCredit", verdict_source="asked", token_ref="ref-anna", group_ref="ref-group")
    fact = story.call("Authorize", ANNA, decision=decision, refs={"/idToken/idToken": "ref-anna"}).only(TokenPresented)
    assert (fact.token_ref, fact.token_type, fact.verdict) == ("ref-anna", "ISO14443", "NoCredit")
    assert (fact.verdict_source, fact.group_ref) == ("asked", "ref-group")
    assert story.call("Authorize", ANNA).events == []


def test_readings_outside_a_transaction_have_units_with_powers_of_ten() -> None:
    story = station()
    status(story, "Occupied")
    sample = {"value": 12.345, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}
    power = {"value": -2, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "kW"}}
    payload = {"evseId": 1, "meterValue": [{"timestamp": story.stamp(), "sampledValue": [sample, power]}]}
    event = story.call("MeterValues", payload).only(ReadingsTaken)
    assert event.readings[0].register_wh == Decimal("12345")
    assert event.readings[0].power_w == Decimal(-2000)
    assert story.call("MeterValues", payload).outputs == []


def test_the_main_meter_is_telemetry() -> None:
    story = station()
    then = story.call("MeterValues", {"evseId": 0} | metered(story, 5))
    assert then.events == []
    assert then.to(STATION_TELEMETRY)[0].evse == 0


def test_signed_values_stand_beside_the_plain_one() -> None:
    story = station()
    signed = {
        "signedMeterData": "T0NNRnx7fXw=",
        "signingMethod": "ECDSA-secp256r1-SHA256",
        "encodingMethod": "OCMF",
        "publicKey": "",
    }
    sample = {"value": 5000, "context": "Transaction.End", "signedMeterValue": signed}
    payload = {"evseId": 1, "meterValue": [{"timestamp": story.stamp(), "sampledValue": [sample]}]}
    (row,) = story.call("MeterValues", payload).to(STATION_EVIDENCE)
    assert isinstance(row, SignedMeterData)
    assert (row.data, row.encoding, row.method) == ("T0NNRnx7fXw=", "OCMF", "ECDSA-secp256r1-SHA256")
    assert (row.context, row.public_key, row.key_source) == ("Transaction.End", None, "none")


def test_actions_without_meaning_here_are_passed_over() -> None:
    story = station()
    assert story.call("SecurityEventNotification", {"type": "x"}).outputs == []
    assert story.call("Heartbeat", {}).outputs == []
