"""Accounts: registered, closed, erased; tokens that come and go; and no event or state ever shows a clear value."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.network.decider_life import START, Life

from volt_contracts import codec
from volt_contracts.accounts import (
    AccountClosed,
    AccountDetails,
    AccountErased,
    AccountProfile,
    AccountRegistered,
    CloseAccount,
    Contract,
    EraseAccount,
    NoteToken,
    RegisterAccount,
    TokenJoined,
    TokenLeft,
    details_ref,
)
from volt_contracts.drivers import BlockToken, DriversCommandFinished, EraseToken, TombstoneRenewed
from volt_contracts.message import Actor, Command
from volt_contracts.refs import token_ref
from volt_contracts.topics import DRIVERS_PROFILES, DRIVERS_TOKEN_COMMANDS
from volt_drivers.decider import ACCOUNT
from volt_drivers.domain import account
from volt_eventlog.decider import Record
from volt_eventlog.message import Tick
from volt_testkit.deciding import outputs_of

ANNA = Actor(kind="operator", id="anna")
UID = "0b7f9f04-6a5e-5b60-9f3c-111111111111"
KEY = f"demo/{UID}"
AT = START + timedelta(minutes=1)
DETAILS = AccountDetails(name="Zoë Quist", email="zoe@quist.example", phone="+49 151 0000001", address="Kai 7, Hamburg")
CONTRACT = Contract(contract_id="DE-8AA-C12345678-5", contract_ref=token_ref("secret", "demo", "DE-8AA-C12345678-5"))
CLEAR = ("Zoë Quist", "zoe@quist.example", "+49 151 0000001", "Kai 7", "C12345678")
ERASE = EraseAccount(actor=ANNA)


def register(details: AccountDetails = DETAILS, **properties: Any) -> RegisterAccount:
    contracts = properties.pop("contracts", (CONTRACT,))
    ref = details_ref("secret", "demo", details, contracts)
    said: dict[str, Any] = {"country": "DE", "language": "de-DE", "currency": "EUR", "actor": ANNA, "details_ref": ref}
    return RegisterAccount(details=details, contracts=contracts, **(said | properties))


def registered(version: int = 1, details: AccountDetails = DETAILS, **properties: Any) -> AccountRegistered:
    said: dict[str, Any] = {
        "account_uid": UID, "details_ref": details_ref("secret", "demo", details, (CONTRACT,)), "country": "DE",
        "contract_refs": (CONTRACT.contract_ref,), "language": "de-DE", "currency": "EUR", "actor": "operator:anna",
        "at": START,
    }  # fmt: skip
    return AccountRegistered(version=version, **(said | properties))


def note(ref: str, joined: bool = True) -> NoteToken:
    return NoteToken(actor=ANNA, token_ref=ref, joined=joined)


def joined(ref: str) -> TokenJoined:
    return TokenJoined(account_uid=UID, token_ref=ref, actor="operator:anna", at=START)


def told(outputs: list[Any]) -> list[Record]:
    """What tokens are told."""
    return [output for output in outputs if isinstance(output, Record) and output.topic is DRIVERS_TOKEN_COMMANDS]


def test_an_account_is_registered_and_its_clear_values_stand_aside() -> None:
    outputs = Life(ACCOUNT, KEY).when(register(), id="c1")

    assert outputs == [
        registered(at=AT),
        Record(DRIVERS_PROFILES, KEY, AccountProfile(account_uid=UID, details=DETAILS, contracts=(CONTRACT,))),
        DriversCommandFinished(
            command_id="c1", command="drivers.register_account.v1", outcome="accepted", actor="operator:anna", at=AT
        ),
    ]
    stored = codec.encode(outputs[0])
    assert not [word for word in CLEAR if word.encode() in stored]


def test_the_same_registration_changes_nothing_and_another_address_is_the_next_version() -> None:
    life = Life(ACCOUNT, KEY).given(registered(), joined("t1"))
    moved = AccountDetails(name="Zoë Quist", address="Deich 1, Bremen")

    assert life.facts(register()) == []
    assert life.facts(register(moved)) == [registered(2, moved, at=life.now)]
    assert life.state.tokens == ("t1",)


def test_a_change_that_was_made_by_looking_at_another_version_is_refused() -> None:
    life = Life(ACCOUNT, KEY).given(joined("t1"))

    assert life.outcome(register(expected_version=0)).outcome == "accepted"
    assert "at version 1, not 0" in (life.outcome(register(country="AT", expected_version=0)).sentence or "")


def test_erasing_is_one_command_and_tells_every_token() -> None:
    life = Life(ACCOUNT, KEY).given(registered(), joined("t1"), joined("t2"))

    outputs = life.when(ERASE, id="c1")

    erase = EraseToken(actor=ANNA, account_uid=UID)
    assert outputs == [
        AccountErased(version=2, account_uid=UID, actor="operator:anna", at=AT),
        Record(DRIVERS_PROFILES, KEY, None),
        Record(DRIVERS_TOKEN_COMMANDS, "demo/t1", erase),
        Record(DRIVERS_TOKEN_COMMANDS, "demo/t2", erase),
        DriversCommandFinished(
            command_id="c1", command="drivers.erase_account.v1", outcome="accepted", actor="operator:anna", at=AT
        ),
    ]


def test_asked_again_it_tells_those_that_have_not_said_that_they_forgot() -> None:
    life = Life(ACCOUNT, KEY).given(registered(), joined("t1"), joined("t2"))
    life.when(ERASE)

    life.when(note("t1", joined=False))

    assert [record.key for record in told(life.when(ERASE))] == ["demo/t2"]
    assert life.state.version == 2


def test_a_token_that_joins_later_is_erased_too() -> None:
    life = Life(ACCOUNT, KEY).given(registered())
    life.when(ERASE)

    outputs = life.when(note("t9"))

    assert told(outputs) == [Record(DRIVERS_TOKEN_COMMANDS, "demo/t9", EraseToken(actor=ANNA, account_uid=UID))]


def test_an_erased_account_does_not_come_back() -> None:
    life = Life(ACCOUNT, KEY).given(registered())
    life.when(ERASE)

    assert "gets another one" in (life.outcome(register()).sentence or "")
    assert life.facts(ERASE) == []


def test_a_person_of_whom_only_tokens_are_known_can_be_erased() -> None:
    life = Life(ACCOUNT, KEY).given(joined("t1"))

    assert len(told(life.when(ERASE))) == 1
    assert isinstance(life.state, account.Erased)


def test_closing_blocks_the_account_and_its_tokens_and_registering_opens_it() -> None:
    life = Life(ACCOUNT, KEY).given(registered(), joined("t1"))

    outputs = life.when(CloseAccount(actor=ANNA))
    block = BlockToken(actor=ANNA, account_uid=UID)

    assert outputs[0] == AccountClosed(version=2, account_uid=UID, actor="operator:anna", at=AT)
    assert told(outputs) == [Record(DRIVERS_TOKEN_COMMANDS, "demo/t1", block)]
    assert life.facts(CloseAccount(actor=ANNA)) == []
    assert told(life.when(note("t2"))) == [Record(DRIVERS_TOKEN_COMMANDS, "demo/t2", block)]
    assert life.facts(register()) == [registered(3, at=life.now)]
    assert not life.state.closed


@pytest.mark.parametrize("command", [ERASE, CloseAccount(actor=ANNA)])
def test_what_nobody_knows_can_neither_be_erased_nor_closed(command: Command) -> None:
    life = Life(ACCOUNT, KEY)

    assert life.outcome(command).sentence == "there is no such account"
    assert life.state is None


@pytest.mark.parametrize(
    ("command", "word"),
    [
        (register(AccountDetails(name=" ")), "1 to 500 characters"),
        (register(AccountDetails(email="zoe quist")), "e-mail"),
        (register(AccountDetails(external_id="CRM-7")), "external id comes with its reference"),
        (register(details_ref=""), "reference"),
        (register(contracts=(CONTRACT, CONTRACT)), "named twice"),
        (register(contracts=(Contract(contract_id="X", contract_ref=""),)), "comes with its reference"),
        (register(contracts=tuple(Contract(contract_id="X", contract_ref=str(n)) for n in range(21))), "at most 20"),
        (register(country="Germany"), "country"),
        (register(currency="euro"), "currency"),
        (register(language="German"), "language"),
    ],
)
def test_nonsense_is_refused_without_the_clear_values(command: RegisterAccount, word: str) -> None:
    life = Life(ACCOUNT, KEY)

    outcome = life.outcome(command)

    assert outcome.outcome == "rejected"
    assert word in (outcome.sentence or "")
    assert not [text for text in CLEAR if text in (outcome.sentence or "")]
    assert life.state is None


@pytest.mark.parametrize("command", [register(), note("t1")])
def test_a_tokens_reference_is_no_uid_of_an_account(command: Command) -> None:
    life = Life(ACCOUNT, f"demo/{CONTRACT.contract_ref}")

    assert "UUID" in (life.outcome(command).sentence or "")
    assert life.state is None


def test_an_account_has_a_bound() -> None:
    life = Life(ACCOUNT, KEY)
    life.state = account.Noted(tokens=tuple(f"{number:032}" for number in range(account.MOST_TOKENS)))

    assert "at most 5000 tokens" in (life.outcome(note("one-more")).sentence or "")
    assert life.facts(note(f"{7:032}", joined=False)) == [
        TokenLeft(account_uid=UID, token_ref=f"{7:032}", actor="operator:anna", at=life.now)
    ]


def test_eight_days_later_the_tombstone_is_written_once_more() -> None:
    life = Life(ACCOUNT, KEY).given(registered())
    life.when(ERASE)
    due = ACCOUNT.deadline(life.state, life.now)
    assert due is not None
    assert due.at == AT + timedelta(days=8)

    outputs = outputs_of(ACCOUNT, life.state, Tick(KEY, due.name, due.at, due.at), life.tables)

    renewed = TombstoneRenewed(deadline="tombstone", at=due.at)
    assert outputs == [renewed, Record(DRIVERS_PROFILES, KEY, None)]
    life.given(renewed)
    assert ACCOUNT.deadline(life.state, life.now) is None
    assert outputs_of(ACCOUNT, life.state, Tick(KEY, due.name, due.at, due.at), life.tables) == []


commands: st.SearchStrategy[Command] = st.one_of(
    st.just(ERASE),
    st.just(CloseAccount(actor=ANNA)),
    st.builds(note, st.sampled_from(["t1", "t2"]), st.booleans()),
    st.builds(register, st.sampled_from([DETAILS, AccountDetails(name="Zoë Quist"), AccountDetails(name="")])),
)
ids = st.sampled_from([f"c{number}" for number in range(8)])


@given(st.lists(st.tuples(ids, commands), max_size=20))
def test_replay_is_live_and_no_prefix_shows_a_clear_value(sent: list[tuple[str, Command]]) -> None:
    life = Life(ACCOUNT, KEY)
    profile = None
    for command_id, command in sent:
        for output in life.when(command, id=command_id):
            if isinstance(output, Record) and output.topic is DRIVERS_PROFILES:
                profile = output.body
        assert (profile is not None) == isinstance(life.state, account.Known)

    assert life.replayed() == life.state
    assert life.restored() == life.state
    for length in range(len(life.events)):
        life.replayed(life.events[:length])
    stored = b"".join(codec.encode(event) for event in life.events) + repr(life.state).encode()
    assert not [word for word in CLEAR if word.encode() in stored]


@given(commands, commands)
def test_a_command_twice_changes_nothing_the_second_time(first: Command, second: Command) -> None:
    life = Life(ACCOUNT, KEY)
    life.when(first, id="c1")
    outcome = life.outcome(second, id="c2")

    assert life.outcome(second, id="c2").outcome == outcome.outcome
    assert life.facts(second, id="c3") == []
