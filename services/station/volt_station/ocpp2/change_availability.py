"""ChangeAvailability (OCPP 2.0.1 part 2, G03, G04)."""

from typing import Any

from volt_contracts.station import ChangeAvailability
from volt_station.domain.commands import Call, Written
from volt_station.domain.state import Station
from volt_station.ocpp2.evses import evse_type


def write(command: ChangeAvailability, _station: Station) -> Written:
    """The station, an EVSE or a connector."""
    payload: dict[str, Any] = {"operationalStatus": "Operative" if command.operational else "Inoperative"}
    if command.evse is not None:
        payload["evse"] = evse_type(command.evse, command.connector)
    return (Call("ChangeAvailability", payload),)
