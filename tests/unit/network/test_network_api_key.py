"""API keys: made once, revoked for good, known by their hashes alone."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.network.decider_life import START, Life

from volt_contracts.access import ApiKeyCreated, ApiKeyRevoked, ApiKeyRow, CreateApiKey, RevokeApiKey
from volt_contracts.message import Actor, Command
from volt_network.decider import API_KEY

ADMIN = Actor(kind="operator", id="ada")
KEY = "demo/0123456789abcdef"
HASH = "ab" * 32
REVOKE = RevokeApiKey(actor=ADMIN)


def create(**more: Any) -> CreateApiKey:
    return CreateApiKey(**{"actor": ADMIN, "name": "billing export", "hash": HASH, "scopes": ("see",), **more})


def key(name: str = KEY) -> Life:
    return Life(API_KEY, name)


def test_a_key_is_good_until_it_is_revoked() -> None:
    life = key()
    assert life.outcome(create(scopes=("see", "audit", "see"))).outcome == "accepted"
    shown = life.public()["network.api_keys"]
    assert isinstance(shown, ApiKeyRow)
    assert (shown.hash, shown.scopes, shown.created_by, shown.revoked_at) == (
        HASH,
        ("audit", "see"),
        "operator:ada",
        None,
    )
    made_at = life.now
    assert life.outcome(REVOKE).outcome == "accepted"
    assert life.public()["network.api_keys"] == ApiKeyRow(
        name="billing export", scopes=("audit", "see"), created_by="operator:ada", created_at=made_at,
        revoked_by="operator:ada", revoked_at=life.now,
    )  # fmt: skip


def test_an_id_is_used_once_and_a_revoked_key_stays_revoked() -> None:
    life = key()
    life.when(create())
    assert life.outcome(create(scopes=("keys",))).sentence == "there is a key of this id already"
    life.when(REVOKE)
    assert life.outcome(create()).outcome == "rejected"
    assert life.facts(REVOKE) == []
    assert life.outcome(REVOKE).outcome == "accepted"


def test_a_command_that_comes_again_has_one_effect() -> None:
    life = key()
    first = life.outcome(create(), id="once")
    assert life.facts(create(), id="once") == []
    again = life.outcome(create(), id="once")
    assert (again.outcome, again.command_id, again.actor) == (first.outcome, "once", "operator:ada")


def test_what_is_not_there_cannot_be_revoked() -> None:
    assert key().outcome(REVOKE).sentence == "there is no such key"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"hash": "secret"}, "64 hexadecimal digits"),
        ({"name": "  "}, "1 to 60 characters"),
        ({"name": "x" * 61}, "1 to 60 characters"),
        ({"name": "a\nb"}, "can be printed"),
        ({"scopes": ()}, "1 to 32 scopes"),
        ({"scopes": ("see", "Every thing")}, "'Every thing' is no scope"),
        ({"expires_at": START}, "expired already"),
    ],
)
def test_what_is_wrong_is_said(wrong: dict[str, Any], sentence: str) -> None:
    life = key()
    outcome = life.outcome(create(**wrong))
    assert outcome.outcome == "rejected"
    assert sentence in (outcome.sentence or "")
    assert life.state is None


@pytest.mark.parametrize("name", ["demo/short", "demo/UPPER0123456789", "demo/a_b_c_d_e"])
def test_an_id_has_a_form(name: str) -> None:
    assert "small letters and digits" in (key(name).outcome(create()).sentence or "")


def test_an_end_may_be_said() -> None:
    life = key()
    until = START + timedelta(days=30)
    life.when(create(expires_at=until))
    row = life.public()["network.api_keys"]
    assert isinstance(row, ApiKeyRow)
    assert row.expires_at == until


@given(st.lists(st.sampled_from([create(), create(name="other"), REVOKE]), max_size=8), st.data())
def test_any_life_creates_and_revokes_at_most_once(commands: list[Command], data: st.DataObject) -> None:
    life = key()
    for number, command in enumerate(commands):
        life.when(command, id=str(data.draw(st.integers(0, number))))
    facts = [type(event) for event in life.events if isinstance(event, ApiKeyCreated | ApiKeyRevoked)]
    assert facts in ([], [ApiKeyCreated], [ApiKeyCreated, ApiKeyRevoked])
    folded = None
    for event in life.events:
        folded = API_KEY.evolve(folded, event)
    assert msgspec.json.encode(folded) == msgspec.json.encode(life.state)
