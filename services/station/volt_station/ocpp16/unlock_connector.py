"""UnlockConnector (OCPP 1.6 §5.18, §6.53)."""

from volt_contracts.station import UnlockConnector
from volt_station.domain.commands import Call, Written
from volt_station.domain.state import Station


def write(command: UnlockConnector, _station: Station) -> Written:
    """1.6 counts connectors where 2.x counts EVSEs."""
    lossy = () if command.connector == 1 else ("connector",)
    return (Call("UnlockConnector", {"connectorId": command.evse}, lossy),)
