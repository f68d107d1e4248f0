"""Every answer is valid under the response schema of its version."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from volt_ocpp import answers
from volt_ocpp.actions import actions_from_station
from volt_ocpp.answers import COMPOSED, DEFAULTS, Answered, Refused, default_answer
from volt_ocpp.authorization import IN_V16, AuthorizationStatus, TokenVerdict
from volt_ocpp.schemas import check_response
from volt_ocpp.versions import Version

V16, V201, V21 = Version.V16, Version.V201, Version.V21
NOW = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
WRITTEN = "2026-11-22T10:00:00.123Z"


def valid(version: Version, action: str, payload: bytes) -> Any:
    value = json.loads(payload)
    assert check_response(version, action, value).violations == ()
    return value


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("status", ["Accepted", "Pending", "Rejected"])
def test_boot(version: Version, status: answers.RegistrationStatus) -> None:
    payload = answers.boot_notification(status, 300, NOW)
    assert valid(version, "BootNotification", payload) == {"status": status, "currentTime": WRITTEN, "interval": 300}


@pytest.mark.parametrize("version", Version)
def test_heartbeat(version: Version) -> None:
    assert valid(version, "Heartbeat", answers.heartbeat(NOW)) == {"currentTime": WRITTEN}


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("status", AuthorizationStatus)
def test_every_verdict_can_be_said_in_every_version(version: Version, status: AuthorizationStatus) -> None:
    verdict = TokenVerdict(status, NOW, "GROUP")
    valid(version, "Authorize", answers.authorize(version, verdict))
    if version is V16:
        valid(version, "StartTransaction", answers.start_transaction(2**31 - 1, verdict))
        valid(version, "StopTransaction", answers.stop_transaction(verdict))
    else:
        valid(version, "TransactionEvent", answers.transaction_event(version, verdict, Decimal("12.30")))


def test_verdicts_of_1_6() -> None:
    verdict = TokenVerdict(AuthorizationStatus.NO_CREDIT, NOW, "GROUP")
    info = {"status": "Blocked", "expiryDate": WRITTEN, "parentIdTag": "GROUP"}
    assert valid(V16, "Authorize", answers.authorize(V16, verdict)) == {"idTagInfo": info}
    start = valid(V16, "StartTransaction", answers.start_transaction(42, verdict))
    assert start == {"transactionId": 42, "idTagInfo": info}
    assert valid(V16, "StopTransaction", answers.stop_transaction()) == {}


def test_verdicts_of_2_x() -> None:
    verdict = TokenVerdict(AuthorizationStatus.NO_CREDIT, NOW, "GROUP", "ISO14443")
    expected = {
        "status": "NoCredit",
        "cacheExpiryDateTime": WRITTEN,
        "groupIdToken": {"idToken": "GROUP", "type": "ISO14443"},
    }
    assert valid(V201, "Authorize", answers.authorize(V201, verdict)) == {"idTokenInfo": expected}
    event = valid(V201, "TransactionEvent", answers.transaction_event(V201, verdict))
    assert event == {"idTokenInfo": expected}


@pytest.mark.parametrize(("version", "longest"), [(V16, 20), (V201, 36), (V21, 255)])
def test_a_group_that_does_not_fit_is_left_out(version: Version, longest: int) -> None:
    fits = answers.authorize(version, TokenVerdict(AuthorizationStatus.ACCEPTED, group="G" * longest))
    too_long = answers.authorize(version, TokenVerdict(AuthorizationStatus.ACCEPTED, group="G" * (longest + 1)))
    assert b"GG" in fits
    assert b"GG" not in too_long
    valid(version, "Authorize", fits)
    valid(version, "Authorize", too_long)


def test_the_cost_is_written_digit_by_digit() -> None:
    assert answers.transaction_event(V21, None, Decimal("12.30")) == b'{"totalCost":12.30}'
    assert answers.transaction_event(V21, None, Decimal("0")) == b'{"totalCost":0}'
    assert answers.transaction_event(V21) == b"{}"


def test_every_verdict_has_a_word_in_1_6() -> None:
    assert set(IN_V16) == set(AuthorizationStatus)


@pytest.mark.parametrize("version", Version)
def test_every_action_of_a_station_has_a_valid_default(version: Version) -> None:
    for action in actions_from_station(version) - COMPOSED:
        answer = default_answer(version, action)
        if isinstance(answer, Answered):
            valid(version, action, answer.payload)
        else:
            assert answer == DEFAULTS[action]
            assert answer.code == "NotSupported"


def test_no_default_is_for_an_action_that_does_not_exist() -> None:
    assert set(DEFAULTS) <= actions_from_station(V16) | actions_from_station(V21)


@pytest.mark.parametrize(
    ("version", "action", "code"),
    [
        (V16, "NoSuch", "NotImplemented"),
        (V16, "Reset", "NotSupported"),
        (V201, "NotifySettlement", "NotImplemented"),
        (V21, "NotifyPeriodicEventStream", "NotSupported"),
        (V16, "StartTransaction", "GenericError"),
        (V21, "BootNotification", "GenericError"),
    ],
)
def test_what_has_no_default_is_refused(version: Version, action: str, code: str) -> None:
    answer = default_answer(version, action)
    assert isinstance(answer, Refused)
    assert answer.code == code
