"""MeterValues of 1.6: units, totals, which transaction, where they are kept, and nothing twice."""

from decimal import Decimal
from typing import Any

import pytest
from unit.station.station_story import Story, Then, header
from unit.station.station_words16 import boot, meter_values, start, status, stop

from volt_contracts.station import ReadingsTaken, SignedMeterData, TransactionStarted, TransactionUpdated, Value
from volt_contracts.topics import STATION_EVIDENCE, STATION_TELEMETRY

OCMF = 'OCMF|{"FV":"1.0","PG":"T12345","MS":"M-77","RD":[{"RV":1.5}]}|{"SA":"ECDSA-secp256r1-SHA256","SD":"3045"}'


def charging() -> Story:
    story = Story()
    story.link()
    boot(story, meterSerialNumber="M1")
    status(story, "Preparing")
    start(story, meter=1000)
    return story.wait(minutes=1)


def samples(story: Story, *sampled: dict[str, Any], **more: Any) -> Then:
    payload = {
        "connectorId": 1,
        "transactionId": 4711,
        "meterValue": [{"timestamp": story.stamp(), "sampledValue": list(sampled)}],
    } | more
    return story.call("MeterValues", payload)


def test_a_reading_in_base_units_and_a_copy_for_charts() -> None:
    story = charging()
    uid = story.twin.running[next(iter(story.twin.running))].uid
    then = samples(
        story,
        {"value": "12.345", "unit": "kWh", "measurand": "Energy.Active.Import.Register"},
        {"value": "7.36", "unit": "kW", "measurand": "Power.Active.Import"},
        {"value": "16.0", "unit": "A", "measurand": "Current.Import", "phase": "L1", "location": "Outlet"},
        {"value": "55", "unit": "Percent", "measurand": "SoC"},
        {"value": "104", "unit": "Fahrenheit", "measurand": "Temperature", "location": "Body"},
        {"value": "50.02", "measurand": "Frequency"},
    )
    event = then.only(ReadingsTaken)
    assert (event.evse, event.connector, event.transaction_uid) == (1, 1, uid)
    (reading,) = event.readings
    assert reading.at == story.now
    assert (reading.register_wh, reading.power_w, reading.soc_percent) == (Decimal(12345), Decimal(7360), Decimal(55))
    assert reading.values == (
        Value(measurand="Energy.Active.Import.Register", value=Decimal("12345"), unit="Wh"),
        Value(measurand="Power.Active.Import", value=Decimal("7360"), unit="W"),
        Value(measurand="Current.Import", value=Decimal("16.0"), unit="A", phase="L1", location="Outlet"),
        Value(measurand="SoC", value=Decimal(55), unit="%"),
        Value(measurand="Temperature", value=Decimal("40.00"), unit="Celsius", location="Body"),
        Value(measurand="Frequency", value=Decimal("50.02"), unit="Hz"),
    )
    assert event.suspect == ()
    assert then.to(STATION_TELEMETRY) == [event]


def test_energy_is_exact_to_the_last_digit() -> None:
    story = charging()
    event = samples(story, {"value": "123456789.123456789", "unit": "kWh"}).only(ReadingsTaken)
    assert event.readings[0].register_wh == Decimal("123456789123.456789")
    as_number = samples(story.wait(seconds=9), {"value": 0.1}).only(ReadingsTaken)
    assert as_number.readings[0].register_wh == Decimal("0.1")


def test_samples_of_several_contexts_are_several_readings() -> None:
    event = samples(
        charging(), {"value": "1", "context": "Transaction.Begin"}, {"value": "2", "context": "Sample.Clock"}
    ).only(ReadingsTaken)
    assert [(reading.context, reading.register_wh) for reading in event.readings] == [
        ("Transaction.Begin", Decimal(1)),
        ("Sample.Clock", Decimal(2)),
    ]


def test_what_cannot_be_read_is_left_out_and_what_is_unknown_is_kept() -> None:
    event = samples(
        charging(),
        {"value": ""},
        {"value": "NaN"},
        {"value": "1e999999999"},
        {"value": "3", "measurand": "Sun.Spots", "unit": "W"},
        {"value": "4", "unit": "BTU"},
    ).only(ReadingsTaken)
    assert event.suspect == ("unknown_measurand", "unknown_unit", "unreadable_value")
    sun, btu = event.readings[0].values
    assert (sun.measurand, sun.as_sent) == ("Sun.Spots", "Sun.Spots")
    assert (btu.unit, btu.as_sent, event.readings[0].register_wh) == ("BTU", "BTU", None)


