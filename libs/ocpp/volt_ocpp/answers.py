"""The payloads of the answers that a central system gives, as bytes, from nothing but verdict words.

Pure builders: the time and every decision come in as arguments. One default answer stands ready for each action
that needs no decision.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import Struct

from volt_ocpp.actions import actions_from_station, refusal_of
from volt_ocpp.authorization import IN_V16, TokenVerdict
from volt_ocpp.codes import ErrorCode
from volt_ocpp.times import format_time
from volt_ocpp.versions import Version

RegistrationStatus = Literal["Accepted", "Pending", "Rejected"]
DataTransferStatus = Literal["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"]

EMPTY = b"{}"
"""The answer to MeterValues, StatusNotification and every other report."""

_LONGEST_GROUP = {Version.V16: 20, Version.V201: 36, Version.V21: 255}
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Answered(Struct, frozen=True, gc=False):
    """Answer with a CALLRESULT of this payload."""

    payload: bytes


class Refused(Struct, frozen=True, gc=False):
    """Answer with a CALLERROR."""

    code: ErrorCode
    description: str


def boot_notification(status: RegistrationStatus, interval: int, now: datetime) -> bytes:
    """`interval`: seconds between heartbeats when accepted, else until the next boot notification."""
    return _encode({"status": status, "currentTime": format_time(now), "interval": interval})


def heartbeat(now: datetime) -> bytes:
    """The current time, from which stations set their clocks."""
    return b'{"currentTime":"%b"}' % format_time(now).encode()


def authorize(version: Version, verdict: TokenVerdict) -> bytes:
    """The verdict on a token (OCPP 1.6 §4.1, 2.x use case C01)."""
    return _encode(_with_verdict(version, verdict))


def start_transaction(transaction_id: int, verdict: TokenVerdict) -> bytes:
    """OCPP 1.6 §4.8: a transaction id is given in every case, a refused token included."""
    return _encode(_with_verdict(Version.V16, verdict) | {"transactionId": transaction_id})


def stop_transaction(verdict: TokenVerdict | None = None) -> bytes:
    """OCPP 1.6 §4.10: the verdict only when the stop carried a token; it cannot prevent the stop."""
    return EMPTY if verdict is None else _encode(_with_verdict(Version.V16, verdict))


def transaction_event(
    version: Version, verdict: TokenVerdict | None = None, total_cost: Decimal | None = None
) -> bytes:
    """OCPP 2.x use cases E01-E15 and I03: the verdict when the event carried a token, the cost including taxes."""
    if verdict is None and total_cost is None:
        return EMPTY
    answer: dict[str, Any] = {} if verdict is None else _with_verdict(version, verdict)
    if total_cost is not None:
        answer["totalCost"] = total_cost
    return _encode(answer)


def data_transfer(status: DataTransferStatus = "UnknownVendorId") -> bytes:
    """UnknownVendorId: nobody here speaks that vendor's dialect."""
    return b'{"status":"%b"}' % status.encode()


def _with_verdict(version: Version, verdict: TokenVerdict) -> dict[str, Any]:
    if version is Version.V16:
        return {"idTagInfo": _id_tag_info(verdict)}
    return {"idTokenInfo": _id_token_info(version, verdict)}


def _id_tag_info(verdict: TokenVerdict) -> dict[str, Any]:
    info: dict[str, Any] = {"status": IN_V16[verdict.status]}
    if verdict.expires_at is not None:
        info["expiryDate"] = format_time(verdict.expires_at)
    if _fits(Version.V16, verdict.group):
        info["parentIdTag"] = verdict.group
    return info


def _id_token_info(version: Version, verdict: TokenVerdict) -> dict[str, Any]:
    info: dict[str, Any] = {"status": verdict.status}
    if verdict.expires_at is not None:
        info["cacheExpiryDateTime"] = format_time(verdict.expires_at)
    if _fits(version, verdict.group):
        info["groupIdToken"] = {"idToken": verdict.group, "type": verdict.group_type}
    return info


def _fits(version: Version, group: str | None) -> bool:
    """A group id that is too long for the version is left out: cut short, it would be another group."""
    return group is not None and len(group) <= _LONGEST_GROUP[version]


_REJECTED = b'{"status":"Rejected"}'
_REFUSED_BY_SPECIFICATION = Refused(ErrorCode.NOT_SUPPORTED, "this function is not offered here")

COMPOSED = frozenset({"Authorize", "BootNotification", "Heartbeat", "StartTransaction"})
"""Actions whose answer needs the time or a decision: there is no default for them."""

DEFAULTS: dict[str, Answered | Refused] = {
    "DataTransfer": Answered(data_transfer()),
    "SignCertificate": Answered(_REJECTED),
    "Get15118EVCertificate": Answered(b'{"status":"Failed","exiResponse":""}'),
    "GetCertificateStatus": Answered(b'{"status":"Failed"}'),
    # 2.x use case K15: Rejected = "service not available"; the station then charges by the profiles it has.
    "NotifyEVChargingNeeds": Answered(_REJECTED),
    # K16: Rejected would make the car negotiate once more.
    "NotifyEVChargingSchedule": Answered(b'{"status":"Accepted"}'),
    "OpenPeriodicEventStream": Answered(_REJECTED),
    "PullDynamicScheduleUpdate": Answered(_REJECTED),
    # Both answers must repeat data that only the missing function could judge.
    "GetCertificateChainStatus": _REFUSED_BY_SPECIFICATION,
    "VatNumberValidation": _REFUSED_BY_SPECIFICATION,
}
"""Default answers other than the empty one, which stands for every report."""

_EMPTY_ANSWER = Answered(EMPTY)


def default_answer(version: Version, action: str) -> Answered | Refused:
    """The harmless answer to an action from a station that nobody handles; never raises.

    Actions that a station may not call are refused as the specification says, those of `COMPOSED` with GenericError.
    """
    if action not in actions_from_station(version):
        code = refusal_of(version, action) or ErrorCode.NOT_IMPLEMENTED
        return Refused(code, f"a station may not call {action[:50]!r} in {version.label}")
    if action in COMPOSED:
        return Refused(ErrorCode.GENERIC_ERROR, f"{action} cannot be answered without a decision")
    return DEFAULTS.get(action, _EMPTY_ANSWER)
