"""Neutral commands in the words of each version, and what of them is lost."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from unit.station.station_orders import payload, sent, station16
from unit.station.station_story import OPERATOR, Story
from unit.station.station_words2 import TX, event
from unit.station.station_words2 import station as station2
from unit.station.station_words16 import boot

from volt_contracts.message import Command
from volt_contracts.station import (
    ChangeAvailability,
    CommandFinished,
    CommandProgressed,
    GetTransactionStatus,
    GetVariables,
    Reset,
    SetVariables,
    TriggerMessage,
    UnlockConnector,
    Variable,
)
from volt_contracts.topics import GATEWAY_DOWNLINK

Wire = tuple[str, dict[str, Any]]


@pytest.mark.parametrize(
    ("command", "v16", "v2"),
    [
        (Reset(actor=OPERATOR, evse=2), "not_supported", ("Reset", {"type": "OnIdle", "evseId": 2})),
        (
            ChangeAvailability(actor=OPERATOR, operational=False),
            ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
            ("ChangeAvailability", {"operationalStatus": "Inoperative"}),
        ),
        (
            ChangeAvailability(actor=OPERATOR, operational=True, evse=2, connector=1),
            ("ChangeAvailability", {"connectorId": 2, "type": "Operative"}),
            ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 2, "connectorId": 1}}),
        ),
        (
            UnlockConnector(actor=OPERATOR, evse=2, connector=1),
            ("UnlockConnector", {"connectorId": 2}),
            ("UnlockConnector", {"evseId": 2, "connectorId": 1}),
        ),
        (
            TriggerMessage(actor=OPERATOR, message="StatusNotification", evse=1, connector=1),
            ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}),
            ("TriggerMessage", {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}),
        ),
        (
            TriggerMessage(actor=OPERATOR, message="SignChargingStationCertificate"),
            ("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}),
            ("TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"}),
        ),
        (
            TriggerMessage(actor=OPERATOR, message="TransactionEvent"),
            "not_supported",
            ("TriggerMessage", {"requestedMessage": "TransactionEvent"}),
        ),
        (TriggerMessage(actor=OPERATOR, message="Dance"), "not_supported", "not_supported"),
        (GetTransactionStatus(actor=OPERATOR), "not_supported", ("GetTransactionStatus", {})),
        (GetTransactionStatus(actor=OPERATOR, transaction_uid="x"), "not_supported", "rejected"),
        (GetVariables(actor=OPERATOR), ("GetConfiguration", {}), "not_supported"),
        (
            GetVariables(actor=OPERATOR, variables=(Variable(variable="Interval", component="Clock", evse=1),)),
            ("GetConfiguration", {"key": ["Interval"]}),
            (
                "GetVariables",
                {
                    "getVariableData": [
                        {"component": {"name": "Clock", "evse": {"id": 1}}, "variable": {"name": "Interval"}}
                    ]
                },
            ),
        ),
        (
            GetVariables(actor=OPERATOR, variables=(Variable(variable="K"),)),
            ("GetConfiguration", {"key": ["K"]}),
            "rejected",
        ),
        (
            SetVariables(actor=OPERATOR, variables=(Variable(variable="A", component="B", instance="C", value="1"),)),
            ("ChangeConfiguration", {"key": "A", "value": "1"}),
            (
                "SetVariables",
                {
                    "setVariableData": [
                        {
                            "component": {"name": "B"},
                            "variable": {"name": "A", "instance": "C"},
                            "attributeValue": "1",
                        }
                    ]
                },
            ),
        ),
        (SetVariables(actor=OPERATOR, variables=()), "rejected", "not_supported"),
        (SetVariables(actor=OPERATOR, variables=(Variable(variable="A", component="B"),)), "rejected", "rejected"),
    ],
)
def test_a_command_in_each_version(command: Command, v16: Wire | str, v2: Wire | str) -> None:
    for story, expected in ((station16(), v16), (station2(), v2), (station2("ocpp2.1"), v2)):
        then = story.command(command)
        if isinstance(expected, str):
            fact = then.only(CommandFinished)
            assert (fact.outcome, bool(fact.sentence), then.records) == (expected, True, [])
        else:
            call = sent(then)
            assert (call.action, payload(call), call.protocol) == (*expected, story.protocol)


def test_what_16_cannot_say_is_named_in_the_outcome() -> None:
    story = station16()
    command = GetVariables(actor=OPERATOR, variables=(Variable(variable="A", component="B", instance="C", evse=1),))
    call = sent(story.command(command))
    answer = {"configurationKey": [{"key": "A", "readonly": True, "value": "5"}]}
    fact = story.report(call, "result", answer).only(CommandFinished)
    assert fact.lossy == ("component", "instance", "evse")
    assert fact.results == ({"variable": "A", "status": "Accepted", "value": "5", "readonly": "true"},)


def test_keys_that_are_not_known() -> None:
    story = station16()
    command = GetVariables(actor=OPERATOR, variables=(Variable(variable="A"), Variable(variable="B")))
    some = {"configurationKey": [{"key": "A", "readonly": False}], "unknownKey": ["B", 5]}
    fact = story.report(sent(story.command(command)), "result", some).only(CommandFinished)
    assert (fact.outcome, fact.results[1]) == ("accepted", {"variable": "B", "status": "UnknownVariable"})
    none = story.report(sent(story.command(command)), "result", {"unknownKey": ["A", "B"]}).only(CommandFinished)
    assert (none.outcome, none.status) == ("rejected", "UnknownVariable")


def test_words_of_a_quirky_configuration_are_the_standard_ones() -> None:
    story = Story()
    story.link()
    boot(story, chargePointVendor="", chargePointModel="ACChargePoint")
    call = sent(story.command(GetVariables(actor=OPERATOR)))
    key = {"key": "ChargingScheduleAllowedChargingRateUnit", "readonly": True, "value": "power"}
    fact = story.report(call, "result", {"configurationKey": [key]}).only(CommandFinished)
    assert fact.results[0]["value"] == "Power"


def test_16_writes_one_key_a_call_and_the_outcome_lists_each() -> None:
    story = station16()
    values = tuple(Variable(variable=f"Key{n}", value=f"secret{n}") for n in range(3))
    then = story.command(SetVariables(actor=OPERATOR, variables=values), id="c1")
    assert then.names == ["CommandSent"] * 3
    calls = then.to(GATEWAY_DOWNLINK)
    assert [payload(call)["key"] for call in calls] == ["Key0", "Key1", "Key2"]
    assert len({call.message_id for call in calls}) == 3
    assert calls[2].not_after - calls[0].not_after == timedelta(seconds=60)
    for call, status in zip(calls, ("Accepted", "RebootRequired", "Accepted"), strict=True):
        story.report(call, "sent")
        then = story.wait(seconds=1).report(call, "result", {"status": status})
    fact = then.only(CommandFinished)
    assert (fact.outcome, fact.status) == ("accepted", "RebootRequired")
    assert fact.results == (
        {"variable": "Key0", "status": "Accepted"},
        {"variable": "Key1", "status": "RebootRequired"},
        {"variable": "Key2", "status": "Accepted"},
    )
    assert "secret" not in repr(story.events)


def test_one_key_that_fails_fails_the_command_and_the_others_are_still_listed() -> None:
    story = station16()
    values = tuple(Variable(variable=f"Key{n}", value="1") for n in range(3))
    calls = story.command(SetVariables(actor=OPERATOR, variables=values)).to(GATEWAY_DOWNLINK)
    for call in calls:
        story.report(call, "sent")
    assert story.report(calls[0], "result", {"status": "Accepted"}).only(CommandProgressed).results
    story.report(calls[1], "result", {"status": "Rejected"})
    fact = story.report(calls[2], "error", {}, error="InternalError").only(CommandFinished)
    assert (fact.outcome, fact.status, fact.sentence) == ("rejected", "Rejected", "2 of 3 were not accepted")
    assert [row["status"] for row in fact.results] == ["Accepted", "Rejected", "InternalError"]


def test_a_key_without_an_answer_makes_the_whole_unknown() -> None:
    story = station16()
    values = tuple(Variable(variable=f"Key{n}", value="1") for n in range(2))
    calls = story.command(SetVariables(actor=OPERATOR, variables=values)).to(GATEWAY_DOWNLINK)
    story.report(calls[0], "sent")
    story.report(calls[0], "no_answer")
    fact = story.report(calls[1], "not_sent", error="link_gone").only(CommandFinished)
    assert fact.outcome == "unknown"
    late = story.report(calls[0], "result", {"status": "Accepted"})
    assert late.names == ["LateResult"]


def test_variables_of_2x_are_listed_with_their_own_words() -> None:
    story = station2()
    wanted = (Variable(variable="A", component="B"), Variable(variable="C", component="D"))
    rows: list[dict[str, Any]] = [
        {"component": {"name": "B"}, "variable": {"name": "A"}, "attributeStatus": "Accepted", "attributeValue": "1"},
        {
            "component": {"name": "D", "evse": {"id": 2}},
            "variable": {"name": "C"},
            "attributeStatus": "UnknownVariable",
        },
    ]
    got = sent(story.command(GetVariables(actor=OPERATOR, variables=wanted)))
    fact = story.report(got, "result", {"getVariableResult": rows}).only(CommandFinished)
    assert (fact.outcome, fact.status, fact.sentence) == ("accepted", "Accepted", "1 of 2 were not accepted")
    assert fact.results == (
        {"component": "B", "variable": "A", "value": "1", "status": "Accepted"},
        {"component": "D", "variable": "C", "evse": "2", "status": "UnknownVariable"},
    )
    values = tuple(msgspec.structs.replace(variable, value="1") for variable in wanted)
    put = sent(story.command(SetVariables(actor=OPERATOR, variables=values)))
    done = story.report(put, "result", {"setVariableResult": rows}).only(CommandFinished)
    assert (done.outcome, done.status) == ("rejected", "UnknownVariable")
    again = sent(story.command(SetVariables(actor=OPERATOR, variables=values)))
    reboot = {"setVariableResult": [rows[0], rows[0] | {"attributeStatus": "RebootRequired"}]}
    assert story.report(again, "result", reboot).only(CommandFinished).status == "RebootRequired"


def test_the_status_of_a_transaction() -> None:
    story = station2()
    event(story, "Started", 0)
    (uid,) = story.twin.running
    call = sent(story.command(GetTransactionStatus(actor=OPERATOR, transaction_uid=uid)))
    assert payload(call) == {"transactionId": TX}
    fact = story.report(call, "result", {"ongoingIndicator": True, "messagesInQueue": False}).only(CommandFinished)
    assert (fact.outcome, [row["value"] for row in fact.results]) == ("accepted", ["true", "false"])
