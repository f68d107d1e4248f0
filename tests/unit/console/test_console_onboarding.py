"""Stations that do not get in: words for every reason, rows of refusals, keys, and the commands that let them in."""

from datetime import timedelta
from typing import get_args

import pytest
from argon2.low_level import Type, verify_secret
from msgspec import structs
from pydantic import ValidationError
from unit.console.console_log import NOON, Log
from unit.console.console_newcomers import refuse, register
from unit.console.console_story import Charger

from volt_console.onboarding import PasswordBody, PolicyBody, configure, key_for
from volt_console.onboarding import register as registering
from volt_console.queries.onboarding import Newcomer
from volt_console.reasons import REASONS, STEPS, WORDS
from volt_console.views import REFUSED_STATIONS
from volt_console.views.refused_stations import KEPT, aimed_tenant
from volt_contracts.credentials import LONGEST, SHORTEST
from volt_contracts.gateway import RefusalReason
from volt_contracts.message import Actor
from volt_contracts.network import TenantSettings

OPERATOR = Actor(kind="operator", id="local")
SECRET = "a secret of the tests"


def test_every_reason_of_the_gateway_has_its_words() -> None:
    assert set(WORDS) == {*get_args(RefusalReason), "pending", "rejected"} == set(REASONS)


def test_words_are_sentences_and_differ() -> None:
    for words in WORDS.values():
        assert words.happened.endswith(".")
        assert words.to_do.endswith(".")
        assert len(words.title) <= 30
    assert len({words.title for words in WORDS.values()}) == len(WORDS)


@pytest.mark.parametrize(
    ("path", "tenant"),
    [("/ocpp/demo/CP-1", "demo"), ("/ocpp/demo", "demo"), ("/ocpp/de mo/CP", None), ("/", None), ("/ocpp//CP", None)],
)
def test_the_path_says_whom_a_station_meant(path: str, tenant: str | None) -> None:
    assert aimed_tenant(path) == tenant


def test_a_refusal_without_a_tenant_points_to_the_station_that_it_would_be() -> None:
    log = Log()
    refuse(log, "CP-1", "malformed_upgrade")
    refuse(log, "CP-1", "bad_path", path="/CP-1")
    counted = next(one for one in REFUSED_STATIONS.apply(log.messages) if "reason" in one.params)
    rows = dict(zip(counted.params["reason"], counted.params["aimed_uid"], strict=True))
    assert set(counted.params["tenant"]) == {"-"}
    assert rows == {"malformed_upgrade": log.uid("CP-1"), "bad_path": None}


def test_days_are_forgotten_by_the_newest_record_of_a_partition() -> None:
    log = Log()
    refuse(log, "CP-1", "unknown_station")
    late = structs.replace(log.messages[0], at=NOON + timedelta(days=2))
    forgets = [one for one in REFUSED_STATIONS.apply([log.messages[0], late]) if one.sql.startswith("DELETE")]
    day = late.at.replace(hour=0, minute=0, second=0, microsecond=0) - KEPT
    assert [one.params for one in forgets] == [{"partitions": [late.partition], "days": [day]}] * 2


def test_what_the_view_does_not_fold_costs_nothing() -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.boot()
    assert REFUSED_STATIONS.types is not None
    unfolded = [message for message in log.messages if message.envelope.type not in REFUSED_STATIONS.types]
    assert {"gateway.exchange.v1", "station.booted.v1"} <= {message.envelope.type for message in unfolded}
    assert REFUSED_STATIONS.apply([]) == []


@pytest.mark.parametrize("length", [SHORTEST - 1, LONGEST + 1])
def test_a_password_that_no_station_could_have_is_refused_and_not_repeated(length: int) -> None:
    with pytest.raises(ValidationError) as refused:
        PasswordBody.model_validate({"password": "x" * length})
    assert "xxx" not in str(refused.value)


