"""The schema check: what is found, how it is said, and that no value of a payload is repeated."""

from typing import Any

import pytest
from unit.ocpp.ocpp_samples import MESSAGES, fullest, smallest, spoiled

from volt_ocpp.actions import REVENUE, actions_from_station, sends_from_station
from volt_ocpp.pointers import pointer
from volt_ocpp.schemas import CLEAN, MOST_VIOLATIONS, check, check_response
from volt_ocpp.versions import Version
from volt_ocpp.violations import Verdict

V16, V201, V21 = Version.V16, Version.V201, Version.V21
SECRET = "04A1B2C3D4E5F6"


def found(verdict: Verdict) -> list[tuple[str, str, bool]]:
    return [(violation.path, violation.kind, violation.optional) for violation in verdict.violations]


@pytest.mark.parametrize(("version", "action", "response"), MESSAGES)
def test_valid_payloads_are_clean(version: Version, action: str, response: bool) -> None:
    judge = check_response if response else check
    assert judge(version, action, smallest(version, action, response)) is CLEAN
    assert judge(version, action, fullest(version, action, response)) is CLEAN


def test_a_send_is_checked_too() -> None:
    (action,) = sends_from_station(V21)
    assert check(V21, action, smallest(V21, action)) is CLEAN
    assert check(V21, action, {}).hard


def boot(**changes: Any) -> dict[str, Any]:
    return {"chargePointVendor": "Volt", "chargePointModel": "One"} | changes


def status(**changes: Any) -> dict[str, Any]:
    known = {"connectorId": 1, "errorCode": "NoError", "status": "Available"} | changes
    return {key: value for key, value in known.items() if value is not ...}


def status_2x(**changes: Any) -> dict[str, Any]:
    known = {"timestamp": "t", "connectorStatus": "Available", "evseId": 1, "connectorId": 1} | changes
    return {key: value for key, value in known.items() if value is not ...}


FORMAT = {V16: "FormationViolation", V201: "FormatViolation", V21: "FormatViolation"}

# version, action, payload → (path, kind, optional), hard, code
CASES: list[tuple[Version, str, Any, list[tuple[str, str, bool]], str]] = [
    (V16, "StatusNotification", status(connectorId="1"), [("/connectorId", "type", False)], "TypeConstraintViolation"),
    (V16, "StatusNotification", status(status=...), [("/status", "missing", False)], "OccurenceConstraintViolation"),
    (V16, "StatusNotification", status(status="Sleeping"), [("/status", "enum", False)], ""),
    (V16, "StatusNotification", status(info="x" * 51), [("/info", "length", True)], ""),
    (V16, "StatusNotification", status(info=5), [("/info", "type", True)], ""),
    (V16, "StatusNotification", status(info=None), [("/info", "type", True)], ""),
    (V16, "StatusNotification", status(extra=5), [("/extra", "extra", True)], ""),
    (V16, "StatusNotification", status(errorCode=...), [("/errorCode", "missing", False)], ""),
    (V16, "StatusNotification", [], [("", "shape", False)], "FormationViolation"),
    (V16, "StatusNotification", None, [("", "shape", False)], "FormationViolation"),
    (V16, "BootNotification", {"chargePointModel": "x"}, [("/chargePointVendor", "missing", False)], ""),
    (V16, "BootNotification", boot(chargePointModel="x" * 21), [("/chargePointModel", "length", False)], ""),
    (V16, "BootNotification", boot(chargePointSerialNumber="x" * 40), [("/chargePointSerialNumber", "length", True)],
     ""),
    (V16, "DataTransfer", {"data": "x"}, [("/vendorId", "missing", False)], "OccurenceConstraintViolation"),
    (V16, "Authorize", {}, [("/idTag", "missing", False)], "OccurenceConstraintViolation"),
    (V16, "Authorize", {"idTag": SECRET * 2}, [("/idTag", "length", False)], ""),
    (V201, "StatusNotification", status_2x(evseId=...), [("/evseId", "missing", False)],
     "OccurrenceConstraintViolation"),
    (V201, "StatusNotification", status_2x(timestamp=...), [("/timestamp", "missing", False)], ""),
    (V201, "StatusNotification", status_2x(evseId="one"), [("/evseId", "type", False)], "TypeConstraintViolation"),
    (V21, "StatusNotification", status_2x(evseId=-1), [("/evseId", "range", False)], "PropertyConstraintViolation"),
    (V201, "StatusNotification", 5, [("", "shape", False)], "FormatViolation"),
    (V201, "BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "x"}},
     [("/chargingStation/vendorName", "missing", False)], ""),
    (V201, "BootNotification", {"reason": "Magic", "chargingStation": {"model": "x", "vendorName": "y"}},
     [("/reason", "enum", False)], ""),
    (V201, "NotifyEvent", {"generatedAt": "t", "seqNo": 0, "eventData": []}, [("/eventData", "count", False)], ""),
    (V21, "NotifyReport", {"requestId": 1, "generatedAt": "t", "seqNo": 0, "reportData": [{}]},
     [("/reportData/0/component", "missing", True), ("/reportData/0/variable", "missing", True),
      ("/reportData/0/variableAttribute", "missing", True)], ""),
    (V16, "NoSuchAction", {}, [("", "unknown_action", False)], "NotImplemented"),
    (V201, "StartTransaction", {}, [("", "unknown_action", False)], "NotImplemented"),
]  # fmt: skip


