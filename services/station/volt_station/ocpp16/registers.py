"""meterStart and meterStop: Wh, except where a number stands for "not known"."""

from collections.abc import Mapping
from decimal import Decimal

from volt_station.frame import Frame
from volt_station.lenient import number


def register(frame: Frame, key: str, unknown: Mapping[Decimal, str]) -> tuple[Decimal | None, bool]:
    """The register in Wh, None when the station did not know it; and whether a quirk said so."""
    value = number(frame.payload.get(key))
    if value is not None and value in unknown:
        frame.apply(unknown[value])
        return None, True
    if value is None or value < 0:
        return None, False
    return value, False