def test_a_chosen_password_is_kept_as_its_hash_and_never_shown() -> None:
    body = PasswordBody.model_validate({"password": "sixteen letters!"})
    key = key_for(SECRET, "demo", "CP-1", body.password, None, needed=False)
    assert key.shown is None
    assert key.credential is not None
    assert verify_secret(key.credential.hash.encode(), b"sixteen letters!", Type.ID)
    assert "sixteen" not in repr(body)


def test_a_chosen_password_has_the_same_hash_for_the_same_idempotency_key_alone() -> None:
    password = PasswordBody.model_validate({"password": "sixteen letters!"}).password
    made = [key_for(SECRET, "demo", "CP-1", password, once, needed=True).credential for once in (None, None, "k", "k")]
    assert made[2] == made[3]
    assert len({kept.hash for kept in made if kept is not None}) == 3


def test_a_made_key_is_another_each_time_but_for_the_same_idempotency_key() -> None:
    made = [key_for(SECRET, "demo", "CP-1", None, once, needed=True).shown for once in (None, None, "k", "k", "l")]
    other = key_for(SECRET, "demo", "CP-2", None, "k", needed=True).shown
    assert all(key is not None and len(key) == 32 for key in made)
    assert made[2] == made[3]
    assert len({*made, other}) == 5


def test_no_key_is_made_where_none_is_asked_for() -> None:
    assert key_for(SECRET, "demo", "CP-1", None, None, needed=False).credential is None


def _newcomer(**known: object) -> Newcomer:
    parts = {"registered": False, "security_profile": None, "registration": None, "reason": "unknown_station"} | known
    seen = {"first_at": NOON, "last_at": NOON, "got_in_at": None, "online": False, "count": 1}
    told = {"detail": None, "path": "/ocpp/demo/CP-1", "remote_address": "203.0.113.7"}
    return Newcomer.model_validate({"id": "u/r", "identity": "CP-1", "station_uid": "u", **told, **seen, **parts})


def test_a_new_password_leaves_profile_and_registration_as_they_are() -> None:
    key = key_for(SECRET, "demo", "CP-1", None, None, needed=True)
    found = _newcomer(registered=True, security_profile=2, registration="pending", reason="wrong_password")
    command = registering(OPERATOR, found, TenantSettings(name="Demo"), key, PasswordBody())
    assert (command.security_profile, command.registration, command.credential) == (2, "pending", key.credential)


def test_adopting_asks_for_the_least_that_the_tenant_asks_for() -> None:
    key = key_for(SECRET, "demo", "CP-1", None, None, needed=False)
    command = registering(OPERATOR, _newcomer(), TenantSettings(name="D", security_profile=0), key, PasswordBody())
    assert (command.identity, command.security_profile, command.registration) == ("CP-1", 0, "accepted")


def test_another_policy_changes_nothing_else() -> None:
    settings = TenantSettings(name="Demo", security_profile=2, party="VLT", country="DE")
    command = configure(OPERATOR, settings, PolicyBody(unknown_stations="pending"))
    assert command.settings == structs.replace(settings, unknown_stations="pending")


def test_a_step_is_offered_only_where_it_helps() -> None:
    assert _newcomer().next_step == "adopt"
    assert _newcomer(registered=True).next_step is None
    assert _newcomer(got_in_at=NOON).next_step is None
    assert _newcomer(reason="wrong_password").next_step is None
    assert _newcomer(reason="wrong_password", registered=True).next_step == "password"
    assert _newcomer(reason="pending", registered=True).next_step == "accept"
    assert {reason for reason, step in STEPS.items() if step == "adopt"} == {"unknown_station"}


def test_who_is_registered_is_a_column_of_the_networks_own() -> None:
    log = Log()
    register(log, "CP-1", profile=2)
    (known,) = REFUSED_STATIONS.apply(log.messages)
    assert (known.params["security_profile"], known.params["has_password"]) == ([2], [True])
