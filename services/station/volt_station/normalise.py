"""The quirks of one station, made ready for reading its frames: tables to look a word up in, each with the name of the
quirk it comes from, so that every fact can say which ones had an effect on it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import msgspec

from volt_ocpp.quirks import Quirk
from volt_ocpp.quirks.effects import (
    AliasConfiguration,
    AliasMeasurands,
    AliasPhases,
    AliasUnits,
    ClockUnsetBefore,
    Contexts,
    Effect,
    EffectName,
    MeasurandByUnit,
    Measurands,
    RegisterDrop,
    StandardMeasurand,
    UnknownRegister,
    UnknownTransactionId,
)

_Word = TypeVar("_Word")


class Normaliser(msgspec.Struct, frozen=True):
    """What to do with a station's words. A `str` value or the last item of a pair is the name of the quirk."""

    version: str = ""
    names: tuple[str, ...] = ()
    """All quirks in force, also those of the gateway's."""
    named: Mapping[EffectName, str] = {}
    """Effects that say everything by their name."""
    unset_before: tuple[datetime, str] | None = None
    unknown_ids: Mapping[int | None, str] = {}
    unknown_start: Mapping[Decimal, str] = {}
    unknown_stop: Mapping[Decimal, str] = {}
    register_drop: tuple[Decimal, str] | None = None
    measurands: Mapping[str, tuple[StandardMeasurand, str]] = {}
    phases: Mapping[tuple[str, str], tuple[str, str]] = {}
    units: Mapping[str, tuple[str, str]] = {}
    measurand_by_unit: Mapping[str, tuple[str, str]] = {}
    quarantined: Mapping[str, str] = {}
    kept_raw: Mapping[str, str] = {}
    summed: Mapping[str, str] = {}
    configuration: Mapping[str, tuple[Mapping[str, str], str]] = {}


def compiled(version: str, quirks: tuple[Quirk, ...]) -> Normaliser:
    """A normaliser from quirks; of two that say different things of the same word, the first one counts."""
    tables = _Tables()
    for quirk in quirks:
        for effect in quirk.effects:
            tables.add(effect, quirk.name)
    return tables.normaliser(version, tuple(quirk.name for quirk in quirks))


class _Tables:
    """Tables while they are filled."""

    def __init__(self) -> None:
        self.named: dict[EffectName, str] = {}
        self.unset_before: tuple[datetime, str] | None = None
        self.unknown_ids: dict[int | None, str] = {}
        self.unknown_start: dict[Decimal, str] = {}
        self.unknown_stop: dict[Decimal, str] = {}
        self.register_drop: tuple[Decimal, str] | None = None
        self.measurands: dict[str, tuple[StandardMeasurand, str]] = {}
        self.phases: dict[tuple[str, str], tuple[str, str]] = {}
        self.units: dict[str, tuple[str, str]] = {}
        self.measurand_by_unit: dict[str, tuple[str, str]] = {}
        self.quarantined: dict[str, str] = {}
        self.kept_raw: dict[str, str] = {}
        self.summed: dict[str, str] = {}
        self.configuration: dict[str, tuple[Mapping[str, str], str]] = {}

    def add(self, effect: Effect, quirk: str) -> None:
        """One effect of a quirk."""
        self.named.setdefault(effect.name, quirk)
        match effect.params:
            case ClockUnsetBefore(moment):
                self.unset_before = self.unset_before or (moment, quirk)
            case UnknownTransactionId(values):
                self._all(self.unknown_ids, values, quirk)
            case UnknownRegister(values, of):
                table = self.unknown_start if of == "start" else self.unknown_stop
                self._all(table, tuple(Decimal(value) for value in values), quirk)
            case RegisterDrop(tolerance):
                self.register_drop = self.register_drop or (tolerance, quirk)
            case Measurands(measurands) if effect.name is EffectName.SUM_PHASES:
                self._all(self.summed, measurands, quirk)
            case Measurands(measurands):
                self._all(self.kept_raw, measurands, quirk)
            case Contexts(contexts):
                self._all(self.quarantined, contexts, quirk)
            case _:
                self._add_aliases(effect, quirk)

    def _add_aliases(self, effect: Effect, quirk: str) -> None:
        match effect.params:
            case AliasMeasurands(aliases):
                for word, standard in aliases.items():
                    self.measurands.setdefault(word, (standard, quirk))
            case AliasPhases(measurands, aliases):
                for measurand in measurands:
                    for word, meant in aliases.items():
                        self.phases.setdefault((measurand, word), (meant, quirk))
            case AliasUnits(aliases):
                for word, meant in aliases.items():
                    self.units.setdefault(word, (meant, quirk))
            case MeasurandByUnit(units):
                for unit, measurand in units.items():
                    self.measurand_by_unit.setdefault(unit, (measurand, quirk))
            case AliasConfiguration(key, aliases):
                self.configuration.setdefault(key, (aliases, quirk))

    @staticmethod
    def _all(table: dict[_Word, str], words: tuple[_Word, ...], quirk: str) -> None:
        for word in words:
            table.setdefault(word, quirk)

    def normaliser(self, version: str, names: tuple[str, ...]) -> Normaliser:
        """The tables as they are now."""
        return Normaliser(version=version, names=names, **vars(self))
