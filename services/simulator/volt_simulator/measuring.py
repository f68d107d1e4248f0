"""What a station reads at one moment, as both dialects put it on the wire."""

from collections.abc import Iterator
from typing import NamedTuple

from volt_simulator.meter import Sample
from volt_simulator.models import Measurand

REGISTER = "Energy.Active.Import.Register"
# What each measurand of a model is called; `phases` is the same as `current`, once for every phase.
WIRE_NAMES: dict[Measurand, tuple[str, ...]] = {
    "power": ("Power.Active.Import",),
    "current": ("Current.Import",),
    "phases": ("Current.Import",),
    "voltage": ("Voltage",),
    "soc": ("SoC",),
    "offered": ("Power.Offered", "Current.Offered"),
}


class Measured(NamedTuple):
    """One value; currents are texts with one decimal, the rest whole numbers."""

    value: int | str
    measurand: str
    unit: str
    phase: str | None = None


def measured(sample: Sample, measures: frozenset[Measurand]) -> Iterator[Measured]:
    """The register, and what else the model measures."""
    yield Measured(sample.energy_wh, REGISTER, "Wh")
    if "power" in measures:
        yield Measured(sample.power_w, "Power.Active.Import", "W")
    if "current" in measures:
        yield Measured(sample.current_a, "Current.Import", "A")
    if "phases" in measures:
        for number in range(1, sample.phases + 1):
            current_a = sample.current_a if number <= sample.used_phases else "0.0"
            yield Measured(current_a, "Current.Import", "A", f"L{number}")
    if "voltage" in measures:
        yield Measured(sample.voltage_v, "Voltage", "V")
    if "offered" in measures and sample.offered_w is not None:
        yield Measured(sample.offered_w, "Power.Offered", "W")
        yield Measured(sample.offered_a, "Current.Offered", "A")
    if "soc" in measures and sample.soc is not None:
        yield Measured(sample.soc, "SoC", "Percent")


def names_of(measures: frozenset[Measurand]) -> str:
    """The measurands as a configuration key lists them."""
    found = [REGISTER, *(name for kind, names in WIRE_NAMES.items() if kind in measures for name in names)]
    return ",".join(dict.fromkeys(found))
