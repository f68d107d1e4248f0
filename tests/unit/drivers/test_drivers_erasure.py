"""One command erases a person, whatever was on its way between tokens and accounts when it was given."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.drivers.drivers_town import Town

from volt_contracts.accounts import AccountDetails, EraseAccount, RegisterAccount
from volt_contracts.drivers import BlockToken, EraseToken, RegisterToken
from volt_contracts.message import Actor
from volt_contracts.topics import DRIVERS_ACCOUNT_COMMANDS, DRIVERS_TOKEN_COMMANDS
from volt_drivers.domain import account, token

ANNA = Actor(kind="operator", id="anna")
A, B = (f"0b7f9f04-6a5e-5b60-9f3c-{digit * 12}" for digit in "ab")
TOKENS = ("t1", "t2", "t3")


def person(town: Town, uid: str) -> None:
    details = AccountDetails(name="Zoë Quist")
    command = RegisterAccount(actor=ANNA, details=details, details_ref=f"of {uid}")
    town.send(DRIVERS_ACCOUNT_COMMANDS, f"demo/{uid}", command)


def card(town: Town, ref: str, uid: str | None, status: str = "accepted") -> None:
    command = RegisterToken(
        actor=ANNA,
        value=f"CARD{ref}",
        token_type="rfid",
        status=status,  # type: ignore[arg-type]
        issuer="demo",
        account_uid=uid,
    )
    town.send(DRIVERS_TOKEN_COMMANDS, f"demo/{ref}", command)


def tokens_of(town: Town, uid: str) -> tuple[str, ...]:
    """As the account knows them."""
    state = town.state(DRIVERS_ACCOUNT_COMMANDS, f"demo/{uid}")
    return () if state is None else tuple(sorted(state.tokens))


def claims(town: Town, uid: str) -> tuple[str, ...]:
    """As the tokens say."""
    lives = {key: life.state for (topic, key), life in town.lives.items() if topic is DRIVERS_TOKEN_COMMANDS}
    return tuple(sorted(key.removeprefix("demo/") for key, state in lives.items() if token.account_of(state) == uid))


def test_an_account_knows_its_tokens_also_when_one_goes_to_another() -> None:
    town = Town()
    person(town, A)
    card(town, "t1", A)
    card(town, "t2", A)
    town.settle()
    card(town, "t1", B)
    town.settle()

    assert (tokens_of(town, A), tokens_of(town, B)) == (("t2",), ("t1",))
    assert len(town.outcomes) == town.sent


def test_erasing_a_token_takes_it_from_its_account() -> None:
    town = Town()
    card(town, "t1", A)
    town.send(DRIVERS_TOKEN_COMMANDS, "demo/t1", EraseToken(actor=ANNA))
    town.settle()

    assert tokens_of(town, A) == ()
    assert town.profiles == {"demo/t1": None}


def test_blocking_keeps_what_is_known() -> None:
    town = Town()
    card(town, "t1", A)
    town.send(DRIVERS_TOKEN_COMMANDS, "demo/t1", BlockToken(actor=ANNA))
    town.settle()

    state = town.state(DRIVERS_TOKEN_COMMANDS, "demo/t1")
    assert (state.status, state.account_uid, state.version) == ("blocked", A, 2)
    assert town.profiles["demo/t1"].value == "CARDT1"


@pytest.mark.parametrize("command", [BlockToken(actor=ANNA, account_uid=A), EraseToken(actor=ANNA, account_uid=A)])
def test_what_is_asked_for_an_account_does_not_touch_anothers_token(command: BlockToken | EraseToken) -> None:
    town = Town()
    card(town, "t1", B)
    town.send(DRIVERS_TOKEN_COMMANDS, "demo/t1", command)
    town.settle()

    assert "another account" in (town.outcomes[1].sentence or town.outcomes[2].sentence or "")
    assert town.state(DRIVERS_TOKEN_COMMANDS, "demo/t1").status == "accepted"


moves = st.lists(
    st.tuples(st.sampled_from(TOKENS), st.sampled_from([A, B, None]), st.sampled_from(["accepted", "blocked"])),
    max_size=8,
)


@settings(max_examples=200)
@given(before=moves, after=moves, turns=st.integers(0, 30), seed=st.integers(0, 2**32))
def test_nothing_of_an_erased_person_is_left_whatever_came_first(
    before: list[tuple[str, str | None, str]], after: list[tuple[str, str | None, str]], turns: int, seed: int
) -> None:
    town = Town(random.Random(seed))
    person(town, A)
    for ref, uid, status in before:
        card(town, ref, uid, status)
    for _ in range(turns):
        town.turn()
    town.send(DRIVERS_ACCOUNT_COMMANDS, f"demo/{A}", EraseAccount(actor=ANNA))
    for ref, uid, status in after:
        card(town, ref, uid, status)
    town.settle()

    assert len(town.outcomes) == town.sent
    assert isinstance(town.state(DRIVERS_ACCOUNT_COMMANDS, f"demo/{A}"), account.Erased)
    assert (claims(town, A), tokens_of(town, A)) == ((), ())
    assert town.profiles[f"demo/{A}"] is None
    assert claims(town, B) == tokens_of(town, B)
    for (topic, key), life in town.lives.items():
        assert life.replayed() == life.state
        if topic is DRIVERS_TOKEN_COMMANDS:
            assert (town.profiles[key] is None) == isinstance(life.state, token.Erased)
