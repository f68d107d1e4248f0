"""Quirks of charging stations as data: a matcher, named effects, and the frame that shows each.

One YAML file per vendor stands in `sets/`; a change there is a new version of the quirk set.
"""

import hashlib
from importlib.resources import files
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from volt_ocpp.quirks.effects import PARAMS, Effect, EffectKind, EffectName
from volt_ocpp.quirks.matching import Matcher

__all__ = ["Effect", "EffectKind", "EffectName", "Matcher", "Quirk", "QuirkSet", "load_quirks", "read_quirks"]


class Quirk(Struct, frozen=True):
    """What some stations do, where that was seen, what Voltlog does about it, and a frame that shows it."""

    name: str
    summary: str
    sources: tuple[str, ...]
    match: Matcher
    effects: tuple[Effect, ...]
    frame: str


class QuirkSet(Struct, frozen=True):
    """All quirks, under the version that every fact made with them names."""

    version: str
    quirks: tuple[Quirk, ...]

    def match(self, vendor: str | None, model: str | None, firmware: str | None) -> tuple[Quirk, ...]:
        """The quirks of a station: first those of every station, then the particular ones.

        Effects add up; where two contradict each other (`register_kind`) the later one holds.
        """
        return tuple(quirk for quirk in self.quirks if quirk.match.fits(vendor, model, firmware))


class _WrittenEffect(Struct, frozen=True, forbid_unknown_fields=True):
    name: EffectName
    params: dict[str, Any] = {}


class _WrittenQuirk(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    summary: str
    sources: tuple[str, ...]
    match: Matcher
    effects: tuple[_WrittenEffect, ...]
    frame: str


def load_quirks() -> QuirkSet:
    """The quirk set that this version of Voltlog carries."""
    folder = files("volt_ocpp.quirks") / "sets"
    return read_quirks({entry.name: entry.read_text("utf-8") for entry in folder.iterdir()})


def read_quirks(texts: dict[str, str]) -> QuirkSet:
    """A quirk set from YAML texts by file name; its version is the hash of all of them.

    Raises ValueError that names the file and the place of what is wrong.
    """
    quirks: list[Quirk] = []
    digest = hashlib.sha256()
    for name in sorted(texts):
        quirks += _read_file(name, texts[name])
        digest.update(f"{name}\0{texts[name]}\0".encode())
    _refuse_repeated_names(quirks)
    return QuirkSet(digest.hexdigest()[:12], tuple(sorted(quirks, key=lambda quirk: not quirk.match.every_station)))


def _read_file(name: str, text: str) -> list[Quirk]:
    try:
        written = msgspec.convert(yaml.safe_load(text), list[_WrittenQuirk])
        return [_quirk(quirk) for quirk in written]
    except (ValueError, yaml.YAMLError) as error:
        raise ValueError(f"quirk set {name}: {error}") from error


def _quirk(written: _WrittenQuirk) -> Quirk:
    effects = tuple(_effect(effect) for effect in written.effects)
    return Quirk(written.name, written.summary, written.sources, written.match, effects, written.frame)


def _effect(written: _WrittenEffect) -> Effect:
    return Effect(written.name, msgspec.convert(written.params, PARAMS[written.name]))


def _refuse_repeated_names(quirks: list[Quirk]) -> None:
    names = [quirk.name for quirk in quirks]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"quirks with the same name: {', '.join(repeated)}")
