"""Meter values as sent → neutral readings in base units, with the station's quirks applied; and the signed ones."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from volt_contracts.station import Reading, Value
from volt_ocpp.quirks.effects import EffectName
from volt_station.domain import measurands
from volt_station.domain.facttime import Sent
from volt_station.domain.heard import Moment, Signed
from volt_station.domain.measurands import EXPORT_REGISTER, EXPORTED_POWER, POWER, REGISTER, SOC
from volt_station.frame import Frame
from volt_station.lenient import number
from volt_station.meanings import Words

_SUMMED = {REGISTER: "Wh", EXPORT_REGISTER: "Wh", POWER: "W", EXPORTED_POWER: "W", SOC: "%"}
"""What a reading has a total of, and its unit."""
_OUTLET = (None, "Outlet")
_PHASES = {"L1": "L1", "L2": "L2", "L3": "L3", "L1-N": "L1", "L2-N": "L2", "L3-N": "L3"}


class Sample(msgspec.Struct, frozen=True):
    """One sampled value in the station's own words; `power` of ten by which it is to be multiplied."""

    value: Any
    words: Words
    power: int = 0


class Sampled(msgspec.Struct, frozen=True):
    """All that was sampled at one moment. `empty`: the list of samples itself is."""

    sent: Sent
    samples: list[Sample]
    signed: list[Signed]
    empty: bool = False


def moments(frame: Frame, sampled: Iterable[Sampled], offline: bool | None = None) -> list[Moment]:
    """The moments of a frame, in its order; one moment for each context that its samples have."""
    found: list[Moment] = []
    for one in sampled:
        timed = frame.timed(one.sent, offline)
        suspect = set(timed.suspect)
        if one.empty:
            quirk = frame.quirks.named.get(EffectName.SKIP_EMPTY_SAMPLES)
            if quirk is not None:
                frame.apply(quirk)
                continue
            suspect.add("no_samples")
        by_context = _values(frame, one, suspect)
        reasons = tuple(sorted(suspect)) if suspect else ()
        for context, values in by_context.items():
            reading = _reading(frame, timed.time.at, context, values)
            mine = tuple(signed for signed in one.signed if signed.context == context) if one.signed else ()
            found.append(Moment(timed.time, reading, mine, reasons))
        if suspect and not by_context:
            found.append(Moment(timed.time, Reading(at=timed.time.at), (), reasons))
    return found


def _values(frame: Frame, sampled: Sampled, suspect: set[str]) -> dict[str, list[Value]]:
    """The values of one moment by their context, also of contexts that have only signed data."""
    found: dict[str, list[Value]] = {}
    meaning_of = frame.meanings.of
    for sample in sampled.samples:
        meaning = meaning_of(sample.words)
        for quirk in meaning.applied:
            frame.apply(quirk)
        if meaning.dropped:
            continue
        value = number(sample.value)
        if value is None:
            suspect.add("unreadable_value")
            continue
        if meaning.suspect:
            suspect.update(meaning.suspect)
        power = meaning.power + sample.power
        if power:
            value = value.scaleb(power)
        if meaning.temperature is not None:
            value = measurands.in_celsius(value, meaning.temperature)
        neutral = Value(
            measurand=meaning.measurand,
            value=value,
            unit=meaning.unit,
            phase=meaning.phase,
            location=meaning.location,
            as_sent=meaning.as_sent,
        )
        if meaning.context in found:
            found[meaning.context].append(neutral)
        else:
            found[meaning.context] = [neutral]
    for signed in sampled.signed:
        found.setdefault(signed.context, [])
    return found


def _reading(frame: Frame, at: datetime, context: str, values: list[Value]) -> Reading:
    by_measurand: dict[str, list[Value]] = {}
    for value in values:
        if _SUMMED.get(value.measurand) == value.unit:
            by_measurand.setdefault(value.measurand, []).append(value)
    totals = {measurand: _total(frame, measurand, mine) for measurand, mine in by_measurand.items()}
    soc = by_measurand.get(SOC)
    return Reading(
        at=at,
        context=context,
        register_wh=totals.get(REGISTER),
        export_wh=totals.get(EXPORT_REGISTER),
        power_w=_power(totals),
        soc_percent=None if soc is None else soc[0].value,
        values=tuple(values),
    )


def _power(totals: dict[str, Decimal | None]) -> Decimal | None:
    """Power drawn; where only the power fed back is measured, that as a negative one."""
    drawn = totals.get(POWER)
    if drawn is not None:
        return drawn
    fed = totals.get(EXPORTED_POWER)
    return None if fed is None else 0 - fed


def _total(frame: Frame, measurand: str, values: list[Value]) -> Decimal | None:
    """The value for all phases, at the outlet rather than elsewhere; under a quirk the sum of the phases."""
    if values[0].phase is None and values[0].location in _OUTLET:
        return values[0].value
    mine = [value for value in values if value.location in _OUTLET] or values
    for value in mine:
        if value.phase is None:
            return value.value
    quirk = frame.quirks.summed.get(measurand)
    phases = {_PHASES[value.phase]: value.value for value in mine if value.phase in _PHASES}
    if quirk is None or not phases:
        return None
    frame.apply(quirk)
    return sum(phases.values(), Decimal(0))
