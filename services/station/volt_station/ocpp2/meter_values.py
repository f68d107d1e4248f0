"""MeterValues (OCPP 2.0.1 part 2, J01): readings of an EVSE outside TransactionEvent; EVSE 0 is the main meter."""

from volt_station.domain import readings
from volt_station.domain.heard import Meter
from volt_station.domain.turn import Turn
from volt_station.frame import Frame
from volt_station.lenient import parts
from volt_station.metering import moments
from volt_station.ocpp2.evses import number_of
from volt_station.ocpp2.sampled_values import sampled


def hear(turn: Turn, frame: Frame) -> None:
    """Readings that name no transaction."""
    evse = number_of(frame.payload, "evseId")
    if evse is None:
        frame.suspect.append("unknown_connector")
    told = tuple(moments(frame, sampled(parts(frame.payload, "meterValue"))))
    readings.taken(turn, Meter(evse or 0, None, told), frame.source())
