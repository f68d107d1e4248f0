"""StartTransaction (OCPP 1.6 §4.8, §6.45)."""

from volt_station.domain import heard, transactions
from volt_station.domain.heard import Start
from volt_station.domain.turn import Turn
from volt_station.frame import Frame
from volt_station.lenient import integer, read_object
from volt_station.ocpp16.places import place
from volt_station.ocpp16.registers import register


def hear(turn: Turn, frame: Frame) -> None:
    """A start; what it was answered is a fact with it."""
    said = frame.payload
    timed = frame.time()
    frame.suspect.extend(timed.suspect)
    evse, connector = place(frame)
    token = heard.token(frame.token_ref("/idTag"), None, frame.decision)
    meter_start, _ = register(frame, "meterStart", frame.quirks.unknown_start)
    if meter_start is None:
        frame.suspect.append("register_unknown")
    start = Start(
        time=timed.time,
        evse=evse,
        connector=connector,
        protocol_id=_wire_id(frame),
        identity=f"start|{said.get('connectorId')}|{timed.time.sent}|{token.ref}|{said.get('meterStart')}",
        token=token,
        register_wh=meter_start,
        reservation_id=integer(said, "reservationId"),
        decision=frame.decision,
    )
    transactions.started(turn, start, frame.source())


def _wire_id(frame: Frame) -> str:
    decision = frame.decision
    if decision is not None and decision.transaction_id is not None:
        return str(decision.transaction_id)
    answered = integer(read_object(frame.exchange.answer) or {}, "transactionId")
    return "" if answered is None else str(answered)
