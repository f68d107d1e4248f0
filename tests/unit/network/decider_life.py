"""A decider's key lived in memory: commands go in, outputs come out, events are folded as the runner would."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from volt_contracts import codec
from volt_contracts.envelope import Envelope
from volt_contracts.message import Command, Event, Outcome
from volt_contracts.topics import Topic
from volt_eventlog.decider import Decider, Output
from volt_eventlog.fold import Kept, SnapshotCodec
from volt_eventlog.message import Message
from volt_testkit.deciding import outputs_of

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Rows:
    """Public rows as a table: what a decider may look up."""

    rows: Mapping[tuple[str, str], msgspec.Struct] = field(default_factory=dict)

    def get(self, topic: Topic, key: str) -> Any | None:
        """The row, or None."""
        return self.rows.get((topic.name, key))


@dataclass
class Life:
    """One key of a decider. Every event goes through its JSON, as it would through the log."""

    decider: Decider
    key: str
    tables: Rows = field(default_factory=Rows)
    state: Any = None
    events: list[Event] = field(default_factory=list)
    now: datetime = START
    commands: int = 0

    def given(self, *events: Event) -> "Life":
        """These events have happened."""
        for event in events:
            self._fold(event)
        return self

    def when(self, command: Command, *, id: str | None = None) -> list[Output]:
        """The command is decided on a minute later; its outputs."""
        assert self.decider.commands is not None
        self.now += timedelta(minutes=1)
        self.commands += 1
        command_id = id or f"command-{self.commands}"
        envelope = Envelope(
            id=command_id, type=codec.type_name(type(command)), source="test", subject=self.key, time=self.now
        )
        body = _through_json(self.decider.commands, command)
        message = Message(self.decider.commands, self.key, body, envelope, 0, self.commands, self.now)
        outputs = outputs_of(self.decider, self.state, message, self.tables)
        for output in outputs:
            if isinstance(output, Event):
                self._fold(output)
        return outputs

    def outcome(self, command: Command, *, id: str | None = None) -> Outcome:
        """The one outcome of the command; it is the last output."""
        outputs = self.when(command, id=id)
        outcomes = [output for output in outputs if isinstance(output, Outcome)]
        assert len(outcomes) == 1
        assert outputs[-1] is outcomes[0]
        return outcomes[0]

    def facts(self, command: Command, *, id: str | None = None) -> list[Event]:
        """The events of the command beside its outcome."""
        outputs = self.when(command, id=id)
        return [output for output in outputs if isinstance(output, Event) and not isinstance(output, Outcome)]

    def replayed(self, events: list[Event] | None = None) -> Any:
        """The state folded from the events alone."""
        state = None
        for event in self.events if events is None else events:
            state = self.decider.evolve(state, event)
        return state

    def restored(self) -> Any:
        """The state after a snapshot was written and read."""
        snapshots = SnapshotCodec(self.decider)
        value = snapshots.encode(Kept(self.state))
        return None if value is None else snapshots.decode(value).state

    def public(self) -> dict[str, msgspec.Struct | None]:
        """Topic name → the row published for the present state, as its reader decodes it."""
        return {
            topic.name: None if row is None else _through_json(topic, row)
            for topic, row in self.decider.public(self.key, self.state).items()
        }

    def _fold(self, event: Event) -> None:
        event = _through_json(self.decider.events, event)
        self.events.append(event)
        self.state = self.decider.evolve(self.state, event)


def _through_json(topic: Topic, message: msgspec.Struct) -> Any:
    return codec.decode(topic, codec.type_name(type(message)), codec.encode(message))
