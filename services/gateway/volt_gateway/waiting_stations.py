"""What a station may say while it is not accepted (OCPP 2.0.1 part 2, B02 and B03; OCPP 1.6 §4.2)."""

import msgspec

from volt_gateway.link import Link
from volt_ocpp.payloads import read_payload
from volt_ocpp.versions import Version

ASKED_FOR_S = 300.0
"""So long may a pending station send what we asked it for."""

_BY_TRIGGER = {
    "SignChargingStationCertificate": "SignCertificate",
    "SignV2GCertificate": "SignCertificate",
    "SignV2G20Certificate": "SignCertificate",
    "SignCombinedCertificate": "SignCertificate",
}
"""TriggerMessage's words that are no action's name."""

_BY_REQUEST = {
    "GetBaseReport": "NotifyReport",
    "GetReport": "NotifyReport",
}


def is_refused(link: Link, action: str, now: float) -> bool:
    """Whether a call is answered with SecurityError because the station is not accepted.

    Only in 2.x. A 1.6 station is expected to send nothing but its boot, yet what it sends is answered: above all its
    transactions, which it would otherwise throw away.
    """
    if link.registration == "accepted" or link.version is Version.V16 or action == "BootNotification":
        return False
    if link.registration != "pending" or link.allowed is None:
        return True
    return link.allowed.get(action, 0.0) < now


def allow_what_was_asked_for(link: Link, action: str, payload: msgspec.Raw, now: float) -> None:
    """A call to a pending station entitles it to send what it causes (OCPP 2.0.1 part 2, B02.FR.02 and B02.FR.09)."""
    if link.registration == "accepted" or link.version is Version.V16:
        return
    caused = _BY_REQUEST.get(action)
    if action == "TriggerMessage":
        asked = read_payload(payload).value
        requested = asked.get("requestedMessage") if isinstance(asked, dict) else None
        caused = _BY_TRIGGER.get(requested, requested) if isinstance(requested, str) else None
    if caused:
        link.allowed = {**(link.allowed or {}), caused: now + ASKED_FOR_S}
