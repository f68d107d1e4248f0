"""API keys without a log: rows in memory, and an owner that lives by the real decider's rules."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from volt_contracts.access import ApiKeyRow, CreateApiKey, RevokeApiKey
from volt_contracts.message import Command
from volt_contracts.network import NetworkCommandFinished
from volt_eventlog.answers import Refused, finished
from volt_eventlog.ask import Answer
from volt_eventlog.message import Position
from volt_network.domain import api_key


@dataclass
class FakeKeyRows:
    """In place of the table of `network.api_keys`."""

    rows: dict[str, ApiKeyRow] = field(default_factory=dict)

    def get(self, key: str) -> ApiKeyRow | None:
        """The row, or None."""
        return self.rows.get(key)

    def keys(self) -> Iterator[str]:
        """Of all tenants."""
        return iter(self.rows)


@dataclass
class KeyOwner:
    """Stands where `network.api_key` would, and shows its rows at once."""

    shown: FakeKeyRows
    states: dict[str, api_key.ApiKey | None] = field(default_factory=dict)
    asked: list[tuple[str, Command, str]] = field(default_factory=list)
    said: dict[str, NetworkCommandFinished] = field(default_factory=dict)

    async def send(
        self, key: str, command: Command, *, deadline_s: float = 4.0, command_id: str | None = None
    ) -> Answer:
        """Decide at once; a command that comes again gets the same outcome."""
        assert command_id is not None
        self.asked.append((key, command, command_id))
        outcome = self.said.get(command_id) or self._decided(key, command, command_id)
        self.said[command_id] = outcome
        return Answer(outcome, Position("network.api_key.events", 0, 7), command_id)

    def _decided(self, key: str, command: Command, command_id: str) -> NetworkCommandFinished:
        at, state = datetime.now(UTC), self.states.get(key)
        if isinstance(command, CreateApiKey):
            facts = api_key.create(state, command, key.partition("/")[2], at)
        else:
            assert isinstance(command, RevokeApiKey)
            facts = api_key.revoke(state, command, at)
        if isinstance(facts, Refused):
            return finished(NetworkCommandFinished, command_id, command, facts, at)
        for fact in facts:
            state = self.states[key] = api_key.evolve(state, fact)
        row = api_key.row(state)
        if row is not None:
            self.shown.rows[key] = row
        return finished(NetworkCommandFinished, command_id, command, None, at)
