"""The verdicts on a token: the ten words of OCPP 2.x and what is left of them in 1.6."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class AuthorizationStatus(StrEnum):
    """AuthorizationStatusEnumType of OCPP 2.0.1 and 2.1; the vocabulary used everywhere behind the gateway."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT_TX = "ConcurrentTx"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_TYPE_EVSE = "NotAllowedTypeEVSE"
    NOT_AT_THIS_LOCATION = "NotAtThisLocation"
    NOT_AT_THIS_TIME = "NotAtThisTime"
    UNKNOWN = "Unknown"


IN_V16: dict[AuthorizationStatus, str] = {
    AuthorizationStatus.ACCEPTED: "Accepted",
    AuthorizationStatus.BLOCKED: "Blocked",
    AuthorizationStatus.CONCURRENT_TX: "ConcurrentTx",
    AuthorizationStatus.EXPIRED: "Expired",
    AuthorizationStatus.INVALID: "Invalid",
    # The token is known, it may only not charge here and now: Invalid would say that it is unknown.
    AuthorizationStatus.NO_CREDIT: "Blocked",
    AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE: "Blocked",
    AuthorizationStatus.NOT_AT_THIS_LOCATION: "Blocked",
    AuthorizationStatus.NOT_AT_THIS_TIME: "Blocked",
    # OCPP 1.6 §7.2: Invalid means that the identifier is unknown.
    AuthorizationStatus.UNKNOWN: "Invalid",
}
"""The AuthorizationStatus of OCPP 1.6 §7.2 that says most of it."""


class TokenVerdict(Struct, frozen=True):
    """What is said about a token: the status, until when a station may keep it, and the group the token belongs to."""

    status: AuthorizationStatus
    expires_at: datetime | None = None
    group: str | None = None
    group_type: str = "Central"
