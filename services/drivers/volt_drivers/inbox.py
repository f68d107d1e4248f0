"""What the decider of tokens answers: message type → function."""

from collections.abc import Sequence

from volt_contracts.drivers import EraseToken, RegisterToken
from volt_contracts.topics import DRIVERS_PROFILES
from volt_drivers.domain import token
from volt_eventlog.answering import Inbox
from volt_eventlog.answers import Refused
from volt_eventlog.decider import Output, Record, Tables
from volt_eventlog.message import Message


def register(state: token.Token | None, message: Message, _tables: Tables) -> Sequence[Output] | Refused:
    """RegisterToken → TokenRegistered, and the clear value beside it in `drivers.profiles`."""
    events = token.register(state, message.body, message.entity, message.at)
    if isinstance(events, Refused) or not events:
        return events
    return (*events, Record(DRIVERS_PROFILES, message.key, token.profile(message.body, message.entity)))


def erase(state: token.Token | None, message: Message, _tables: Tables) -> Sequence[Output] | Refused:
    """EraseToken → TokenErased, and the tombstone of the clear value."""
    events = token.erase(state, message.body, message.entity, message.at)
    if isinstance(events, Refused) or not events:
        return events
    return (*events, Record(DRIVERS_PROFILES, message.key, None))


TOKEN_INBOX: Inbox = {RegisterToken: register, EraseToken: erase}
