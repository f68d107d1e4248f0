"""Tenants: settings are put in force, twice the same is once, and nonsense is refused in words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.network.decider_life import START, Life

from volt_contracts.message import Actor, Outcome
from volt_contracts.network import ConfigureTenant, NetworkCommandFinished, TenantConfigured, TenantRow, TenantSettings
from volt_network.decider import TENANT

OPERATOR = Actor(kind="operator", id="anna")
DEMO = TenantSettings(name="demo", unknown_stations="adopt", party="VLT", country="DE", time_zone="Europe/Berlin")


def tenant(key: str = "demo/demo") -> Life:
    return Life(TENANT, key)


def configure(settings: TenantSettings = DEMO) -> ConfigureTenant:
    return ConfigureTenant(settings=settings, actor=OPERATOR)


def test_a_new_tenant_is_configured() -> None:
    life = tenant()

    outputs = life.when(configure(), id="c1")

    at = START + timedelta(minutes=1)
    assert outputs == [
        TenantConfigured(version=1, settings=DEMO, actor="operator:anna", at=at),
        NetworkCommandFinished(
            command_id="c1", command="network.configure_tenant.v1", outcome="accepted", actor="operator:anna", at=at
        ),
    ]
    assert life.public() == {"network.tenants": TenantRow(version=1, settings=DEMO)}


def test_settings_that_are_in_force_change_nothing() -> None:
    life = tenant().given(TenantConfigured(version=4, settings=DEMO, actor="operator:anna", at=START))

    assert life.facts(configure()) == []
    assert life.state.version == 4


def test_other_settings_are_the_next_version() -> None:
    life = tenant().given(TenantConfigured(version=4, settings=DEMO, actor="operator:anna", at=START))
    strict = TenantSettings(name="demo", unknown_stations="refuse")

    (event,) = life.facts(configure(strict))

    assert isinstance(event, TenantConfigured)
    assert (event.version, event.settings) == (5, strict)
    assert life.public() == {"network.tenants": TenantRow(version=5, settings=strict)}


def test_a_command_that_comes_twice_does_not_bring_old_settings_back() -> None:
    life = tenant()
    first = life.outcome(configure(), id="c1")
    strict = TenantSettings(name="demo", unknown_stations="refuse")
    life.when(configure(strict), id="c2")

    outputs = life.when(configure(), id="c1")

    assert outputs == [first]
    assert life.state.settings == strict


def test_a_command_after_a_day_counts_as_new() -> None:
    life = tenant()
    life.when(configure(), id="c1")
    life.now += timedelta(hours=25)
    life.when(configure(TenantSettings(name="demo")), id="c2")

    assert len(life.facts(configure(), id="c1")) == 1


def test_a_command_that_arrives_too_late_expires() -> None:
    life = tenant()

    outputs = life.when(ConfigureTenant(settings=DEMO, actor=OPERATOR, not_after=START))

    (outcome,) = outputs
    assert isinstance(outcome, Outcome)
    assert outcome.outcome == "expired"
    assert life.state is None
    assert life.public() == {"network.tenants": None}


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        (TenantSettings(name="demo", security_profile=4), "security profile 4"),
        (TenantSettings(name="demo", security_profile=-1), "security profile -1"),
        (TenantSettings(name="demo", default_protocol="ocpp1.5"), "ocpp1.5"),
        (TenantSettings(name="demo", country="Germany"), "country"),
        (TenantSettings(name="demo", party="VOLTLOG"), "party"),
        (TenantSettings(name="demo", settlement_delay_s=-1), "settlement delay"),
    ],
)
def test_nonsense_is_refused_with_a_reason(settings: TenantSettings, word: str) -> None:
    life = tenant()

    outcome = life.outcome(configure(settings))

    assert outcome.outcome == "rejected"
    assert outcome.sentence is not None
    assert word in outcome.sentence
    assert life.state is None


@pytest.mark.parametrize("key", ["demo/other", "/", "demo/"])
def test_a_tenant_has_its_name_twice_as_key(key: str) -> None:
    assert tenant(key).outcome(configure()).outcome == "rejected"


settings = st.builds(
    TenantSettings,
    name=st.just("demo"),
    unknown_stations=st.sampled_from(["adopt", "pending", "refuse"]),
    security_profile=st.integers(-1, 4),
    default_protocol=st.sampled_from([None, "ocpp1.6", "ocpp2.1", "http"]),
    settlement_delay_s=st.integers(-1, 1),
)
commands = st.lists(st.tuples(st.sampled_from([f"c{number}" for number in range(6)]), settings), max_size=20)


@given(commands)
def test_replay_is_live_and_every_prefix_folds(sent: list[tuple[str, TenantSettings]]) -> None:
    life = tenant()
    for command_id, wanted in sent:
        life.when(configure(wanted), id=command_id)

    assert life.replayed() == life.state
    assert life.restored() == life.state
    for length in range(len(life.events)):
        life.replayed(life.events[:length])
    versions = [event.version for event in life.events if isinstance(event, TenantConfigured)]
    assert versions == list(range(1, len(versions) + 1))


@given(commands)
def test_every_command_gets_one_outcome_and_the_same_one_again(sent: list[tuple[str, TenantSettings]]) -> None:
    life = tenant()
    for command_id, wanted in sent:
        outcome = life.outcome(configure(wanted), id=command_id)
        before = life.state
        assert life.outcome(configure(wanted), id=command_id).outcome == outcome.outcome
        assert _settings(life.state) == _settings(before)


def _settings(state: object) -> object:
    return getattr(state, "settings", None)
