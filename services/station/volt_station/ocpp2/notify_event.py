"""NotifyEvent (OCPP 2.0.1 part 2, N07): some stations report a connector's status so (G01)."""

from volt_station.domain import connectors
from volt_station.domain.heard import Status
from volt_station.domain.turn import Turn
from volt_station.frame import Frame
from volt_station.lenient import Object, moment, part, parts, text
from volt_station.ocpp2.evses import evse_of
from volt_station.ocpp2.status_notification import STATUSES


def hear(turn: Turn, frame: Frame) -> None:
    """Of all that can be reported, the AvailabilityState of connectors is a fact of the twin."""
    for entry in parts(frame.payload, "eventData"):
        if _is_availability(entry):
            _changed(turn, frame, entry)


def _is_availability(entry: Object) -> bool:
    component, variable = part(entry, "component"), part(entry, "variable")
    return text(component, "name") == "Connector" and text(variable, "name") == "AvailabilityState"


def _changed(turn: Turn, frame: Frame, entry: Object) -> None:
    timed = frame.timed(moment(entry))
    evse, connector = evse_of(part(entry, "component"))
    word = text(entry, "actualValue") or ""
    status = STATUSES.get(word, "Unknown")
    suspect = [*timed.suspect, *(["unknown_status"] if status == "Unknown" else [])]
    source = frame.source()
    told = Status(timed.time, evse or 0, connector or (1 if evse else 0), status, word)
    connectors.changed(turn, told, source.with_suspect(suspect))
