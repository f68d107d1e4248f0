"""BootNotification (OCPP 1.6 §4.2, §6.3)."""

from volt_station.domain import boot, facttime
from volt_station.domain.heard import Boot
from volt_station.domain.turn import Turn
from volt_station.frame import Frame
from volt_station.lenient import text
from volt_station.registration import registration_of


def hear(turn: Turn, frame: Frame) -> None:
    """What the station is; the message has no timestamp."""
    said = frame.payload
    told = Boot(
        time=facttime.now(frame.exchange.received_at),
        vendor=text(said, "chargePointVendor"),
        model=text(said, "chargePointModel"),
        serial=text(said, "chargePointSerialNumber"),
        firmware=text(said, "firmwareVersion"),
        box_serial=text(said, "chargeBoxSerialNumber"),
        meter_serial=text(said, "meterSerialNumber"),
        meter_type=text(said, "meterType"),
        iccid=text(said, "iccid"),
        imsi=text(said, "imsi"),
    )
    boot.booted(turn, told, registration_of(frame), frame.source())
