"""BootNotification: what the station is, and whether it is another one than before under the same identity."""

from typing import Literal

from volt_contracts.gateway import Registration
from volt_contracts.station import Booted, HardwareChanged
from volt_station.domain.heard import Boot
from volt_station.domain.state import Hardware
from volt_station.domain.turn import Source, Turn


def booted(turn: Turn, boot: Boot, registration: Registration, source: Source) -> None:
    """A boot ends no transaction by itself: a station may go on with it (OCPP 1.6 §4.2)."""
    before = turn.state.hardware
    what = _changed(before, boot)
    epoch = before.epoch + 1 if what else before.epoch
    if what:
        turn.say(
            HardwareChanged(
                time=boot.time,
                frame=source.frame,
                decoder=source.decoder,
                suspect=source.suspect,
                hardware_epoch=epoch,
                what=what,
                before={"serial": before.serial, "meter": before.meter_serial},
                after={"serial": boot.serial or before.serial, "meter": boot.meter_serial or before.meter_serial},
            )
        )
    turn.say(
        Booted(
            time=boot.time,
            frame=source.frame,
            decoder=source.decoder,
            suspect=source.suspect,
            registration=registration,
            vendor=boot.vendor,
            model=boot.model,
            serial=boot.serial,
            firmware=boot.firmware,
            box_serial=boot.box_serial,
            meter_serial=boot.meter_serial,
            meter_type=boot.meter_type,
            iccid=boot.iccid,
            imsi=boot.imsi,
            reason=boot.reason,
            hardware_epoch=epoch,
        )
    )


def _changed(before: Hardware, boot: Boot) -> tuple[Literal["serial", "meter"], ...]:
    """A serial that was empty, or is left out now, is no change."""
    what: list[Literal["serial", "meter"]] = []
    if before.serial and boot.serial and before.serial != boot.serial:
        what.append("serial")
    if before.meter_serial and boot.meter_serial and before.meter_serial != boot.meter_serial:
        what.append("meter")
    return tuple(what)
