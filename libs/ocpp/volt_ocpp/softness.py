"""What a violation does to a call: a table per version of soft (accept and flag) and hard (answer CALLERROR).

Calls of `actions.REVENUE` are never hard in a version that has them. A violation inside a part that may be left out
is never hard either, because the rest of the call still says what it says.
"""

from typing import Any

from msgspec import Struct

from volt_ocpp.actions import REVENUE
from volt_ocpp.codes import ErrorCode, bad_occurrence, bad_payload
from volt_ocpp.versions import Version
from volt_ocpp.violations import CLEAN, Kind, Verdict, Violation


class Treatment(Struct, frozen=True, gc=False):
    """Soft or hard, and the CALLERROR code in case of hard."""

    soft: bool
    code: ErrorCode


def _soft(code: ErrorCode) -> Treatment:
    return Treatment(True, code)


def _hard(code: ErrorCode) -> Treatment:
    return Treatment(False, code)


def _table(version: Version) -> dict[Kind, Treatment]:
    return {
        Kind.SHAPE: _hard(bad_payload(version)),
        Kind.MISSING: _hard(bad_occurrence(version)),
        Kind.TYPE: _hard(ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        Kind.RANGE: _hard(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
        Kind.OTHER: _hard(bad_payload(version)),
        Kind.TOO_MANY: _hard(bad_payload(version)),
        Kind.UNKNOWN_ACTION: _hard(ErrorCode.NOT_IMPLEMENTED),
        Kind.ENUM: _soft(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
        Kind.LENGTH: _soft(ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        Kind.COUNT: _soft(bad_occurrence(version)),
        Kind.EXTRA: _soft(bad_payload(version)),
        Kind.PRECISION: _soft(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
        Kind.FRAME: _soft(bad_payload(version)),
        Kind.SYNTAX: _soft(bad_payload(version)),
        Kind.ENCODING: _soft(bad_payload(version)),
        Kind.NUMBER: _soft(bad_payload(version)),
        Kind.DEPTH: _soft(bad_payload(version)),
    }


TREATMENTS: dict[Version, dict[Kind, Treatment]] = {version: _table(version) for version in Version}

_BOOT_2X = ("/reason", "/chargingStation", "/chargingStation/model", "/chargingStation/vendorName")

DISPENSABLE: dict[Version, dict[str, tuple[str, ...]]] = {
    # A boot is answered from the identity of the link; refusing it would only make the station boot again for ever.
    # Of a status and of a security event the time of reception is known even when the station's own is not.
    Version.V16: {
        "BootNotification": ("/chargePointModel", "/chargePointVendor"),
        "StatusNotification": ("/errorCode",),
        "SecurityEventNotification": ("/timestamp",),
    },
    Version.V201: {
        "BootNotification": _BOOT_2X,
        "StatusNotification": ("/timestamp",),
        "SecurityEventNotification": ("/timestamp",),
    },
    Version.V21: {
        "BootNotification": _BOOT_2X,
        "StatusNotification": ("/timestamp",),
        "SecurityEventNotification": ("/timestamp",),
    },
}
"""Required fields that a call can do without, whatever is wrong with them."""


def is_soft(version: Version, action: str, violation: Violation) -> bool:
    """Whether this violation lets the call have its effect."""
    if violation.kind is Kind.UNKNOWN_ACTION:
        return False
    return (
        action in REVENUE
        or violation.optional
        or TREATMENTS[version][violation.kind].soft
        or violation.path in DISPENSABLE[version].get(action, ())
    )


def verdict_on(version: Version, action: str, violations: tuple[Violation, ...]) -> Verdict:
    """The verdict that follows from all violations; the first hard one gives the code."""
    if not violations:
        return CLEAN
    for violation in violations:
        if not is_soft(version, action, violation):
            return Verdict(violations, True, TREATMENTS[version][violation.kind].code)
    return Verdict(violations)


def is_optional(schema: dict[str, Any], steps: list[str | int]) -> bool:
    """Whether the place lies in a part of the schema that may be left out."""
    node = _resolved(schema, schema)
    for step in steps:
        if isinstance(step, int):
            node = _resolved(schema, node.get("items", {}))
            continue
        if step not in node.get("required", ()):
            return True
        node = _resolved(schema, node.get("properties", {}).get(step, {}))
    return False


def _resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow `#/definitions/X`: the only kind of reference in the published schemas."""
    reference = node.get("$ref")
    return node if reference is None else schema["definitions"][reference.rpartition("/")[2]]
