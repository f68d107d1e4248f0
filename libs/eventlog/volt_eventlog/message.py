"""What a decider or a view is handed: a record that was read, or a deadline that has come."""

from datetime import datetime
from typing import Any

import msgspec

from volt_contracts.envelope import Envelope
from volt_contracts.ids import derive, split_key
from volt_contracts.topics import Topic


class Position(msgspec.Struct, frozen=True):
    """Where a record lies. A hint for finding it again; imports and mirrors change it."""

    topic: str
    partition: int
    offset: int


class Message(msgspec.Struct, frozen=True):
    """A record, decoded. `at` is the time at which the broker appended it.

    `lane` is `{owner}.{decider}` of the decider that reads it: it is part of the ids of its outputs.
    """

    topic: Topic
    key: str
    body: Any
    envelope: Envelope
    partition: int
    offset: int
    at: datetime
    lane: str = ""

    @property
    def id(self) -> str:
        """The record's own id; for a command, the command id."""
        return self.envelope.id

    @property
    def tenant(self) -> str:
        """The tenant that the record belongs to."""
        return split_key(self.key)[0]

    @property
    def entity(self) -> str:
        """The entity uid within the tenant."""
        return split_key(self.key)[1]

    def output_id(self, index: int) -> str:
        """The id that output number `index` of deciding on this message will bear (outcomes have their command's)."""
        return derive(self.envelope.id, f"{self.lane}/{index}")


class Deadline(msgspec.Struct, frozen=True):
    """When a key wants to be woken, and the name under which."""

    name: str
    at: datetime


class Tick(msgspec.Struct, frozen=True):
    """A deadline that has come. `at` is the runner's time: never earlier than the deadline, never running backwards."""

    key: str
    name: str
    deadline: datetime
    at: datetime
    lane: str = ""

    @property
    def tenant(self) -> str:
        """The tenant that the key belongs to."""
        return split_key(self.key)[0]

    @property
    def entity(self) -> str:
        """The entity uid within the tenant."""
        return split_key(self.key)[1]

    @property
    def cause(self) -> str:
        """What stands for the cause's id in the ids of a tick's outputs."""
        return f"{self.lane}/{self.name}@{self.deadline.isoformat()}/{self.at.isoformat()}"

    def output_id(self, index: int) -> str:
        """The id that the output number `index` of deciding on this tick will bear."""
        return derive(self.key, f"{self.cause}/{index}")