def test_the_register_of_all_phases_wins_and_that_of_the_outlet() -> None:
    event = samples(
        charging(),
        {"value": "1", "phase": "L1"},
        {"value": "40", "location": "Inlet"},
        {"value": "50", "location": "Outlet"},
    ).only(ReadingsTaken)
    assert event.readings[0].register_wh == Decimal(50)


def test_three_phases_are_summed() -> None:
    event = samples(
        charging(),
        *({"value": str(100 * n), "phase": f"L{n}"} for n in (1, 2, 3)),
        *({"value": "1.5", "unit": "kW", "measurand": "Power.Active.Import", "phase": f"L{n}-N"} for n in (1, 2, 3)),
    ).only(ReadingsTaken)
    assert (event.readings[0].register_wh, event.readings[0].power_w) == (Decimal(600), Decimal(4500))
    assert event.decoder is not None
    assert event.decoder.applied == ("energy-only-on-one-phase",)


def test_the_same_values_of_the_same_moment_come_once() -> None:
    story = charging()
    sent = story.stamp()
    assert meter_values(story, 2000, at=sent).has(ReadingsTaken)
    again = meter_values(story.wait(minutes=3), 2000, at=sent)
    assert again.outputs == []
    assert meter_values(story, 2000, at=story.stamp()).has(ReadingsTaken)


def test_of_a_frame_only_the_new_moments_count() -> None:
    story = charging()
    old, new = story.stamp(seconds=30), story.stamp()
    meter_values(story, 2000, at=old)
    values = [
        {"timestamp": old, "sampledValue": [{"value": "2000"}]},
        {"timestamp": new, "sampledValue": [{"value": "2100"}]},
        {"timestamp": new, "sampledValue": [{"value": "2100"}]},
    ]
    event = samples(story, meterValue=values).only(ReadingsTaken)
    assert [reading.register_wh for reading in event.readings] == [Decimal(2100)]


def test_a_stuck_clock_makes_no_energy_vanish() -> None:
    story = charging()
    stuck = "1970-01-01T00:00:00Z"
    for wh in (1100, 1200, 1300):
        event = meter_values(story.wait(minutes=1), wh, at=stuck).only(ReadingsTaken)
        assert (event.time.clock, event.readings[0].at) == ("unset", story.now)
        assert meter_values(story.wait(seconds=5), wh, at=stuck).outputs == []


def test_the_window_of_identities_is_bounded() -> None:
    story = charging()
    first = story.stamp()
    for wh in range(2000, 2060):
        meter_values(story.wait(seconds=10), wh)
    assert len(story.twin.evses[1].seen) == 50 * 8
    assert meter_values(story, 1999, at=first).has(ReadingsTaken)


@pytest.mark.parametrize("wire_id", [None, 0, -1, 99, "abc"])
def test_readings_that_name_no_known_transaction_belong_to_the_one_that_runs_there(wire_id: object) -> None:
    story = charging()
    (uid,) = story.twin.running
    assert meter_values(story, 1100, wire_id=wire_id).only(ReadingsTaken).transaction_uid == uid


ADOPTED = ["TransactionStarted", "ReadingsTaken"]


def test_readings_from_before_the_start_are_not_of_it() -> None:
    story = charging()
    early = meter_values(story, 900, wire_id=None, at=story.stamp(minutes=2)).only(ReadingsTaken)
    assert early.transaction_uid is None


def test_closing_readings_belong_to_the_transaction_that_just_ended() -> None:
    story = charging()
    (uid,) = story.twin.running
    stop(story.wait(minutes=30))
    inside = story.stamp(minutes=10)
    assert meter_values(story.wait(seconds=2), 5000, wire_id=4711).only(ReadingsTaken).transaction_uid == uid
    assert meter_values(story, 4000, wire_id=None, at=inside).only(ReadingsTaken).transaction_uid == uid
    assert meter_values(story, 5000, wire_id=None, context="Other").only(ReadingsTaken).transaction_uid == uid
    after = meter_values(story.wait(minutes=5), 5000, wire_id=None).only(ReadingsTaken)
    assert after.transaction_uid is None


def test_outside_a_visit_readings_are_telemetry_only() -> None:
    story = Story()
    story.link()
    status(story, "Available")
    then = meter_values(story.wait(minutes=1), 1000, wire_id=None)
    assert then.events == []
    assert [body.readings[0].register_wh for body in then.to(STATION_TELEMETRY)] == [Decimal(1000)]
    status(story, "Preparing")
    assert meter_values(story.wait(minutes=1), 1000, wire_id=None).has(ReadingsTaken)
    status(story.wait(seconds=1), "Available")
    assert meter_values(story.wait(minutes=1), 1000, wire_id=None).events == []


