"""MeterValue and SampledValue (OCPP 2.0.1 part 2, §2.32, §2.43): values are numbers, signed data stands beside them."""

from collections.abc import Iterator

from volt_station.domain.heard import Signed
from volt_station.lenient import Object, integer, moment, part, parts, text, verbatim
from volt_station.meanings import Words
from volt_station.metering import Sample, Sampled
from volt_station.signing import signed_from_object

_LARGEST_POWER = 12


def sampled(values: list[Object]) -> Iterator[Sampled]:
    """All moments of a list of meterValue, in its order."""
    for value in values:
        entries = parts(value, "sampledValue")
        signed = [found for entry in entries if (found := _signed(entry)) is not None]
        yield Sampled(moment(value), [_sample(entry) for entry in entries], signed, empty=not entries)


def _sample(entry: Object) -> Sample:
    get = entry.get
    unit = part(entry, "unitOfMeasure")
    words = Words(get("measurand"), get("phase"), unit.get("unit"), get("context"), get("location"))
    if "multiplier" not in unit:
        return Sample(get("value"), words)
    power = integer(unit, "multiplier") or 0
    return Sample(get("value") if abs(power) <= _LARGEST_POWER else None, words, power)


def _signed(entry: Object) -> Signed | None:
    envelope = part(entry, "signedMeterValue")
    data = verbatim(envelope, "signedMeterData")
    return signed_from_object(envelope, data, text(entry, "context")) if data else None
