"""The quirk set: matchers, effects with their parameters, and the frame that shows each quirk."""

from typing import get_args

import pytest
from unit.ocpp.ocpp_samples import MESSAGES

from volt_ocpp.frames import Call, CallResult, parse
from volt_ocpp.payloads import judge
from volt_ocpp.quirks import EffectKind, EffectName, Matcher, Quirk, load_quirks, read_quirks
from volt_ocpp.quirks.effects import PARAMS, Params, RegisterKind
from volt_ocpp.versions import Version

QUIRKS = load_quirks()
BOOTS: dict[str, tuple[str, str, str | None]] = {
    "alfen": ("Alfen BV", "NG910-60023", "6.5.0-4217"),
    "delta": ("Delta.Electronics", "EVPE3225MUN", "v02.09.06.00"),
    "growatt": ("Growatt", "THOR_11AS", "THOR_11AS-V5.2.4-20230307-NOVO"),
    "huawei": ("", "ACChargePoint", None),
    "keba": ("Keba AG", "KC-P30-EC2401B2-M0R", "1.12.0"),
    "mennekes": ("MENNEKES", "ACU Smart Premium 22", None),
    "vestel": ("Vestel", "EVC04-AC22", None),
    "zaptec": ("ZAPTEC", "ZAPTEC GO 2", None),
}


def named(name: str) -> Quirk:
    return next(quirk for quirk in QUIRKS.quirks if quirk.name == name)


@pytest.mark.parametrize("quirk", QUIRKS.quirks, ids=lambda quirk: quirk.name)
def test_the_frame_of_a_quirk_is_accepted(quirk: Quirk) -> None:
    frame = parse(quirk.frame, Version.V16)
    assert isinstance(frame, Call | CallResult)
    if isinstance(frame, Call):
        assert not judge(Version.V16, frame).verdict.hard


@pytest.mark.parametrize("quirk", QUIRKS.quirks, ids=lambda quirk: quirk.name)
def test_a_quirk_says_what_why_and_where_from(quirk: Quirk) -> None:
    assert quirk.summary.endswith(".")
    assert quirk.sources
    assert quirk.effects
    assert all(isinstance(effect.params, PARAMS[effect.name]) for effect in quirk.effects)


@pytest.mark.parametrize("quirk", QUIRKS.quirks, ids=lambda quirk: quirk.name)
def test_a_quirk_reaches_its_stations_and_no_others(quirk: Quirk) -> None:
    reached = {maker for maker, boot in BOOTS.items() if quirk in QUIRKS.match(*boot)}
    expected = set(BOOTS) if quirk.match.every_station else {quirk.name.partition("-")[0]}
    assert reached == expected
    assert (quirk in QUIRKS.match("Volt", "One", "1.0")) is quirk.match.every_station


def test_every_effect_is_used_and_has_parameters() -> None:
    assert set(PARAMS) == set(EffectName)
    assert {effect.name for quirk in QUIRKS.quirks for effect in quirk.effects} == set(EffectName)
    assert set(PARAMS.values()) == set(get_args(Params))


def test_only_the_pace_is_a_matter_of_the_gateway() -> None:
    effects = [effect for quirk in QUIRKS.quirks for effect in quirk.effects]
    assert {effect.name for effect in effects if effect.kind is EffectKind.TRANSPORT} == {EffectName.PACE_INBOUND}


def test_particular_quirks_come_after_those_of_every_station() -> None:
    kinds = [
        effect.params.counts
        for quirk in QUIRKS.match(*BOOTS["vestel"])
        for effect in quirk.effects
        if isinstance(effect.params, RegisterKind)
    ]
    assert kinds == ["infer", "session"]


def test_a_station_that_says_nothing_of_itself_matches_the_general_quirks() -> None:
    assert all(quirk.match.every_station for quirk in QUIRKS.match(None, None, None))


@pytest.mark.parametrize(
    ("matcher", "fits"),
    [
        (Matcher(vendor=("alfen*",)), True),
        (Matcher(vendor=("ALFEN bv",)), True),
        (Matcher(vendor=("*",), model=("ng9??-*",)), True),
        (Matcher(vendor=("keba*", "alfen*")), True),
        (Matcher(vendor=("alfen",)), False),
        (Matcher(vendor=("alfen*",), firmware=("5.*",)), False),
        (Matcher(firmware=("6.*",)), True),
        (Matcher(every_station=True), True),
    ],
)
def test_matchers(matcher: Matcher, fits: bool) -> None:
    assert matcher.fits(" Alfen BV", "NG910-60023", "6.5.0-4217") is fits


WRITTEN = """
- name: one
  summary: It hums.
  sources: [somewhere]
  match: {vendor: [hum*]}
  effects: [{name: register_drop, params: {tolerance_wh: "2"}}]
  frame: '[2,"1","Heartbeat",{}]'
"""


def test_the_version_changes_with_every_text() -> None:
    first = read_quirks({"a.yaml": WRITTEN})
    assert first.version == read_quirks({"a.yaml": WRITTEN}).version
    assert first.version != read_quirks({"a.yaml": WRITTEN.replace("hums", "buzzes")}).version
    assert QUIRKS.version == load_quirks().version


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("register_drop", "no_such_effect"), "effects"),
        (("tolerance_wh", "tolerance"), "tolerance"),
        (('"2"', "many"), "tolerance_wh"),
        (("{vendor: [hum*]}", "{}"), "every_station"),
        (("{vendor: [hum*]}", "{vendor: [hum*], every_station: true}"), "every_station"),
        (("{vendor: [hum*]}", "{maker: [hum*]}"), "maker"),
        (("summary: It hums.", ""), "summary"),
        (("- name", "- [name"), "a.yaml"),
    ],
)
def test_a_broken_quirk_is_refused_with_its_place(change: tuple[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=r"a\.yaml") as refusal:
        read_quirks({"a.yaml": WRITTEN.replace(*change)})
    assert complaint in str(refusal.value)


def test_two_quirks_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match="one"):
        read_quirks({"a.yaml": WRITTEN, "b.yaml": WRITTEN})


def test_there_are_messages_to_compare_with() -> None:
    assert len(MESSAGES) == 386
