"""Which quirks a station has, by what it says of itself, and the words of its readings under them."""

from functools import lru_cache
from typing import NamedTuple

from volt_ocpp.quirks import QuirkSet
from volt_station.domain.state import Hardware
from volt_station.meanings import Meanings
from volt_station.normalise import Normaliser, compiled


class InForce(NamedTuple):
    """The quirks of a station; the words of its readings mean other things in 1.6 than in 2.x."""

    quirks: Normaliser
    meanings_16: Meanings
    meanings_2: Meanings


class StationQuirks:
    """A quirk set, looked up by what stations say of themselves."""

    def __init__(self, quirks: QuirkSet) -> None:
        self._set = quirks
        self._of = lru_cache(maxsize=4096)(self._look_up)

    def of(self, hardware: Hardware) -> InForce:
        """The quirks of a station that said this of itself."""
        return self._of(hardware.vendor, hardware.model, hardware.firmware)

    def _look_up(self, vendor: str | None, model: str | None, firmware: str | None) -> InForce:
        quirks = compiled(self._set.version, self._set.match(vendor, model, firmware))
        return InForce(quirks, Meanings(quirks, is_16=True), Meanings(quirks, is_16=False))
