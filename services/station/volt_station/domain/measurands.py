"""The specification's words for what is measured, and the neutral unit of each (OCPP 1.6 §7.31, 2.1 part 2 §3.55)."""

from decimal import Decimal

REGISTER = "Energy.Active.Import.Register"
EXPORT_REGISTER = "Energy.Active.Export.Register"
POWER = "Power.Active.Import"
EXPORTED_POWER = "Power.Active.Export"
OFFERED = "Power.Offered"
SOC = "SoC"

_WORDS = """
    Current.Export Current.Export.Minimum Current.Export.Offered Current.Import Current.Import.Minimum
    Current.Import.Offered Current.Offered Display.BatteryEnergyCapacity Display.ChargingComplete Display.InletHot
    Display.MaximumSOC Display.MinimumSOC Display.PresentSOC Display.RemainingTimeToMaximumSOC
    Display.RemainingTimeToMinimumSOC Display.RemainingTimeToTargetSOC Display.TargetSOC Energy.Active.Export.Interval
    Energy.Active.Export.Register Energy.Active.Import.CableLoss Energy.Active.Import.Interval
    Energy.Active.Import.LocalGeneration.Register Energy.Active.Import.Register Energy.Active.Net
    Energy.Active.Setpoint.Interval Energy.Apparent.Export Energy.Apparent.Import Energy.Apparent.Net
    Energy.Reactive.Export.Interval Energy.Reactive.Export.Register Energy.Reactive.Import.Interval
    Energy.Reactive.Import.Register Energy.Reactive.Net EnergyRequest.Bulk EnergyRequest.Maximum
    EnergyRequest.Maximum.V2X EnergyRequest.Minimum EnergyRequest.Minimum.V2X EnergyRequest.Target Frequency
    Power.Active.Export Power.Active.Import Power.Active.Residual Power.Active.Setpoint Power.Export.Minimum
    Power.Export.Offered Power.Factor Power.Import.Minimum Power.Import.Offered Power.Offered Power.Reactive.Export
    Power.Reactive.Import RPM SoC Temperature Voltage Voltage.Maximum Voltage.Minimum
"""
KNOWN = frozenset(_WORDS.split())

UNITS_16: dict[str, tuple[str, int]] = {
    "Wh": ("Wh", 0), "kWh": ("Wh", 3), "varh": ("varh", 0), "kvarh": ("varh", 3), "W": ("W", 0), "kW": ("W", 3),
    "VA": ("VA", 0), "kVA": ("VA", 3), "var": ("var", 0), "kvar": ("var", 3), "A": ("A", 0), "V": ("V", 0),
    "Celsius": ("Celsius", 0), "Celcius": ("Celsius", 0), "Fahrenheit": ("Celsius", 0), "K": ("Celsius", 0),
    "Percent": ("%", 0), "Hertz": ("Hz", 0),
}  # fmt: skip
"""Unit as sent → neutral unit and power of ten. `Celcius` is how OCPP 1.6's first edition spells it."""

UNITS_2X: dict[str, tuple[str, int]] = UNITS_16 | {
    "Hz": ("Hz", 0), "RPM": ("RPM", 0), "VAh": ("VAh", 0), "kVAh": ("VAh", 3), "s": ("s", 0), "Deg": ("Deg", 0),
    "m": ("m", 0), "ms2": ("ms2", 0), "N": ("N", 0), "Ohm": ("Ohm", 0), "kPa": ("kPa", 0), "RH": ("RH", 0),
    "ASU": ("ASU", 0), "B": ("B", 0), "dB": ("dB", 0), "dBm": ("dBm", 0), "lx": ("lx", 0),
}  # fmt: skip

_BY_PREFIX = (
    ("Energy.Reactive", "varh"), ("Energy.Apparent", "VAh"), ("Energy", "Wh"), ("Power.Reactive", "var"),
    ("Power.Factor", ""), ("Power", "W"), ("Current", "A"), ("Voltage", "V"), ("Frequency", "Hz"), ("SoC", "%"),
    ("Temperature", "Celsius"), ("RPM", "RPM"),
)  # fmt: skip

_HUNDREDTH = Decimal("0.01")
_KELVIN = Decimal("273.15")


def unit_of(measurand: str) -> str:
    """The neutral unit of a measurand that was sent without one."""
    return next((unit for prefix, unit in _BY_PREFIX if measurand.startswith(prefix)), "")


def in_celsius(value: Decimal, unit: str) -> Decimal:
    """A temperature in degrees Celsius; from Fahrenheit rounded to hundredths, all else exact."""
    if unit == "Fahrenheit":
        return ((value - 32) * 5 / 9).quantize(_HUNDREDTH)
    return value - _KELVIN if unit == "K" else value
