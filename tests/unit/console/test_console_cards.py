"""Corrections of tokens: what is not named stays, and what changed is told in plain words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from volt_console.pages.words import standing, token_changes
from volt_console.queries.tokens import Token, Version
from volt_console.tokens import CorrectionBody, NewTokenBody, correct, register
from volt_contracts.drivers import RegisterToken, TokenProfile
from volt_contracts.message import Actor
from volt_contracts.refs import token_ref

ANNA = Actor(kind="operator", id="anna")
REF, GROUP = token_ref("secret", "demo", "TAG1"), token_ref("secret", "demo", "FLEET7")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
UID = "0b7f9f04-6a5e-5b60-9f3c-111111111111"
PROFILE = TokenProfile(token_ref=REF, value="TAG1", token_type="rfid", group="FLEET7")


def version(number: int = 1, **said: Any) -> Version:
    return Version(**_said(number, said))


def known(**said: Any) -> Token:
    return Token(**_said(3, said), token_ref=REF, standing=said.get("standing", "accepted"), last_used_at=None)


def _said(number: int, said: dict[str, Any]) -> dict[str, Any]:
    defaults = {
        "state": "registered", "token_type": "rfid", "status": "accepted", "valid_until": NOON, "group_ref": GROUP,
        "issuer": "partner", "contract_ref": "c", "concurrent": "refused", "account_uid": UID,
        "actor": "operator:anna", "changed_at": NOON,
    }  # fmt: skip
    return {**defaults, **{name: value for name, value in said.items() if name != "standing"}, "version": number}


def corrected(**named: Any) -> RegisterToken:
    return correct(ANNA, "demo", "secret", known(), PROFILE, CorrectionBody(expected_version=3, **named))


def test_what_is_not_named_stays() -> None:
    assert corrected(status="blocked") == RegisterToken(
        actor=ANNA, value="TAG1", token_type="rfid", status="blocked", valid_until=NOON, group="FLEET7",
        group_ref=GROUP, issuer="partner", contract_ref="c", concurrent="refused", account_uid=UID, expected_version=3,
    )  # fmt: skip


def test_null_takes_away_and_a_group_gets_its_reference() -> None:
    bare = corrected(valid_until=None, group=None, account_uid=None)
    assert (bare.valid_until, bare.group, bare.group_ref, bare.account_uid) == (None, None, None, None)
    other = corrected(group=SecretStr("fleet 8"))
    assert (other.group, other.group_ref) == ("fleet 8", token_ref("secret", "demo", "FLEET8"))


def test_a_new_token_is_of_the_tenant_and_at_no_version() -> None:
    command = register(ANNA, "demo", "secret", NewTokenBody(value=SecretStr("TAG1"), contract=SecretStr("DE8AA1")))

    assert (command.issuer, command.expected_version) == ("demo", 0)
    assert command.contract_ref == token_ref("secret", "demo", "DE8AA1")


def test_a_clear_value_is_in_no_message_of_a_fault() -> None:
    with pytest.raises(ValidationError) as wrong:
        NewTokenBody.model_validate({"value": "TAG1" * 100, "group": "FLEET7", "account_uid": "TAG1"})
    assert "TAG1" not in str(wrong.value)
    assert "FLEET7" not in repr(NewTokenBody(value=SecretStr("TAG1"), group=SecretStr("FLEET7")))


def test_history_is_told_in_plain_words() -> None:
    erased = Version(**_said(3, {"state": "erased", "status": "blocked", "token_type": None, "valid_until": None}))
    told = token_changes(
        [version(4), erased, version(2, status="no_credit", valid_until=None, concurrent="allowed"), version(1)]
    )

    assert [words for _, words in told] == [
        ["known, accepted"],
        ["erased"],
        ["status accepted → no credit", "valid until 2026-11-22 → none"],
        ["known, accepted"],
    ]
    assert token_changes([]) == []
    only_concurrent = token_changes([version(2, concurrent="allowed"), version(1)])
    assert only_concurrent[0][1] == ["concurrent use allowed"]


@pytest.mark.parametrize("word", ["accepted", "blocked", "no_credit", "lost", "expired", "erased"])
def test_every_standing_has_its_word(word: str) -> None:
    assert standing(known(standing=word))[0].lower().replace(" ", "_") == word
