"""Where something is: 1.6 numbers connectors; each is an EVSE with one connector, and 0 is the whole station."""

from volt_ocpp.quirks.effects import EffectName
from volt_station.frame import Frame
from volt_station.lenient import integer

_LARGEST = 1_000_000


def place(frame: Frame) -> tuple[int, int]:
    """EVSE and connector of the message; (0, 0) for the station itself and for a number that cannot be one."""
    number = integer(frame.payload, "connectorId")
    if number is None or not 0 <= number <= _LARGEST:
        frame.suspect.append("unknown_connector")
        number = 0
    return number, 1 if number else 0


def metered_place(frame: Frame) -> tuple[int, int]:
    """The same for meter values: stations with one connector that measure at 0 mean 1, where a quirk says so."""
    evse, connector = place(frame)
    quirk = frame.quirks.named.get(EffectName.CONNECTOR_ZERO_IS_ONE)
    if evse == 0 and quirk is not None and all(number <= 1 for number in frame.state.evses):
        frame.apply(quirk)
        return 1, 1
    return evse, connector
