"""The three kinds of record value: events, commands and rows. Each concrete type is tagged `owner.fact.vN`."""

from datetime import datetime
from typing import Literal

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """A fact. Never rewritten; corrections are further events."""


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """A request to the owner of a commands topic; it gets exactly one outcome. Its id is in the envelope."""

    actor: "Actor"
    not_after: datetime | None = None
    """The command is `expired` when it could not be carried out before this time."""


class Row(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """A value of a public compacted topic, or a private record for one reader."""


class Actor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who wants it, and why."""

    kind: Literal["operator", "api_key", "driver", "partner", "rule", "system"]
    id: str
    reason: str | None = None

    @property
    def text(self) -> str:
        """As events name who did it: `kind:id`."""
        return f"{self.kind}:{self.id}"


OutcomeWord = Literal["accepted", "rejected", "not_supported", "expired", "unknown"]
"""`expired`: never sent. `unknown`: sent, no answer came; it may have acted."""


class Outcome(Event, frozen=True, kw_only=True):
    """The one outcome of a command. The runner copies `command_id` into the record's header, where Ask looks for it."""

    command_id: str
    outcome: OutcomeWord
    sentence: str | None = None
    """The reason in plain words, when it is not `accepted`."""
    actor: str | None = None
    """Who asked: `kind:id`; null in outcomes from before this was told."""
