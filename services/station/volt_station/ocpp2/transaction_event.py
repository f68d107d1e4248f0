"""TransactionEvent (OCPP 2.0.1 part 2, E01-E16)."""

from typing import Literal

from volt_contracts.station import ChargingState
from volt_station.domain import heard, sequences
from volt_station.domain.heard import Event
from volt_station.domain.turn import Turn
from volt_station.frame import Frame
from volt_station.lenient import flag, integer, part, parts, text
from volt_station.metering import moments
from volt_station.ocpp2.evses import evse_of
from volt_station.ocpp2.sampled_values import sampled

_KINDS: dict[str | None, Literal["Started", "Updated", "Ended"]] = {"Started": "Started", "Ended": "Ended"}
_STATES: dict[str | None, ChargingState] = {
    "Idle": "Idle",
    "EVConnected": "EVConnected",
    "Charging": "Charging",
    "SuspendedEV": "SuspendedEV",
    "SuspendedEVSE": "SuspendedEVSE",
}


def hear(turn: Turn, frame: Frame) -> None:
    """One event of a transaction. Without a reason it was stopped locally (§3.90)."""
    said = frame.payload
    info = part(said, "transactionInfo")
    offline = flag(said, "offline")
    timed = frame.time(offline)
    frame.suspect.extend(timed.suspect)
    kind = text(said, "eventType")
    if kind not in ("Started", "Updated", "Ended"):
        frame.suspect.append("unknown_event_type")
    evse, connector = evse_of(said)
    event = Event(
        kind=_KINDS.get(kind, "Updated"),
        time=timed.time,
        protocol_id=text(info, "transactionId") or _nameless(frame, evse),
        seq_no=integer(said, "seqNo"),
        trigger=text(said, "triggerReason", 64),
        evse=evse,
        connector=connector,
        charging_state=_charging_state(frame, text(info, "chargingState")),
        token=heard.token(frame.token_ref("/idToken/idToken"), text(part(said, "idToken"), "type", 36), frame.decision),
        remote_start_id=integer(info, "remoteStartId"),
        reservation_id=integer(said, "reservationId"),
        reason=(text(info, "stoppedReason") or "Local") if kind == "Ended" else None,
        moments=tuple(moments(frame, sampled(parts(said, "meterValue")), offline)),
        decision=frame.decision,
    )
    sequences.told(turn, event, frame.source())


def _nameless(frame: Frame, evse: int | None) -> str:
    """Events without a transaction id are one transaction for each EVSE, until it ends."""
    frame.suspect.append("no_transaction_id")
    return f"?{evse or 0}"


def _charging_state(frame: Frame, word: str | None) -> ChargingState | None:
    state = _STATES.get(word)
    if word is not None and state is None:
        frame.suspect.append("unknown_charging_state")
    return state