def test_a_transaction_keeps_the_visit_open_although_the_connector_says_available() -> None:
    story = charging()
    status(story.wait(seconds=1), "Available")
    assert meter_values(story.wait(minutes=1), 1000, wire_id=None).has(ReadingsTaken)


def test_readings_that_claim_a_transaction_are_kept_for_ever_even_outside_a_visit() -> None:
    story = Story()
    story.link()
    status(story, "Available")
    assert meter_values(story.wait(minutes=1), 1000, wire_id=-1).only(ReadingsTaken).transaction_uid is None


def test_a_transaction_that_runs_unheard_of_is_adopted() -> None:
    story = Story()
    story.link()
    status(story, "Charging")
    then = meter_values(story.wait(minutes=1), 8000, wire_id=31337)
    assert then.names == ADOPTED
    began = then.only(TransactionStarted)
    assert (began.adopted, began.protocol_id, began.evse, began.verdict) == (True, "31337", 1, None)
    assert then.only(ReadingsTaken).transaction_uid == began.transaction_uid
    assert story.profile.running == ("31337",)
    assert story.profile.recent_starts == ()
    ended = stop(story.wait(minutes=1), 31337, meter=9000)
    assert ended.events[0].missing == ("start",)


def test_old_readings_of_unknown_ids_adopt_nothing() -> None:
    story = Story()
    story.wait(days=1).link()
    then = meter_values(story, 8000, wire_id=31337, at=story.stamp(hours=3))
    assert then.names == ["ReadingsTaken"]


def test_a_register_below_the_one_before_is_suspect() -> None:
    story = charging()
    meter_values(story, 2000)
    event = meter_values(story.wait(minutes=1), 1500).only(ReadingsTaken)
    assert (event.suspect, event.readings[0].register_wh) == (("register_went_back",), Decimal(1500))


def test_the_offered_power_is_a_fact_when_it_changes() -> None:
    story = charging()
    offered = {"value": "11", "unit": "kW", "measurand": "Power.Offered"}
    assert samples(story, offered).only(TransactionUpdated).offered_w == Decimal(11000)
    assert not samples(story.wait(seconds=30), offered).has(TransactionUpdated)


def test_signed_data_is_kept_byte_for_byte() -> None:
    story = charging()
    (uid,) = story.twin.running
    signed = {"value": OCMF, "format": "SignedData", "context": "Transaction.End"}
    then = samples(story, signed)
    (record,) = [record for record in then.records if record.topic is STATION_EVIDENCE]
    assert header(record, "transaction_uid") == uid.encode()
    row = record.body
    assert isinstance(row, SignedMeterData)
    assert (row.data, row.encoding, row.context, row.evse) == (OCMF, "OCMF", "Transaction.End", 1)
    assert (row.method, row.meter_serial, row.pagination) == ("ECDSA-secp256r1-SHA256", "M-77", "T12345")
    assert (row.verification, row.key_source, row.at) == ("unverified", "none", story.now)
    assert samples(story, signed).outputs == []


def test_the_envelope_around_signed_data_is_read() -> None:
    envelope = (
        '{"signedMeterData":"AQIDBA==","encodingMethod":"EDL","signingMethod":"ECDSA","publicKey":"oca:base16:asn1:30"}'
    )
    (row,) = samples(charging(), {"value": envelope, "format": "SignedData"}).to(STATION_EVIDENCE)
    assert (row.data, row.encoding, row.method) == ("AQIDBA==", "EDL", "ECDSA")
    assert (row.public_key, row.key_source, row.meter_serial) == ("oca:base16:asn1:30", "sent", "M1")


def test_moments_of_one_clock_share_an_event() -> None:
    story = charging()
    values = [
        {"timestamp": story.stamp(seconds=2), "sampledValue": [{"value": "1100"}]},
        {"timestamp": story.stamp(seconds=1), "sampledValue": [{"value": "1101"}]},
        {"timestamp": "1970-01-01T00:00:00Z", "sampledValue": [{"value": "1102"}]},
        {"timestamp": "1970-01-01T00:00:01Z", "sampledValue": [{"value": "1103"}]},
    ]
    then = samples(story, meterValue=values)
    assert [len(event.readings) for event in then.events] == [2, 1, 1]
