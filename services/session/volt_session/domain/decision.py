"""What one message leads to: its outputs so far, and the state as it will be after them.

A visit's id is the id of the event that opened it, which the runner derives from the place of that event among the
outputs; hence one list for all of them.
"""

from datetime import datetime

import msgspec

from volt_contracts.ids import split_key
from volt_contracts.message import Event
from volt_contracts.topics import Topic
from volt_eventlog.decider import Decided, Output, Record, Tables
from volt_eventlog.message import Message, Tick
from volt_session.domain.evolve import evolve
from volt_session.domain.session import NOTHING, Ended, Open, SessionState, visit_of


class Decision:
    """The outputs of deciding on one message; lives no longer than that."""

    __slots__ = ("_cause", "outputs", "state", "tables")

    def __init__(self, state: SessionState | None, cause: Message | Tick, tables: Tables) -> None:
        self._cause = cause
        self.state = NOTHING if state is None else state
        self.tables = tables
        self.outputs: list[Output] = []

    @property
    def key(self) -> str:
        """The station's key."""
        return self._cause.key

    @property
    def tenant(self) -> str:
        """The station's tenant."""
        return split_key(self._cause.key)[0]

    @property
    def now(self) -> datetime:
        """When the message was appended, or the tick's time: the only clock there is."""
        return self._cause.at

    @property
    def next_id(self) -> str:
        """The id of the output that comes next."""
        return self._cause.output_id(len(self.outputs))

    def emit(self, event: Event) -> None:
        """Add an event and fold it."""
        self.outputs.append(event)
        after = evolve(self.state, event)
        self.state = NOTHING if after is None else after

    def send(self, topic: Topic, key: str, body: msgspec.Struct) -> str:
        """Add a command to another decider; its id."""
        command_id = self.next_id
        self.outputs.append(Record(topic, key, body))
        return command_id

    def decided(self) -> Decided:
        """The outputs, and the state as it is after them: none where nothing is left to be kept."""
        return Decided(self.outputs, None if self.state == NOTHING else self.state)

    def visit(self, session_id: str) -> Open | Ended:
        """A visit that is known to be there, as it is by now."""
        visit = visit_of(self.state, session_id)
        assert visit is not None
        return visit
