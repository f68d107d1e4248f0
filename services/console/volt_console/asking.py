"""Sends commands and awaits their outcomes; the same idempotency key gives the same command and the same outcome."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from pydantic import BaseModel

from volt_console.queries import commands
from volt_console.queries.commands import CommandState
from volt_console.queries.database import Database
from volt_contracts import codec
from volt_contracts.ids import derive, entity_key
from volt_contracts.message import Command
from volt_eventlog.ask import Answer, NoOutcome
from volt_eventlog.message import Position

Owner = str
"""The lane of a decider: `station`, `session`, `network.station`, …"""

REMEMBERED = 10_000
"""How many commands this process remembers to have sent, for whoever asks before their outcome is there."""


class Asks(Protocol):
    """What `volt_eventlog.ask.Ask` does."""

    async def send(
        self, key: str, command: Command, *, deadline_s: float = ..., command_id: str | None = ...
    ) -> Answer:
        """Append a command and wait for its outcome."""


class CommandResult(BaseModel):
    """A command and, when there is one, its outcome. `status` is the station's own word."""

    command_id: str
    outcome: str | None = None
    status: str | None = None
    sentence: str | None = None
    results: list[dict[str, str]] = []
    position: str | None = None
    """Where the outcome lies: give it as `min_position` to read what it changed."""


class KeyReused(Exception):
    """An idempotency key came again with another request."""


@dataclass(frozen=True)
class Sent:
    """A command that this process sent, and what the request said that it was made for."""

    said: bytes
    command: Command


class Commander:
    """Sends the commands of every tenant, and keeps them apart."""

    def __init__(self, asks: Mapping[Owner, Asks], database: Database, within_s: float) -> None:
        self._asks = asks
        self._database = database
        self._within_s = within_s
        self._sent: OrderedDict[tuple[str, str], Sent] = OrderedDict()
        self._flying: dict[str, asyncio.Task[CommandResult]] = {}

    async def send(
        self,
        tenant: str,
        owner: Owner,
        entity: str,
        command: Command,
        key: str | None = None,
        asked: bytes | None = None,
    ) -> CommandResult:
        """Send a command to an entity's owner and wait for its outcome; without one in time `outcome` is None.

        `asked` is what the request said, where the command also holds what was known of the entity at that time: the
        same request later would make another one of it. With a `key` that came before, the first one counts.

        Raises:
            KeyReused: `key` came before with another request.
            AppendFailed, KafkaError: the log did not take it.
        """
        command_id = str(uuid4()) if key is None else derive(tenant, key)
        said = owner.encode() + entity.encode() + (codec.encode(command) if asked is None else asked)
        sent = self._sent.setdefault((tenant, command_id), Sent(said, command))
        if sent.said != said:
            raise KeyReused(f"the idempotency key `{key}` was used for another command")
        known = None if key is None else await self._outcome(tenant, command_id)
        return known or await self._fly(owner, entity_key(tenant, entity), sent.command, command_id)

    async def repeated(
        self, tenant: str, owner: Owner, entity: str, key: str | None, asked: bytes
    ) -> CommandResult | None:
        """The answer to a request that came before; None: it came for the first time, as far as is known here.

        Asked before anything is looked at that may have changed since. Raises what `send` does.
        """
        if key is None:
            return None
        command_id = derive(tenant, key)
        sent = self._sent.get((tenant, command_id))
        if sent is None:
            return await self._outcome(tenant, command_id)
        return await self.send(tenant, owner, entity, sent.command, key, asked)

    def was_sent(self, tenant: str, command_id: str) -> bool:
        """Whether this process sent such a command of the tenant, lately."""
        return (tenant, command_id) in self._sent

    async def _outcome(self, tenant: str, command_id: str) -> CommandResult | None:
        record = await commands.command(self._database, tenant, command_id)
        return None if record is None or record.outcome is None else result_of(record)

    async def _fly(self, owner: Owner, key: str, command: Command, command_id: str) -> CommandResult:
        """A repeated request joins the first one; whoever goes away does not end it for the others."""
        flight = self._flying.get(command_id)
        if flight is None:
            flight = asyncio.create_task(self._ask(owner, key, command, command_id), name="command")
            self._flying[command_id] = flight
            flight.add_done_callback(lambda _: self._landed(command_id))
        return await asyncio.shield(flight)

    def _landed(self, command_id: str) -> None:
        flight = self._flying.pop(command_id)
        if not flight.cancelled():
            flight.exception()
        while len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)

    async def _ask(self, owner: Owner, key: str, command: Command, command_id: str) -> CommandResult:
        try:
            answer = await self._asks[owner].send(key, command, deadline_s=self._within_s, command_id=command_id)
        except NoOutcome:
            sentence = "There is no outcome yet; it will follow."
            return CommandResult(command_id=command_id, sentence=sentence)
        outcome = answer.outcome
        return CommandResult(
            command_id=command_id,
            outcome=outcome.outcome,
            status=getattr(outcome, "status", None),
            sentence=outcome.sentence,
            results=list(getattr(outcome, "results", ())),
            position=place(answer.position),
        )


def result_of(record: CommandState) -> CommandResult:
    """The outcome that the views have of a command."""
    return CommandResult(
        command_id=record.command_id,
        outcome=record.outcome,
        status=record.status,
        sentence=record.sentence,
        results=record.results,
        position=record.position,
    )


def place(position: Position) -> str:
    """A position as `min_position` takes it."""
    return f"{position.topic}:{position.partition}:{position.offset}"
