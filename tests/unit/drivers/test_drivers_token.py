"""Tokens: registered, changed, erased; and no event or state ever shows a clear value."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.network.decider_life import START, Life

from volt_contracts import codec
from volt_contracts.drivers import (
    DriversCommandFinished,
    EraseToken,
    RegisterToken,
    TokenErased,
    TokenProfile,
    TokenRegistered,
)
from volt_contracts.message import Actor, Command
from volt_contracts.refs import token_ref
from volt_contracts.topics import DRIVERS_PROFILES
from volt_drivers.decider import TOKEN
from volt_drivers.domain.token import Erased
from volt_eventlog.decider import Record

ACTOR = Actor(kind="operator", id="anna")
CLEAR = "TAG0001"
REF = token_ref("secret", "demo", CLEAR)
GROUP_REF = token_ref("secret", "demo", "FLEET7")
KEY = f"demo/{REF}"
AT = START + timedelta(minutes=1)


def register(**properties: Any) -> RegisterToken:
    said: dict[str, Any] = {"value": CLEAR, "token_type": "rfid", "issuer": "demo", "actor": ACTOR}
    return RegisterToken(**(said | properties))


def registered(version: int = 1, **properties: Any) -> TokenRegistered:
    said: dict[str, Any] = {
        "token_ref": REF, "token_type": "rfid", "status": "accepted", "issuer": "demo", "actor": "operator:anna",
        "at": START,
    }  # fmt: skip
    return TokenRegistered(version=version, **(said | properties))


ERASE = EraseToken(actor=ACTOR)


def test_a_token_is_registered_and_its_clear_value_stands_aside() -> None:
    life = Life(TOKEN, KEY)

    outputs = life.when(register(value="tag-00 01", group="fleet 7", group_ref=GROUP_REF), id="c1")

    assert outputs == [
        registered(group_ref=GROUP_REF, at=AT),
        Record(DRIVERS_PROFILES, KEY, TokenProfile(token_ref=REF, value=CLEAR, token_type="rfid", group="FLEET7")),
        DriversCommandFinished(
            command_id="c1", command="drivers.register_token.v1", outcome="accepted", actor="operator:anna", at=AT
        ),
    ]


def test_the_same_registration_in_another_spelling_changes_nothing() -> None:
    life = Life(TOKEN, KEY).given(registered())

    outputs = life.when(register(value="tag:0001"))

    assert [type(output) for output in outputs] == [DriversCommandFinished]
    assert life.state.version == 1


def test_a_command_that_saw_another_version_is_refused() -> None:
    life = Life(TOKEN, KEY)
    life.when(register(expected_version=0), id="c1")

    raced = life.outcome(register(status="blocked", expected_version=0), id="c2")
    in_turn = life.outcome(register(status="blocked", expected_version=1), id="c3")
    unknown = Life(TOKEN, KEY).outcome(register(expected_version=3), id="c4")

    assert (raced.outcome, raced.sentence) == (
        "rejected",
        "somebody has changed it meanwhile: it is at version 1, not 0",
    )
    assert (in_turn.outcome, life.state.version) == ("accepted", 2)
    assert unknown.sentence == "it was to change version 3, but it is not known"


def test_a_change_is_the_next_version() -> None:
    life = Life(TOKEN, KEY).given(registered())
    past = datetime(2020, 1, 1, tzinfo=UTC)

    assert life.facts(register(status="blocked", valid_until=past)) == [
        registered(2, status="blocked", valid_until=past, at=AT)
    ]


def test_an_erased_token_leaves_a_tombstone_where_its_clear_value_stood() -> None:
    life = Life(TOKEN, KEY).given(registered())

    outputs = life.when(ERASE, id="c1")

    assert outputs == [
        TokenErased(version=2, token_ref=REF, actor="operator:anna", at=AT),
        Record(DRIVERS_PROFILES, KEY, None),
        DriversCommandFinished(
            command_id="c1", command="drivers.erase_token.v1", outcome="accepted", actor="operator:anna", at=AT
        ),
    ]
    assert isinstance(life.state, Erased)


def test_what_is_erased_stays_erased() -> None:
    life = Life(TOKEN, KEY).given(registered(), TokenErased(version=2, token_ref=REF, actor="operator:anna", at=START))

    assert life.facts(ERASE) == []
    assert life.state.version == 2


def test_a_registration_that_comes_again_after_the_erasure_brings_nothing_back() -> None:
    life = Life(TOKEN, KEY)
    life.when(register(), id="c1")
    life.when(ERASE, id="c2")

    outputs = life.when(register(), id="c1")

    assert [type(output) for output in outputs] == [DriversCommandFinished]
    assert isinstance(life.state, Erased)


def test_an_erased_token_can_be_registered_anew() -> None:
    life = Life(TOKEN, KEY).given(registered(), TokenErased(version=2, token_ref=REF, actor="operator:anna", at=START))

    outputs = life.when(register())

    assert outputs[0] == registered(3, at=AT)
    assert isinstance(outputs[1], Record)


def test_an_unknown_token_cannot_be_erased() -> None:
    life = Life(TOKEN, KEY)

    outcome = life.outcome(ERASE)

    assert (outcome.outcome, outcome.sentence) == ("rejected", "there is no such token")
    assert life.state is None


@pytest.mark.parametrize(
    ("command", "word"),
    [
        (register(value=" -:- "), "1 to 255 characters"),
        (register(value="A" * 256), "1 to 255 characters"),
        (register(group="FLEET7"), "reference"),
        (register(issuer=" "), "issuer"),
        (register(valid_until=datetime(2030, 1, 1)), "time zone"),  # noqa: DTZ001 that is the fault
    ],
)
def test_nonsense_is_refused_without_the_clear_value(command: RegisterToken, word: str) -> None:
    life = Life(TOKEN, KEY)

    outcome = life.outcome(command)

    assert outcome.outcome == "rejected"
    assert word in (outcome.sentence or "")
    assert command.value not in (outcome.sentence or "")
    assert life.state is None


def test_a_command_that_arrives_too_late_expires() -> None:
    life = Life(TOKEN, KEY)

    assert life.outcome(register(not_after=START)).outcome == "expired"
    assert life.state is None


moments = st.sampled_from([None, datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, 12, tzinfo=UTC)])
commands: st.SearchStrategy[Command] = st.one_of(
    st.just(ERASE),
    st.builds(
        RegisterToken,
        value=st.sampled_from([CLEAR, "tag0001", ""]),
        token_type=st.sampled_from(["rfid", "app"]),
        status=st.sampled_from(["accepted", "blocked"]),
        valid_until=moments,
        group=st.sampled_from([None, "FLEET7"]),
        group_ref=st.sampled_from([None, GROUP_REF]),
        issuer=st.just("demo"),
        contract_ref=st.sampled_from([None, "contract"]),
        concurrent=st.sampled_from(["allowed", "refused"]),
        actor=st.just(ACTOR),
    ),
)
ids = st.sampled_from([f"c{number}" for number in range(8)])


@given(st.lists(st.tuples(ids, commands), max_size=20))
def test_replay_is_live_and_no_prefix_shows_a_clear_value(sent: list[tuple[str, Command]]) -> None:
    life = Life(TOKEN, KEY)
    for command_id, command in sent:
        life.when(command, id=command_id)

    assert life.replayed() == life.state
    assert life.restored() == life.state
    for length in range(len(life.events)):
        life.replayed(life.events[:length])
    stored = b"".join(codec.encode(event) for event in life.events).upper() + repr(life.state).upper().encode()
    assert CLEAR.encode() not in stored
    assert b"FLEET7" not in stored


@given(st.lists(st.tuples(ids, commands), max_size=20))
def test_the_profile_is_there_exactly_while_the_token_is_registered(sent: list[tuple[str, Command]]) -> None:
    life = Life(TOKEN, KEY)
    profile = None
    for command_id, command in sent:
        for output in life.when(command, id=command_id):
            profile = output.body if isinstance(output, Record) else profile
        assert (profile is None) == (life.state is None or isinstance(life.state, Erased))


@given(commands, commands)
def test_a_command_twice_changes_nothing_the_second_time(first: Command, second: Command) -> None:
    life = Life(TOKEN, KEY)
    life.when(first, id="c1")
    outcome = life.outcome(second, id="c2")
    state = life.state

    assert life.outcome(second, id="c2").outcome == outcome.outcome
    assert life.facts(second, id="c3") == []
    assert getattr(life.state, "version", 0) == getattr(state, "version", 0)


@given(commands, commands, commands)
def test_a_known_token_gives_the_very_same_answer_again(first: Command, second: Command, third: Command) -> None:
    life = Life(TOKEN, KEY).given(registered())
    sent = {f"c{number}": command for number, command in enumerate((first, second, third))}
    answers = [life.outcome(command, id=command_id) for command_id, command in sent.items()]

    assert [life.outcome(command, id=command_id) for command_id, command in sent.items()] == answers
