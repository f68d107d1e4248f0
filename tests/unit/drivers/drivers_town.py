"""Tokens and accounts lived together in memory: what they tell each other arrives in any order that Kafka allows."""

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from unit.network.decider_life import Life

from volt_contracts.message import Command, Outcome
from volt_contracts.topics import DRIVERS_ACCOUNT_COMMANDS, DRIVERS_PROFILES, DRIVERS_TOKEN_COMMANDS, Topic
from volt_drivers.decider import ACCOUNT, TOKEN
from volt_eventlog.decider import Record

OWNERS = {DRIVERS_TOKEN_COMMANDS: TOKEN, DRIVERS_ACCOUNT_COMMANDS: ACCOUNT}


@dataclass
class Town:
    """Every key has its inbox, in order; whose turn it is, the dice say."""

    dice: random.Random = field(default_factory=lambda: random.Random(1))
    lives: dict[tuple[Topic, str], Life] = field(default_factory=dict)
    waiting: dict[tuple[Topic, str], deque[Command]] = field(default_factory=dict)
    profiles: dict[str, Any] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    sent: int = 0

    def send(self, topic: Topic, key: str, command: Command) -> None:
        """Put a command into the inbox of its key."""
        self.waiting.setdefault((topic, key), deque()).append(command)
        self.sent += 1

    def turn(self) -> bool:
        """Some key decides on its next command. False when there is none left."""
        busy = [place for place, commands in self.waiting.items() if commands]
        if not busy:
            return False
        topic, key = self.dice.choice(busy)
        life = self.lives.setdefault((topic, key), Life(OWNERS[topic], key))
        command = self.waiting[topic, key].popleft()
        for output in life.when(command, id=f"c{len(self.outcomes)}"):
            self._take(output)
        return True

    def settle(self) -> None:
        """Until nobody has anything to say any more."""
        while self.turn():
            pass

    def state(self, topic: Topic, key: str) -> Any:
        """What became of a key."""
        life = self.lives.get((topic, key))
        return None if life is None else life.state

    def _take(self, output: Any) -> None:
        if isinstance(output, Outcome):
            self.outcomes.append(output)
        elif isinstance(output, Record) and output.topic is DRIVERS_PROFILES:
            self.profiles[output.key] = output.body
        elif isinstance(output, Record):
            assert isinstance(output.body, Command)
            self.send(output.topic, output.key, output.body)
