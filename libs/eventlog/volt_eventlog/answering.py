"""The `decide` of a decider that answers commands by a table: message type → function, the command's outcome last."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from volt_contracts.message import Command, Outcome
from volt_eventlog.answers import Answers, Finished, Refused, again, expired, finished
from volt_eventlog.decider import Output, Tables
from volt_eventlog.message import Message, Tick

Handler = Callable[[Any, Message, Tables], Sequence[Output] | Refused]
Inbox = Mapping[type[Command], Handler]


class State(Protocol):
    """What every state remembers."""

    @property
    def answers(self) -> Answers:
        """The outcomes of its latest commands."""


def answering(
    inbox: Inbox, kind: Finished[Outcome], later: frozenset[type[Command]] = frozenset()
) -> Callable[[Any, Message | Tick, Tables], Sequence[Output]]:
    """A repeated command is given its answer again, one that came too late expires; the others go to their handler.

    `later`: commands whose outcome comes with another message, unless they are refused at once.
    """

    def decide(state: State | None, message: Message | Tick, tables: Tables) -> Sequence[Output]:
        handler = None if isinstance(message, Tick) else inbox.get(type(message.body))
        if isinstance(message, Tick) or handler is None:
            return ()
        command = message.body
        said_before = None if state is None else again(kind, state.answers, message.id, command)
        if said_before is not None:
            return (said_before,)
        if command.not_after is not None and message.at > command.not_after:
            return (expired(kind, message.id, command, command.not_after, message.at),)
        result = handler(state, message, tables)
        if isinstance(result, Refused):
            return (*result.told, finished(kind, message.id, command, result, message.at))
        if type(command) in later:
            return result
        return (*result, finished(kind, message.id, command, None, message.at))

    return decide
