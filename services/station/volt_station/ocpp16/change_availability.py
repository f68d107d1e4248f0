"""ChangeAvailability (OCPP 1.6 §5.2, §6.7): Operative or Inoperative; connector 0 is the whole station."""

from volt_contracts.station import ChangeAvailability
from volt_station.domain.commands import Call, Written
from volt_station.domain.state import Station


def write(command: ChangeAvailability, _station: Station) -> Written:
    """One connector, or all of them."""
    lossy = () if command.connector in (None, 1) else ("connector",)
    word = "Operative" if command.operational else "Inoperative"
    return (Call("ChangeAvailability", {"connectorId": command.evse or 0, "type": word}, lossy),)
