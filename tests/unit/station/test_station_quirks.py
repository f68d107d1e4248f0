"""Each quirk on the frame that shows it: with the quirk set the fact is right, without the quirk it is another one."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from unit.station.station_story import Story, Then
from unit.station.station_words16 import boot, start, status

from volt_contracts.gateway import Decision
from volt_contracts.station import ConnectorStatusChanged, ReadingsTaken, TransactionEnded, TransactionStarted, Value
from volt_contracts.topics import STATION_TELEMETRY
from volt_ocpp.frames import Call, parse
from volt_ocpp.quirks import Quirk, QuirkSet, load_quirks
from volt_ocpp.versions import Version
from volt_station.decider import station_decider

ALL = load_quirks()
BY_NAME = {quirk.name: quirk for quirk in ALL.quirks}

HARDWARE = {
    "alfen": ("Alfen BV", "NG910-60023"),
    "delta": ("Delta Electronics", "AC Max"),
    "growatt": ("Growatt", "THOR 11AS"),
    "huawei": ("", "ACChargePoint"),
    "keba": ("KEBA", "KC-P30"),
    "mennekes": ("MENNEKES", "Smart ACU"),
    "vestel": ("Vestel", "EVC04-AC22"),
    "zaptec": ("Zaptec", "Zaptec Go 2"),
}
NOT_IN_FACTS = {
    "alfen-stored-history": "the gateway reads the socket more slowly",
    "register-kind-not-known": "nothing is decided on the kind of a register here",
    "vestel-register-of-session": "nothing is decided on the kind of a register here",
    "huawei-rate-unit-words": "configuration values are read in outcomes of commands",
    "empty-samples": "its effect is that there is no fact; tested below",
    "alfen-context-current-max": "its effect is that there is no fact; tested below",
}
SHOWN = [quirk for quirk in ALL.quirks if quirk.name not in NOT_IN_FACTS]
LATER = datetime(2026, 7, 1, tzinfo=UTC)
"""After all frames of the set."""


def without(name: str) -> QuirkSet:
    return QuirkSet("without", tuple(quirk for quirk in ALL.quirks if quirk.name != name))


def run(name: str, quirks: QuirkSet) -> Then:
    """The quirk's own frame, sent by a station that has it, in the middle of a charge (Wh 269456 at its start)."""
    vendor, model = HARDWARE.get(name.partition("-")[0], ("Acme", "One"))
    story = Story(decider=station_decider(quirks), now=LATER)
    story.link()
    boot(story, chargePointVendor=vendor, chargePointModel=model)
    status(story, "Preparing")
    begins = "StartTransaction" in BY_NAME[name].frame or name == "mennekes-no-power-while-idle"
    if not begins:
        start(story, 42, meter=269456 if name == "huawei-stop-below-start" else 1000, at="2020-01-02T00:00:00Z")
        story.call("MeterValues", reading_of(42, "2020-01-03T00:00:00Z", "1200"))
    call = parse(BY_NAME[name].frame, Version.V16)
    assert isinstance(call, Call)
    decision = Decision(verdict="Accepted", verdict_source="fallback", token_ref="ref", transaction_id=42)
    return story.wait(minutes=1).call(
        call.action, None, raw=bytes(call.payload), decision=decision if begins else None, refs={"/idTag": "ref"}
    )


def reading_of(wire_id: int, at: str, wh: str) -> dict[str, Any]:
    return {
        "connectorId": 1,
        "transactionId": wire_id,
        "meterValue": [{"timestamp": at, "sampledValue": [{"value": wh}]}],
    }


def applied(then: Then) -> set[str]:
    facts = [*then.events, *(record.body for record in then.records)]
    decoders = [getattr(fact, "decoder", None) for fact in facts]
    return {name for decoder in decoders if decoder is not None for name in decoder.applied}


def values(then: Then) -> tuple[Value, ...]:
    return tuple(value for event in then.to(STATION_TELEMETRY) for r in event.readings for value in r.values)


@pytest.mark.parametrize("quirk", SHOWN, ids=lambda quirk: quirk.name)
def test_a_quirk_is_named_by_the_facts_that_it_had_an_effect_on(quirk: Quirk) -> None:
    assert quirk.name in applied(run(quirk.name, ALL))
    assert quirk.name not in applied(run(quirk.name, without(quirk.name)))


def test_empty_samples_make_no_fact() -> None:
    assert run("empty-samples", ALL).outputs == []
    bare = run("empty-samples", without("empty-samples")).only(ReadingsTaken)
    assert (bare.readings[0].values, bare.suspect) == ((), ("no_samples",))


def test_quarantined_contexts_make_no_fact() -> None:
    name = "alfen-context-current-max"
    assert run(name, ALL).outputs == []
    assert len(values(run(name, without(name)))) == 1


def test_a_clock_from_before_its_time_was_never_set() -> None:
    name = "clock-never-set"
    assert run(name, ALL).only(TransactionStarted).time.clock == "unset"
    assert run(name, without(name)).only(TransactionStarted).time.clock == "good"


def test_an_unreadable_time_is_replaced() -> None:
    name = "time-missing-or-impossible"
    fact = run(name, ALL).only(ConnectorStatusChanged)
    assert (fact.time.clock, fact.time.at, fact.time.sent) == ("unset", fact.time.received_at, "2022-02-29T10:00:00Z")


