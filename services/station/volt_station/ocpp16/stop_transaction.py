"""StopTransaction (OCPP 1.6 §4.10, §6.49)."""

from volt_station.domain import stops
from volt_station.domain.heard import Stop
from volt_station.domain.turn import Turn
from volt_station.frame import Frame
from volt_station.lenient import parts, text
from volt_station.metering import moments
from volt_station.ocpp16.registers import register
from volt_station.ocpp16.sampled_values import sampled
from volt_station.ocpp16.transaction_ids import named


def hear(turn: Turn, frame: Frame) -> None:
    """A stop with the readings it brings. Without a reason it was a local one (§6.49)."""
    timed = frame.time()
    frame.suspect.extend(timed.suspect)
    protocol_id, number = named(frame)
    meter_stop, by_quirk = register(frame, "meterStop", frame.quirks.unknown_stop)
    stop = Stop(
        time=timed.time,
        protocol_id=protocol_id,
        as_sent="" if number is None else str(number),
        register_wh=meter_stop,
        token_ref=frame.token_ref("/idTag"),
        reason=text(frame.payload, "reason") or "Local",
        moments=tuple(moments(frame, sampled(parts(frame.payload, "transactionData")))),
        use_last_sample=by_quirk,
        tolerated_drop=frame.quirks.register_drop,
    )
    stops.stopped(turn, stop, frame.source())
