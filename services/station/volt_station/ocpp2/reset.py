"""Reset (OCPP 2.0.1 part 2, B11, B12)."""

from typing import Any

from volt_contracts.station import Reset
from volt_station.domain.commands import Call, Written
from volt_station.domain.state import Station


def write(command: Reset, _station: Station) -> Written:
    """The station or one EVSE, at once or when it is idle."""
    payload: dict[str, Any] = {"type": command.kind}
    if command.evse is not None:
        payload["evseId"] = command.evse
    return (Call("Reset", payload),)
