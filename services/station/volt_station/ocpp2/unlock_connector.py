"""UnlockConnector (OCPP 2.0.1 part 2, F05)."""

from volt_contracts.station import UnlockConnector
from volt_station.domain.commands import Call, Written
from volt_station.domain.state import Station


def write(command: UnlockConnector, _station: Station) -> Written:
    """One connector of one EVSE."""
    return (Call("UnlockConnector", {"evseId": command.evse, "connectorId": command.connector}),)
