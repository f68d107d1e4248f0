"""What the words around a sampled value mean: measurand, phase, unit and context, with the station's quirks applied."""

from collections.abc import Hashable
from typing import Any, NamedTuple

import msgspec

from volt_ocpp.quirks.effects import EffectName
from volt_station.domain import measurands
from volt_station.domain.measurands import EXPORT_REGISTER, REGISTER, UNITS_2X, UNITS_16
from volt_station.lenient import clean
from volt_station.normalise import Normaliser

_ENERGY = frozenset({REGISTER, EXPORT_REGISTER})
_MOST_KNOWN = 4096
_QUOTES = " \"'"


class Words(msgspec.Struct, frozen=True):
    """The words as they stand in the payload, whatever they are."""

    measurand: Any = None
    phase: Any = None
    unit: Any = None
    context: Any = None
    location: Any = None


class Meaning(NamedTuple):
    """What they mean. `power`: of ten, by which the value is to be multiplied; `applied`: quirks that had an effect;
    `dropped`: no fact is to be made of the sample."""

    measurand: str
    unit: str
    context: str
    phase: str | None = None
    location: str | None = None
    power: int = 0
    temperature: str | None = None
    as_sent: str | None = None
    applied: tuple[str, ...] = ()
    suspect: tuple[str, ...] = ()
    dropped: bool = False


class Meanings:
    """The meanings of words for stations with the same quirks. A station says the same few words all its life."""

    def __init__(self, quirks: Normaliser, *, is_16: bool) -> None:
        self._quirks = quirks
        self._units = UNITS_16 if is_16 else UNITS_2X
        self._known: dict[Hashable, Meaning] = {}

    def of(self, words: Words) -> Meaning:
        """The meaning of these words."""
        try:
            found = self._known.get(words)
        except TypeError:
            return self._read(words)
        if found is None:
            found = self._read(words)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[words] = found
        return found

    def _read(self, words: Words) -> Meaning:
        context = clean(words.context) or "Sample.Periodic"
        quarantine = self._quirks.quarantined.get(context)
        if quarantine is not None:
            return Meaning("", "", context, applied=(quarantine,), dropped=True)
        reading = _Reading(self._quirks, clean(words.unit))
        measurand = reading.measurand(clean(words.measurand))
        phase = reading.phase(measurand, clean(words.phase))
        unit, power, temperature = reading.neutral_unit(measurand, self._units)
        return Meaning(
            measurand=measurand,
            unit=unit,
            context=context,
            phase=phase,
            location=clean(words.location),
            power=power,
            temperature=temperature,
            as_sent=reading.as_sent,
            applied=tuple(reading.applied),
            suspect=tuple(reading.suspect),
        )


class _Reading:
    """One reading of words; notes what it met on the way."""

    def __init__(self, quirks: Normaliser, unit: str | None) -> None:
        self._quirks = quirks
        self._unit = unit
        self._phase: str | None = None
        self._kept_raw = False
        self.as_sent: str | None = None
        self.applied: list[str] = []
        self.suspect: list[str] = []

    def measurand(self, said: str | None) -> str:
        """Without one it is the energy register (OCPP 1.6 §7.43), unless a quirk knows better by the unit."""
        if said is None:
            by_unit = self._quirks.measurand_by_unit.get(self._unit or "")
            return REGISTER if by_unit is None else self._by(by_unit[1], by_unit[0])
        word = self._unquoted(said)
        alias = self._quirks.measurands.get(word)
        if alias is not None:
            self._phase = alias[0].phase
            word = self._by(alias[1], alias[0].measurand)
        elif word in self._quirks.kept_raw:
            self.as_sent, self._kept_raw = said, True
            return self._by(self._quirks.kept_raw[word], word)
        elif word not in measurands.KNOWN:
            self.suspect.append("unknown_measurand")
            self.as_sent = said
        if word != said:
            self.as_sent = said
        return word

    def phase(self, measurand: str, said: str | None) -> str | None:
        """The phase, which may have stood in the measurand's name."""
        phase = self._phase or said
        alias = None if phase is None else self._quirks.phases.get((measurand, phase))
        return phase if alias is None else self._by(alias[1], alias[0])

    def neutral_unit(self, measurand: str, units: dict[str, tuple[str, int]]) -> tuple[str, int, str | None]:
        """The neutral unit, the power of ten that leads to it, and the scale of a temperature."""
        unit = self._unit
        if unit is None:
            return measurands.unit_of(measurand), 0, None
        alias = self._quirks.units.get(unit) if unit not in units else None
        if alias is not None:
            unit = self._by(alias[1], alias[0])
        neutral = units.get(unit)
        if neutral is None:
            self.suspect.append("unknown_unit")
            self.as_sent = self.as_sent or unit
            return unit, 0, None
        if measurand in _ENERGY and neutral[0] != "Wh":
            self.suspect.append("unit_of_another_measurand")
        return (*neutral, unit if neutral[0] == "Celsius" else None)

    def _unquoted(self, word: str) -> str:
        quirk = self._quirks.named.get(EffectName.UNQUOTE)
        bare = word.strip(_QUOTES)
        return word if quirk is None or bare == word or not bare else self._by(quirk, bare)

    def _by(self, quirk: str, word: str) -> str:
        self.applied.append(quirk)
        return word
