"""Sends checked tokens to the decider, many at a time, and counts the answers."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from volt_contracts.drivers import RegisterToken
from volt_contracts.ids import entity_key
from volt_contracts.message import Actor, Command
from volt_contracts.refs import token_ref
from volt_drivers.tokens_csv import Fault, NoTokens, TokenRow
from volt_eventlog.appender import AppendFailed
from volt_eventlog.ask import Answer, NoOutcome
from volt_eventlog.tracing import new_traceparent

IN_FLIGHT = 1_000
DEADLINE_S = 60.0
MOST_REFUSALS = 50


class Asker(Protocol):
    """What is needed of an Ask."""

    async def send(self, key: str, command: Command, *, deadline_s: float, traceparent: bytes | None = None) -> Answer:
        """Publish a command and await its outcome."""


@dataclass(frozen=True)
class Owner:
    """Whose tokens they are, who says so, and below which secret their references are made."""

    tenant: str
    issuer: str
    secret: str
    actor: Actor

    def key(self, uid: str) -> str:
        """The record key of a token."""
        return entity_key(self.tenant, token_ref(self.secret, self.tenant, uid))

    def command(self, row: TokenRow) -> RegisterToken:
        """The command that makes the row's token known."""
        return RegisterToken(
            value=row.uid,
            token_type=row.token_type,
            status=row.status,
            valid_until=row.valid_until,
            group=row.group,
            group_ref=None if row.group is None else token_ref(self.secret, self.tenant, row.group),
            issuer=self.issuer,
            actor=self.actor,
        )


@dataclass
class Tally:
    """What became of the tokens. `refusals` are the first, with the line they stand in; `stopped` says why it ended."""

    sent: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    refusals: list[Fault] = field(default_factory=list)
    stopped: str | None = None

    @property
    def complete(self) -> bool:
        """Whether every token was accepted."""
        return self.stopped is None and self.outcomes["accepted"] == self.sent


async def send(
    ask: Asker,
    owner: Owner,
    rows: Iterable[TokenRow | Fault],
    done: Callable[[int], object],
    *,
    in_flight: int = IN_FLIGHT,
    deadline_s: float = DEADLINE_S,
) -> Tally:
    """Register every row's token, at most `in_flight` unanswered at a time; `done(1)` after each answer.

    Ends early when an answer stays out, for then nobody is there to answer the rest, and when a row is faulty, for then
    the file is not the one that was checked. Sending a file again is safe.
    """
    tally = Tally()
    slots = asyncio.Semaphore(in_flight)
    untraced = new_traceparent(False)

    async def register(row: TokenRow) -> None:
        try:
            command = owner.command(row)
            answer = await ask.send(owner.key(row.uid), command, deadline_s=deadline_s, traceparent=untraced)
        except NoOutcome as why:
            tally.stopped = tally.stopped or f"{why} (does the drivers service run?)"
        except AppendFailed as why:
            tally.stopped = tally.stopped or str(why)
        else:
            _count(tally, row, answer)
            done(1)
        finally:
            slots.release()

    async with asyncio.TaskGroup() as group:
        try:
            for row in _sound(rows):
                await slots.acquire()
                if tally.stopped is not None:
                    break
                tally.sent += 1
                group.create_task(register(row))
        except NoTokens as why:
            tally.stopped = f"the file has changed since it was checked: {why}"
    return tally


def _sound(rows: Iterable[TokenRow | Fault]) -> Iterator[TokenRow]:
    for row in rows:
        if isinstance(row, Fault):
            raise NoTokens(f"line {row.line}: {row.sentence}")
        yield row


def _count(tally: Tally, row: TokenRow, answer: Answer) -> None:
    outcome = answer.outcome
    tally.outcomes[outcome.outcome] += 1
    if outcome.outcome != "accepted" and len(tally.refusals) < MOST_REFUSALS:
        tally.refusals.append(Fault(row.line, outcome.sentence or outcome.outcome))