@pytest.mark.parametrize(("version", "action", "payload", "expected", "code"), CASES)
def test_violations(
    version: Version, action: str, payload: Any, expected: list[tuple[str, str, bool]], code: str
) -> None:
    verdict = check(version, action, payload)
    assert sorted(found(verdict)) == expected
    assert (verdict.hard, verdict.code) == (code != "", code)


@pytest.mark.parametrize(
    ("version", "action"),
    [(version, name) for version in Version for name in sorted(REVENUE & actions_from_station(version))],
)
@pytest.mark.parametrize("payload", [None, [], 5, {}, {"connectorId": "x", "meterValue": 5, "idTag": []}])
def test_revenue_is_never_hard(version: Version, action: str, payload: Any) -> None:
    verdict = check(version, action, payload)
    assert verdict.violations
    assert not verdict.hard


def test_a_sentence_names_the_place_and_not_the_value() -> None:
    verdict = check(V201, "Authorize", {"idToken": {"idToken": SECRET * 5, "type": SECRET}, SECRET[:2]: SECRET})
    assert len(verdict.violations) == 3
    assert SECRET not in verdict.sentence
    assert "idToken.idToken is longer than 36 characters" in verdict.sentence


def test_a_decimal_of_a_charging_profile_may_have_one_digit() -> None:
    period = {"startPeriod": 0, "limit": 16.1}
    profile = smallest(V16, "SetChargingProfile")
    profile["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"] = [period]
    assert check(V16, "SetChargingProfile", profile) is CLEAN
    period["limit"] = 16.15
    assert [kind for _, kind, _ in found(check(V16, "SetChargingProfile", profile))] == ["precision"]


def test_so_many_violations_are_cut() -> None:
    verdict = check(V16, "Authorize", {"idTag": "x"} | {f"field{index}": 1 for index in range(1000)})
    assert len(verdict.violations) == MOST_VIOLATIONS
    assert not verdict.hard
    readings = [{"timestamp": 5, "sampledValue": []}] * 1000
    many = check(V201, "MeterValues", {"evseId": 1, "meterValue": readings})
    assert [violation.kind for violation in many.violations][-1] == "too_many"
    assert not many.hard


def report(*last: dict[str, Any]) -> dict[str, Any]:
    entry = {"component": {"name": "c"}, "variable": {"name": "v"}, "variableAttribute": [{"value": "x" * 100}]}
    return {"requestId": 1, "generatedAt": "t", "seqNo": 0, "reportData": [entry] * 100 + list(last)}


def test_a_violation_at_the_end_of_a_long_payload_is_found() -> None:
    assert check(V201, "NotifyReport", report()) is CLEAN
    assert found(check(V201, "NotifyReport", report({"component": {"name": "c"}, "variable": {"name": "v"}}))) == [
        ("/reportData/100/variableAttribute", "missing", True)
    ]


def test_a_long_payload_full_of_violations_is_judged_by_its_beginning() -> None:
    verdict = check(V201, "NotifyEvent", {"generatedAt": 5, "seqNo": 0, "eventData": [{}] * 10_000})
    assert verdict.hard
    assert len(verdict.violations) == MOST_VIOLATIONS + 1


def test_endless_nesting_is_judged_without_raising() -> None:
    payload: Any = 1
    for _ in range(5000):
        payload = {"customData": payload}
    assert isinstance(check(V201, "Heartbeat", payload), Verdict)


def test_a_hostile_field_name_does_not_grow_a_pointer() -> None:
    verdict = check(V16, "Heartbeat", {"x" * 100_000: 1})
    assert len(verdict.violations[0].path) == 65
    assert pointer(["a/b", 0, "c~d"]) == "/a~1b/0/c~0d"


@pytest.mark.parametrize("payload", [{"idTag": "\ud800"}, {"\ud800": 1}, {"idTag": {1, 2}}, float("nan"), 10**400])
def test_what_json_cannot_hold_is_judged_without_raising(payload: Any) -> None:
    assert isinstance(check(V16, "Authorize", payload), Verdict)
    assert isinstance(check_response(V16, "Authorize", payload), Verdict)


def test_the_cause_is_the_same_for_other_values() -> None:
    first = check(V16, "StatusNotification", status(connectorId="1", status="A"))
    again = check(V16, "StatusNotification", status(connectorId="2", status="B"))
    other = check(V16, "StatusNotification", status(connectorId="1"))
    assert first.cause == again.cause != other.cause


def test_an_unknown_answer_is_said_to_be_unknown() -> None:
    assert check_response(V16, "GetVariables", {}).code == "NotImplemented"
    assert check_response(V16, "ClearCache", {"status": "Maybe"}).violations


@pytest.mark.parametrize(("version", "action", "response"), MESSAGES)
def test_spoiled_payloads_are_never_refused_where_they_carry_revenue(
    version: Version, action: str, response: bool
) -> None:
    for payload in spoiled(smallest(version, action, response)):
        verdict = check_response(version, action, payload) if response else check(version, action, payload)
        assert verdict.hard == (verdict.code != "")
        assert not (verdict.hard and action in REVENUE)
        assert len(verdict.sentence) < 5_000
