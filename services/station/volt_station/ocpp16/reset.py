"""Reset (OCPP 1.6 §5.14, §6.39): Hard stops at once, Soft ends transactions first."""

from volt_contracts.station import Reset
from volt_station.domain.commands import Call, Refusal, Written
from volt_station.domain.state import Station

_TYPES = {"Immediate": "Hard", "OnIdle": "Soft"}


def write(command: Reset, _station: Station) -> Written:
    """The whole station; a single EVSE cannot be reset, and the others shall not suffer for it."""
    if command.evse is not None:
        return Refusal("not_supported", "OCPP 1.6 can only reset the whole station")
    return (Call("Reset", {"type": _TYPES[command.kind]}),)
