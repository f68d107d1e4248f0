"""A decider that counts: small enough to see at once whether an input took effect twice, once or never."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from volt_contracts import codec
from volt_contracts.eventlog import ReleaseKey
from volt_contracts.message import Actor, Command, Event, Outcome
from volt_contracts.topics import RUNNER_EVENTS, Topic
from volt_eventlog.appender import Appender
from volt_eventlog.decider import Decider, Output, Record, Tables
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Deadline, Message, Tick
from volt_eventlog.reading import read
from volt_eventlog.records import headers_of, message_of

ACTOR = Actor(kind="system", id="test")


class Fed(Event, frozen=True, kw_only=True, tag="counting.fed.v1"):
    amount: int


class Add(Command, frozen=True, kw_only=True, tag="counting.add.v1"):
    amount: int


class Added(Event, frozen=True, kw_only=True, tag="counting.added.v1"):
    amount: int
    cause: str


class Slept(Event, frozen=True, kw_only=True, tag="counting.slept.v1"):
    at: datetime


class Done(Outcome, frozen=True, kw_only=True, tag="counting.done.v1"):
    total: int


class Total(msgspec.Struct, frozen=True, tag="total"):
    total: int = 0
    inputs: int = 0
    slept: int = 0


class Row(msgspec.Struct, frozen=True, tag_field="type", tag="counting.row.v1"):
    total: int


FACTS = Topic("feeding.events", "events", "k", "feeding", "test", ("counting",), (Fed,), -1)
COMMANDS = Topic("counting.commands", "commands", "k", "counting", "test", ("counting",), (Add, ReleaseKey), -1)
EVENTS = Topic("counting.events", "events", "k", "counting", "counting", (), (Added, Slept, Done, *RUNNER_EVENTS), -1)
STATE = Topic("counting.state", "state", "k", "counting", "counting", (), (), -1, compacted=True)
ROWS = Topic("counting.rows", "rows", "k", "counting", "counting", (), (Row,), -1, compacted=True)
DEAD = Topic("counting.dead", "dead", "k", "counting", "counting", (), (), -1, scale="single")
OTHER = Topic("counting.other", "records", "k", "counting", "counting", (), (Fed,), -1)
TOPICS = (FACTS, COMMANDS, EVENTS, STATE, ROWS, DEAD, OTHER)

POISON = 666
GIANT = 777
healthy = False


def decide(state: Total | None, message: Message | Tick, tables: Tables) -> list[Output]:
    if isinstance(message, Tick):
        return [Slept(at=message.at)]
    amount = message.body.amount
    if amount == POISON and not healthy:
        raise RuntimeError("poison")
    if amount == GIANT:
        return [Record(OTHER, message.key, Giant(amount=1, filling="x" * 1_100_000))]
    out: list[Output] = [Added(amount=amount, cause=message.id)]
    if isinstance(message.body, Add):
        total = (state.total if state else 0) + amount
        out.append(Done(command_id=message.id, outcome="accepted", total=total))
    return out


class Giant(Event, frozen=True, kw_only=True, tag="counting.fed.v1"):
    amount: int
    filling: str


def evolve(state: Total | None, event: Any) -> Total:
    state = state or Total()
    match event:
        case Added():
            return Total(state.total + event.amount, state.inputs + 1, state.slept)
        case Slept():
            return Total(state.total, state.inputs, state.slept + 1)
    return state


def public(key: str, state: Total | None) -> dict[Topic, msgspec.Struct | None]:
    return {ROWS: None if state is None else Row(state.total)}


def deadline(state: Total, last_input_at: datetime) -> Deadline | None:
    return Deadline("silence", last_input_at + timedelta(hours=1)) if state.slept == 0 else None


COUNTING = Decider(
    owner="counting",
    name="counting",
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
    writes=(ROWS, DEAD, OTHER),
)


def headers(body: msgspec.Struct, id: str) -> Any:
    command_id = id if isinstance(body, Command) else None
    return headers_of(type(body), id=id, source=b"/test", subject=b"k", time=datetime.now(UTC), command_id=command_id)


async def feed(appender: Appender, topic: Topic, key: str, body: msgspec.Struct, id: str) -> None:
    await appender.know(topic)
    await appender.append(topic, key, codec.encode(body), headers(body, id))


async def everything(kafka: Kafka, topic: Topic) -> list[Message]:
    return [message_of(topic, record) async for _, records in read(kafka, [kafka.name(topic)]) for record in records]
