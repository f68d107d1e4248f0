"""StatusNotification (OCPP 2.0.1 part 2, G01)."""

from volt_contracts.station import ConnectorStatus
from volt_station.domain import connectors
from volt_station.domain.heard import Status
from volt_station.domain.turn import Turn
from volt_station.frame import Frame
from volt_station.lenient import text
from volt_station.ocpp2.evses import number_of

STATUSES: dict[str, ConnectorStatus] = {
    "Available": "Available",
    "Occupied": "Occupied",
    "Reserved": "Reserved",
    "Unavailable": "Unavailable",
    "Faulted": "Faulted",
}


def hear(turn: Turn, frame: Frame) -> None:
    """A connector's status."""
    said = frame.payload
    timed = frame.time()
    frame.suspect.extend(timed.suspect)
    word = text(said, "connectorStatus") or ""
    status = STATUSES.get(word, "Unknown")
    if status == "Unknown":
        frame.suspect.append("unknown_status")
    evse = number_of(said, "evseId")
    if evse is None:
        frame.suspect.append("unknown_connector")
    told = Status(
        time=timed.time,
        evse=evse or 0,
        connector=number_of(said, "connectorId") or (1 if evse else 0),
        status=status,
        as_sent=word,
    )
    connectors.changed(turn, told, frame.source())
