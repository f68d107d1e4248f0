"""What the decider of tokens answers: message type → function, and the outcome that every command gets."""

from collections.abc import Callable, Mapping, Sequence

from volt_contracts.drivers import EraseToken, RegisterToken
from volt_contracts.message import Command
from volt_contracts.topics import DRIVERS_PROFILES
from volt_drivers.domain import token
from volt_drivers.domain.answers import Refused, again, expired, finished
from volt_eventlog.decider import Output, Record, Tables
from volt_eventlog.message import Message, Tick

Handler = Callable[[token.Token | None, Message], Sequence[Output] | Refused]


def register(state: token.Token | None, message: Message) -> Sequence[Output] | Refused:
    """RegisterToken → TokenRegistered, and the clear value beside it in `drivers.profiles`."""
    events = token.register(state, message.body, message.entity, message.at)
    if isinstance(events, Refused) or not events:
        return events
    return (*events, Record(DRIVERS_PROFILES, message.key, token.profile(message.body, message.entity)))


def erase(state: token.Token | None, message: Message) -> Sequence[Output] | Refused:
    """EraseToken → TokenErased, and the tombstone of the clear value."""
    events = token.erase(state, message.body, message.entity, message.at)
    if isinstance(events, Refused) or not events:
        return events
    return (*events, Record(DRIVERS_PROFILES, message.key, None))


TOKEN_INBOX: Mapping[type[Command], Handler] = {
    RegisterToken: register,
    EraseToken: erase,
}


def decide(state: token.Token | None, message: Message | Tick, _tables: Tables) -> Sequence[Output]:
    """The outputs of a command about a token, its outcome last."""
    handler = None if isinstance(message, Tick) else TOKEN_INBOX.get(type(message.body))
    if isinstance(message, Tick) or handler is None:
        return ()
    command = message.body
    said_before = None if state is None else again(state.answers, message.id, command)
    if said_before is not None:
        return (said_before,)
    if command.not_after is not None and message.at > command.not_after:
        return (expired(message.id, command, command.not_after, message.at),)
    result = handler(state, message)
    if isinstance(result, Refused):
        return (finished(message.id, command, result, message.at),)
    return (*result, finished(message.id, command, None, message.at))
