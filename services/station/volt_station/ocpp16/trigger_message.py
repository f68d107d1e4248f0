"""TriggerMessage (OCPP 1.6 §5.17, §6.51) and ExtendedTriggerMessage (security whitepaper §5.4)."""

from typing import Any

from volt_contracts.station import TriggerMessage
from volt_station.domain.commands import Call, Refusal, Written
from volt_station.domain.state import Station

_CALLS = {
    "BootNotification": ("TriggerMessage", "BootNotification"),
    "FirmwareStatusNotification": ("TriggerMessage", "FirmwareStatusNotification"),
    "Heartbeat": ("TriggerMessage", "Heartbeat"),
    "MeterValues": ("TriggerMessage", "MeterValues"),
    "StatusNotification": ("TriggerMessage", "StatusNotification"),
    "DiagnosticsStatusNotification": ("TriggerMessage", "DiagnosticsStatusNotification"),
    "LogStatusNotification": ("ExtendedTriggerMessage", "LogStatusNotification"),
    "SignChargingStationCertificate": ("ExtendedTriggerMessage", "SignChargePointCertificate"),
}
"""Name in 2.x → call and name in 1.6."""


def write(command: TriggerMessage, _station: Station) -> Written:
    """A message now, perhaps of one connector."""
    if command.message not in _CALLS:
        return Refusal("not_supported", f"OCPP 1.6 cannot be asked for {command.message[:50]}")
    action, word = _CALLS[command.message]
    payload: dict[str, Any] = {"requestedMessage": word}
    if command.evse:
        payload["connectorId"] = command.evse
    return (Call(action, payload, () if command.connector in (None, 1) else ("connector",)),)
