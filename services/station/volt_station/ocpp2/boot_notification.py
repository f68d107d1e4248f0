"""BootNotification (OCPP 2.0.1 part 2, B01-B04)."""

from volt_station.domain import boot, facttime
from volt_station.domain.heard import Boot
from volt_station.domain.turn import Turn
from volt_station.frame import Frame
from volt_station.lenient import part, text
from volt_station.registration import registration_of


def hear(turn: Turn, frame: Frame) -> None:
    """What the station is, and why it boots; the message has no timestamp."""
    said = part(frame.payload, "chargingStation")
    modem = part(said, "modem")
    told = Boot(
        time=facttime.now(frame.exchange.received_at),
        vendor=text(said, "vendorName"),
        model=text(said, "model"),
        serial=text(said, "serialNumber"),
        firmware=text(said, "firmwareVersion"),
        iccid=text(modem, "iccid"),
        imsi=text(modem, "imsi"),
        reason=text(frame.payload, "reason"),
    )
    boot.booted(turn, told, registration_of(frame), frame.source())