def test_the_largest_number_is_no_transaction() -> None:
    name = "alfen-largest-transaction-id"
    assert run(name, ALL).only(ReadingsTaken).transaction_uid is not None


def test_an_unknown_register_at_the_stop_is_the_last_sample() -> None:
    name = "stop-register-not-known"
    ended = run(name, ALL).only(TransactionEnded)
    assert (ended.register_wh, ended.suspect, ended.missing) == (Decimal(1200), ("register_unknown",), ())
    bare = run(name, without(name)).only(TransactionEnded)
    assert (bare.register_wh, bare.missing) == (None, ("register",))


def test_an_unknown_register_at_the_start_is_unknown() -> None:
    name = "zaptec-start-register-not-known"
    assert run(name, ALL).only(TransactionStarted).register_wh is None
    assert run(name, without(name)).only(TransactionStarted).register_wh == Decimal(2147483647)


def test_a_stop_one_watt_hour_below_the_start_is_rounding() -> None:
    name = "huawei-stop-below-start"
    ended = run(name, ALL).only(TransactionEnded)
    assert (ended.register_wh, ended.suspect) == (Decimal(269456), ("register_rounded",))
    bare = run(name, without(name)).only(TransactionEnded)
    assert (bare.register_wh, bare.suspect) == (Decimal(269455), ("register_went_back",))


def test_readings_of_connector_zero_are_those_of_the_only_one() -> None:
    name = "keba-readings-of-connector-zero"
    event = run(name, ALL).only(ReadingsTaken)
    assert (event.evse, event.transaction_uid is not None) == (1, True)
    bare = run(name, without(name))
    assert (bare.events, [body.evse for body in bare.to(STATION_TELEMETRY)]) == ([], [0])


def test_a_second_connector_forbids_it() -> None:
    story = Story()
    story.link()
    boot(story, chargePointVendor="KEBA", chargePointModel="P30")
    for connector in (1, 2):
        status(story, "Preparing", connector=connector)
    then = story.call("MeterValues", reading_of(0, story.stamp(), "5") | {"connectorId": 0})
    assert [body.evse for body in then.to(STATION_TELEMETRY)] == [0]


def test_measurands_with_the_phase_in_their_name() -> None:
    name = "alfen-phase-in-measurand"
    (value,) = values(run(name, ALL))
    assert (value.measurand, value.phase, value.as_sent) == ("Current.Import", "L1", "Current.Import.L1")
    then = run(name, without(name))
    assert values(then)[0].measurand == "Current.Import.L1"
    assert then.to(STATION_TELEMETRY)[0].suspect == ("unknown_measurand",)


def test_a_sample_without_a_measurand_is_what_its_unit_says() -> None:
    name = "alfen-measurand-missing"
    (value,) = values(run(name, ALL))
    assert (value.measurand, value.unit) == ("Current.Import", "A")
    then = run(name, without(name))
    assert then.to(STATION_TELEMETRY)[0].suspect == ("unit_of_another_measurand",)
    assert then.to(STATION_TELEMETRY)[0].readings[0].register_wh is None


def test_measurands_in_quotation_marks() -> None:
    name = "mennekes-quoted-measurands"
    assert run(name, ALL).only(ReadingsTaken).readings[0].register_wh == Decimal(15230)
    assert run(name, without(name)).only(ReadingsTaken).readings[0].register_wh is None


def test_no_power_while_idle_is_zero() -> None:
    name = "mennekes-no-power-while-idle"
    assert run(name, ALL).only(ReadingsTaken).readings[0].power_w == Decimal(0)
    assert run(name, without(name)).only(ReadingsTaken).readings[0].power_w is None


def test_a_measurand_of_their_own_is_not_suspect() -> None:
    name = "measurand-request-energy"
    assert run(name, ALL).to(STATION_TELEMETRY)[0].suspect == ()
    assert run(name, without(name)).to(STATION_TELEMETRY)[0].suspect == ("unknown_measurand",)


def test_hertz_by_its_sign() -> None:
    name = "unit-of-frequency"
    (value,) = values(run(name, ALL))
    assert (value.unit, value.as_sent) == ("Hz", None)
    assert run(name, without(name)).to(STATION_TELEMETRY)[0].suspect == ("unknown_unit",)


def test_energy_on_one_phase_is_the_total() -> None:
    name = "energy-only-on-one-phase"
    assert run(name, ALL).only(ReadingsTaken).readings[0].register_wh == Decimal(1520)
    assert run(name, without(name)).only(ReadingsTaken).readings[0].register_wh is None


def test_the_phase_of_a_current() -> None:
    name = "current-between-phase-and-neutral"
    assert [value.phase for value in values(run(name, ALL))] == ["L1"]
    assert [value.phase for value in values(run(name, without(name)))] == ["L1-N"]


def test_the_profile_names_the_quirks_in_force() -> None:
    story = Story()
    boot(story, chargePointVendor="KEBA", chargePointModel="P30")
    assert "keba-readings-of-connector-zero" in story.profile.quirks
    assert "clock-never-set" in story.profile.quirks
    assert "zaptec-start-register-not-known" not in story.profile.quirks
    assert msgspec.json.encode(story.profile.quirk_set_version) == msgspec.json.encode(ALL.version)
