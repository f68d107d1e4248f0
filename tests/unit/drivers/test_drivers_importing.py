"""Sending many tokens: each once, never more unanswered than allowed, refusals with their lines."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

from volt_contracts.drivers import DriversCommandFinished, RegisterToken
from volt_contracts.message import Actor, Command, OutcomeWord
from volt_contracts.refs import token_ref
from volt_drivers.importing import Owner, send
from volt_drivers.tokens_csv import Fault, NoTokens, TokenRow
from volt_eventlog.ask import Answer, NoOutcome
from volt_eventlog.message import Position

OWNER = Owner(tenant="demo", issuer="demo", secret="secret", actor=Actor(kind="operator", id="cli"))


def token(line: int) -> TokenRow:
    return TokenRow(
        line=line, uid=f"TAG{line:04}", token_type="rfid", status="accepted", valid_until=None, group="FLEET7"
    )


class Decider:
    """Answers after a turn of the loop; refuses some values, and is deaf from a number of commands on."""

    def __init__(self, refuses: frozenset[str] = frozenset(), deaf_after: int = 1_000_000) -> None:
        self.refuses = refuses
        self.deaf_after = deaf_after
        self.got: list[tuple[str, RegisterToken]] = []
        self.waiting = 0
        self.most_waiting = 0

    async def send(self, key: str, command: Command, *, deadline_s: float, traceparent: bytes | None = None) -> Answer:
        assert isinstance(command, RegisterToken)
        self.got.append((key, command))
        number = len(self.got)
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        await asyncio.sleep(0)
        self.waiting -= 1
        if number > self.deaf_after:
            raise NoOutcome(f"c{number}", deadline_s)
        word: OutcomeWord = "rejected" if command.value in self.refuses else "accepted"
        outcome = DriversCommandFinished(
            command_id=f"c{number}", command="drivers.register_token.v1", outcome=word,
            sentence="no" if word == "rejected" else None, at=datetime(2026, 3, 1, tzinfo=UTC),
        )  # fmt: skip
        return Answer(outcome, Position("drivers.token.events", 0, number), f"c{number}")


async def test_every_token_is_sent_once_under_its_reference() -> None:
    decider, done = Decider(), list[int]()

    tally = await send(decider, OWNER, [token(2), token(3)], done.append)

    assert [key for key, _ in decider.got] == [
        f"demo/{token_ref('secret', 'demo', uid)}" for uid in ("TAG0002", "TAG0003")
    ]
    command = decider.got[0][1]
    assert (command.value, command.group, command.group_ref) == (
        "TAG0002", "FLEET7", token_ref("secret", "demo", "fleet 7"),
    )  # fmt: skip
    assert (tally.sent, tally.outcomes, tally.complete, sum(done)) == (2, {"accepted": 2}, True, 2)


async def test_no_more_are_unanswered_than_allowed() -> None:
    decider = Decider()

    tally = await send(decider, OWNER, (token(line) for line in range(500)), lambda _: None, in_flight=7)

    assert decider.most_waiting == 7
    assert tally.complete
    assert tally.sent == 500


async def test_refusals_have_their_line() -> None:
    tally = await send(Decider(frozenset({"TAG0003"})), OWNER, [token(2), token(3)], lambda _: None)

    assert tally.refusals == [Fault(3, "no")]
    assert not tally.complete
    assert tally.stopped is None


async def test_it_ends_when_nobody_answers() -> None:
    decider = Decider(deaf_after=20)

    tally = await send(decider, OWNER, (token(line) for line in range(5000)), lambda _: None, in_flight=10)

    assert tally.outcomes == {"accepted": 20}
    assert len(decider.got) < 50
    assert "no outcome" in (tally.stopped or "")
    assert not tally.complete


async def test_a_file_that_changed_meanwhile_ends_it() -> None:
    def faulty() -> Iterator[TokenRow | Fault]:
        yield token(2)
        yield Fault(3, "it has no uid")
        yield token(4)

    def torn() -> Iterator[TokenRow | Fault]:
        yield token(2)
        raise NoTokens("line 3 is no UTF-8 text")

    for rows in (faulty(), torn()):
        tally = await send(Decider(), OWNER, rows, lambda _: None)
        assert tally.outcomes == {"accepted": 1}
        assert "changed since it was checked: line 3" in (tally.stopped or "")
