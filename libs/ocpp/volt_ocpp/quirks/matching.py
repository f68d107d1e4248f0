"""Whether a quirk is one of a station's, by what the station said of itself when it booted."""

from fnmatch import fnmatchcase

from msgspec import Struct


class Matcher(Struct, frozen=True, forbid_unknown_fields=True):
    """Patterns (`*` and `?`, any case) for vendor, model and firmware.

    Of every list that is given one pattern must fit; a list that is not given fits everything. A matcher without
    any list must say `every_station`, so that a forgotten pattern cannot reach all stations.
    """

    vendor: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    firmware: tuple[str, ...] = ()
    every_station: bool = False

    def __post_init__(self) -> None:
        if self.every_station == bool(self.vendor or self.model or self.firmware):
            raise ValueError("a matcher names patterns or every_station, and not both")

    def fits(self, vendor: str | None, model: str | None, firmware: str | None) -> bool:
        """Whether all three fit. What the station did not say is read as an empty text."""
        return _fits(self.vendor, vendor) and _fits(self.model, model) and _fits(self.firmware, firmware)


def _fits(patterns: tuple[str, ...], said: str | None) -> bool:
    if not patterns:
        return True
    known = (said or "").strip().casefold()
    return any(fnmatchcase(known, pattern.casefold()) for pattern in patterns)
