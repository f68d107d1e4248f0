"""A small decider for tests without Kafka: it counts, publishes a row, sleeps, grows on demand, and fails on demand."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from volt_contracts.eventlog import ReleaseKey
from volt_contracts.message import Actor, Command, Event, Outcome, Row
from volt_contracts.topics import RUNNER_EVENTS, Topic
from volt_eventlog.decider import Decider, Output, Record, Tables
from volt_eventlog.message import Deadline, Message, Tick

ACTOR = Actor(kind="operator", id="anna")


class Fed(Event, frozen=True, kw_only=True, tag="feeder.fed.v1"):
    """The input fact. `poison` makes the decider fail while it is not mended. The state grows by `filling` bytes, which
    the event brings, and by `swelling` bytes, which it does not."""

    amount: int = 1
    poison: bool = False
    filling: int = 0
    swelling: int = 0
    forwards: int = 0
    giant: int = 0


class Noise(Event, frozen=True, kw_only=True, tag="feeder.noise.v1"):
    """A fact of which the decider takes no notice."""


class Add(Command, frozen=True, kw_only=True, tag="tally.add.v1"):
    """The command; it gets an outcome."""

    amount: int = 1
    quiet: bool = False


class Added(Event, frozen=True, kw_only=True, tag="tally.added.v1"):
    """The effect of a fact or a command."""

    amount: int
    filling: str = ""
    swelling: int = 0


class Slept(Event, frozen=True, kw_only=True, tag="tally.slept.v1"):
    """The effect of a deadline."""

    at: datetime


class Erased(Event, frozen=True, kw_only=True, tag="tally.erased.v1"):
    """The end of a key."""


class Done(Outcome, frozen=True, kw_only=True, tag="tally.done.v1"):
    """The outcome of Add."""

    total: int


class TallyRow(Row, frozen=True, kw_only=True, tag="tally.row.v1"):
    """The public row."""

    even: bool


class Total(msgspec.Struct, frozen=True, tag="total", omit_defaults=True):
    """The state."""

    total: int = 0
    slept: int = 0
    filling: str = ""


FACTS = Topic("feeder.events", "events", "k", "feeder", "test", ("tally",), (Fed, Noise), -1)
COMMANDS = Topic("tally.commands", "commands", "k", "tally", "test", ("tally",), (Add, ReleaseKey), 7)
EVENTS = Topic("tally.events", "events", "k", "tally", "tally", (), (Added, Slept, Erased, Done, *RUNNER_EVENTS), -1)
STATE = Topic("tally.state", "state", "k", "tally", "tally", (), (), -1, compacted=True)
ROWS = Topic("tally.rows", "rows", "k", "tally", "tally", (), (TallyRow,), -1, compacted=True)
DEAD = Topic("tally.dead", "dead", "k", "tally", "tally", (), (), -1, scale="single")
OTHERS = Topic("other.commands", "commands", "k", "other", "tally", ("other",), (Add,), 7)
TOPICS = (FACTS, COMMANDS, EVENTS, STATE, ROWS, DEAD, OTHERS)

SILENCE = timedelta(minutes=10)
NEIGHBOUR = "t/neighbour"


class Poison(RuntimeError):
    """What the decider raises on poison."""


def decide(state: Total | None, message: Message | Tick, _tables: Tables) -> list[Output]:
    """Decide; a fact with `forwards` also sends commands to another decider."""
    if isinstance(message, Tick):
        return [Slept(at=message.at), Record(OTHERS, message.key, Add(amount=0, actor=ACTOR), (("x", b"y"),))]
    match message.body:
        case Fed(poison=True):
            raise Poison("the fact is poison")
        case Fed(amount=0):
            return [Erased()]
        case Fed(giant=int() as size) if size:
            return [Record(ROWS, message.key, Wide(filling="x" * size))]
        case Fed() as fed:
            sent: list[Output] = [Record(OTHERS, NEIGHBOUR, Add(amount=1, actor=ACTOR)) for _ in range(fed.forwards)]
            return [*sent, Added(amount=fed.amount, filling="x" * fed.filling, swelling=fed.swelling)]
        case Add() as add:
            total = (state.total if state else 0) + add.amount
            done = Done(command_id=message.id, outcome="accepted", total=total)
            return [done] if add.quiet else [Added(amount=add.amount), done]
    return []


def mended(state: Total | None, message: Message | Tick, tables: Tables) -> list[Output]:
    """The same without the fault."""
    if isinstance(message, Message) and isinstance(message.body, Fed) and message.body.poison:
        return [Added(amount=message.body.amount)]
    return decide(state, message, tables)


class Wide(Row, frozen=True, kw_only=True, tag="tally.row.v1"):
    """A row that no broker takes."""

    filling: str


def evolve(state: Total | None, event: Any) -> Total | None:
    """Fold one event."""
    state = state or Total()
    match event:
        case Added():
            return Total(state.total + event.amount, state.slept, state.filling + event.filling + "y" * event.swelling)
        case Slept():
            return Total(state.total, state.slept + 1, state.filling)
        case Erased():
            return None
    return state


def public(_key: str, state: Total | None) -> Mapping[Topic, msgspec.Struct | None]:
    """A row that changes less often than the state; an odd total of seven has none."""
    if state is None or state.total == 7:
        return {ROWS: None}
    return {ROWS: TallyRow(even=state.total % 2 == 0)}


def deadline(state: Total, last_input_at: datetime) -> Deadline | None:
    """Ten minutes after the last sign of life, once."""
    return None if state.slept else Deadline("silence", last_input_at + SILENCE)


TALLY = Decider(
    owner="tally",
    name="tally",
    inputs=(FACTS, COMMANDS),
    commands=COMMANDS,
    events=EVENTS,
    state=STATE,
    dead=DEAD,
    state_types=(Total,),
    state_version=1,
    decide=decide,
    evolve=evolve,
    fold_modules=(sys.modules[__name__],),
    public=public,
    deadline=deadline,
    writes=(ROWS, DEAD, OTHERS),
    ignores=frozenset({"feeder.noise.v1"}),
)
MENDED = replace(TALLY, decide=mended)
