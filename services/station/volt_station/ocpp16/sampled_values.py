"""meterValue and sampledValue (OCPP 1.6 §7.33, §7.43): values are texts, some of them signed data."""

from collections.abc import Iterator

from volt_station.domain.heard import Signed
from volt_station.lenient import Object, moment, parts, text, verbatim
from volt_station.meanings import Words
from volt_station.metering import Sample, Sampled
from volt_station.signing import signed_from_text

_SIGNED = "SignedData"


def sampled(values: list[Object]) -> Iterator[Sampled]:
    """All moments of a list of meterValue, in its order."""
    for value in values:
        entries = parts(value, "sampledValue")
        samples = [_sample(entry) for entry in entries if entry.get("format") != _SIGNED]
        signed = _signed(entries) if len(samples) < len(entries) else []
        yield Sampled(moment(value), samples, signed, empty=not entries)


def _signed(entries: list[Object]) -> list[Signed]:
    return [
        signed_from_text(data, text(entry, "context"))
        for entry in entries
        if entry.get("format") == _SIGNED and (data := verbatim(entry, "value"))
    ]


def _sample(entry: Object) -> Sample:
    get = entry.get
    words = Words(get("measurand"), get("phase"), get("unit"), get("context"), get("location"))
    return Sample(get("value"), words)
