"""TriggerMessage (OCPP 2.0.1 part 2, F06)."""

from typing import Any

from volt_contracts.station import TriggerMessage
from volt_station.domain.commands import Call, Refusal, Written
from volt_station.domain.state import Station
from volt_station.ocpp2.evses import evse_type

_WORDS = frozenset(
    {
        "BootNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "PublishFirmwareStatusNotification",
        "SignChargingStationCertificate",
        "SignCombinedCertificate",
        "SignV2GCertificate",
        "StatusNotification",
        "TransactionEvent",
    }
)


def write(command: TriggerMessage, _station: Station) -> Written:
    """A message now, perhaps of one EVSE."""
    if command.message not in _WORDS:
        return Refusal("not_supported", f"OCPP 2 cannot be asked for {command.message[:50]}")
    payload: dict[str, Any] = {"requestedMessage": command.message}
    if command.evse is not None:
        payload["evse"] = evse_type(command.evse, command.connector)
    return (Call("TriggerMessage", payload),)
