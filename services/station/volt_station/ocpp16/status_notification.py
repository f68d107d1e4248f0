"""StatusNotification (OCPP 1.6 §4.9, §6.47)."""

from volt_contracts.station import ChargingState, ConnectorStatus
from volt_station.domain import connectors
from volt_station.domain.heard import Status
from volt_station.domain.turn import Turn
from volt_station.frame import Frame
from volt_station.lenient import text
from volt_station.ocpp16.places import place

_STATUSES: dict[str, tuple[ConnectorStatus, ChargingState | None]] = {
    "Available": ("Available", None),
    "Preparing": ("Occupied", "EVConnected"),
    "Charging": ("Occupied", "Charging"),
    "SuspendedEV": ("Occupied", "SuspendedEV"),
    "SuspendedEVSE": ("Occupied", "SuspendedEVSE"),
    "Finishing": ("Occupied", "EVConnected"),
    "Reserved": ("Reserved", None),
    "Unavailable": ("Unavailable", None),
    "Faulted": ("Faulted", None),
    "Occupied": ("Occupied", None),
}
"""1.6 §7.7 → 2.x. `Occupied` is what 1.5 said, and some 1.6 stations still do."""


def hear(turn: Turn, frame: Frame) -> None:
    """A connector's status."""
    said = frame.payload
    timed = frame.time(optional=True)
    frame.suspect.extend(timed.suspect)
    word = text(said, "status") or ""
    status, charging_state = _STATUSES.get(word, ("Unknown", None))
    if status == "Unknown":
        frame.suspect.append("unknown_status")
    evse, connector = place(frame)
    error = text(said, "errorCode")
    told = Status(
        time=timed.time,
        evse=evse,
        connector=connector,
        status=status,
        as_sent=word,
        charging_state=charging_state,
        error_code=None if error == "NoError" else error,
        vendor_id=text(said, "vendorId"),
        vendor_error_code=text(said, "vendorErrorCode"),
        info=text(said, "info"),
    )
    connectors.changed(turn, told, frame.source())
