"""MeterValues (OCPP 1.6 §4.7, §6.31): readings of a connector, perhaps of a transaction."""

from decimal import Decimal

from msgspec.structs import replace

from volt_ocpp.quirks.effects import EffectName
from volt_station.domain import readings
from volt_station.domain.heard import Meter, Moment
from volt_station.domain.turn import Turn
from volt_station.frame import Frame
from volt_station.lenient import parts
from volt_station.metering import moments
from volt_station.ocpp16.places import metered_place
from volt_station.ocpp16.sampled_values import sampled
from volt_station.ocpp16.transaction_ids import may_have_been_given, named


def hear(turn: Turn, frame: Frame) -> None:
    """Readings; an id of 0 or none claims no transaction, any other number does."""
    evse, connector = metered_place(frame)
    protocol_id, number = named(frame)
    told = Meter(
        evse=evse,
        connector=connector,
        moments=tuple(_with_idle_power(frame, evse, moments(frame, sampled(parts(frame.payload, "meterValue"))))),
        protocol_id=protocol_id,
        claimed=bool(number),
        numbered=protocol_id is not None and may_have_been_given(number),
    )
    readings.taken(turn, told, frame.source())


def _with_idle_power(frame: Frame, evse: int, told: list[Moment]) -> list[Moment]:
    """Under a quirk, no power value outside a transaction means zero."""
    quirk = frame.quirks.named.get(EffectName.ZERO_POWER_WITHOUT_TRANSACTION)
    if quirk is None or any(running.evse == evse for running in frame.state.running.values()):
        return told
    return [_idle(frame, quirk, one) if one.reading.power_w is None else one for one in told]


def _idle(frame: Frame, quirk: str, one: Moment) -> Moment:
    frame.apply(quirk)
    return replace(one, reading=replace(one.reading, power_w=Decimal(0)))
