"""What the deciders of tokens and accounts answer: message type → function."""

from collections.abc import Iterable, Sequence

from volt_contracts.accounts import CloseAccount, EraseAccount, NoteToken, RegisterAccount
from volt_contracts.drivers import BlockToken, DriversCommandFinished, EraseToken, RegisterToken, TombstoneRenewed
from volt_contracts.ids import entity_key
from volt_contracts.message import Command, Event
from volt_contracts.topics import DRIVERS_ACCOUNT_COMMANDS, DRIVERS_PROFILES, DRIVERS_TOKEN_COMMANDS
from volt_drivers.domain import account, token
from volt_eventlog.answering import Inbox, answering
from volt_eventlog.answers import Refused
from volt_eventlog.decider import Output, Record, Tables
from volt_eventlog.message import Message, Tick

Outputs = Sequence[Output]


def register(state: token.Token | None, message: Message, _tables: Tables) -> Outputs | Refused:
    """RegisterToken → TokenRegistered, its clear value to `drivers.profiles`, and word to the accounts concerned."""
    events = token.register(state, message.body, message.entity, message.at)
    if isinstance(events, Refused) or not events:
        return events
    row = Record(DRIVERS_PROFILES, message.key, token.profile(message.body, message.entity))
    return (*events, row, *_notes(token.account_of(state), message.body.account_uid, message))


def block(state: token.Token | None, message: Message, _tables: Tables) -> Outputs | Refused:
    """BlockToken → TokenRegistered, blocked."""
    return token.block(state, message.body, message.entity, message.at)


def erase(state: token.Token | None, message: Message, _tables: Tables) -> Outputs | Refused:
    """EraseToken → TokenErased, the tombstone of its clear value, and word to its account."""
    events = token.erase(state, message.body, message.entity, message.at)
    if isinstance(events, Refused) or not events:
        return events
    return (*events, Record(DRIVERS_PROFILES, message.key, None), *_notes(token.account_of(state), None, message))


def register_account(state: account.Account | None, message: Message, _tables: Tables) -> Outputs | Refused:
    """RegisterAccount → AccountRegistered, and its clear values to `drivers.profiles`."""
    events = account.register(state, message.body, message.entity, message.at)
    if isinstance(events, Refused) or not events:
        return events
    return (*events, Record(DRIVERS_PROFILES, message.key, account.profile(message.body, message.entity)))


def close_account(state: account.Account | None, message: Message, _tables: Tables) -> Outputs | Refused:
    """CloseAccount → AccountClosed, and BlockToken to each of its tokens."""
    events = account.close(state, message.body, message.entity, message.at)
    if isinstance(events, Refused) or not events or state is None:
        return events
    return (*events, *_told(message, state.tokens, BlockToken(actor=message.body.actor, account_uid=message.entity)))


def erase_account(state: account.Account | None, message: Message, _tables: Tables) -> Outputs | Refused:
    """EraseAccount → AccountErased, its tombstone, and EraseToken to each token; asked again, to those still left."""
    events = account.erase(state, message.body, message.entity, message.at)
    if isinstance(events, Refused) or state is None:
        return events
    rows = [Record(DRIVERS_PROFILES, message.key, None)] if events else []
    command = EraseToken(actor=message.body.actor, account_uid=message.entity)
    return (*events, *rows, *_told(message, state.tokens, command))


def note_token(state: account.Account | None, message: Message, _tables: Tables) -> Outputs | Refused:
    """NoteToken → TokenJoined or TokenLeft; one that joins a closed or an erased account shares its fate."""
    noted: NoteToken = message.body
    key = message.entity, noted.actor.text
    events = account.note(state, noted.token_ref, noted.joined, key, message.at)
    if isinstance(events, Refused) or not noted.joined:
        return events
    told: Command | None = None
    if isinstance(state, account.Erased):
        told = EraseToken(actor=noted.actor, account_uid=message.entity)
    elif isinstance(state, account.Known) and state.closed:
        told = BlockToken(actor=noted.actor, account_uid=message.entity)
    return events if told is None else (*events, *_told(message, (noted.token_ref,), told))


TOKEN_INBOX: Inbox = {RegisterToken: register, BlockToken: block, EraseToken: erase}
ACCOUNT_INBOX: Inbox = {
    RegisterAccount: register_account,
    CloseAccount: close_account,
    EraseAccount: erase_account,
    NoteToken: note_token,
}

_answer_token = answering(TOKEN_INBOX, DriversCommandFinished)
_answer_account = answering(ACCOUNT_INBOX, DriversCommandFinished)


def decide_token(state: token.Token | None, message: Message | Tick, tables: Tables) -> Outputs:
    """The outputs of a command about a token, its outcome last, or of its one deadline."""
    if isinstance(message, Tick):
        return _renewed(message) if isinstance(state, token.Erased) and not state.renewed else ()
    return _answer_token(state, message, tables)


def decide_account(state: account.Account | None, message: Message | Tick, tables: Tables) -> Outputs:
    """The outputs of a command about an account, its outcome last, or of its one deadline."""
    if isinstance(message, Tick):
        return _renewed(message) if isinstance(state, account.Erased) and not state.renewed else ()
    return _answer_account(state, message, tables)


def _renewed(tick: Tick) -> tuple[Event | Record, ...]:
    return TombstoneRenewed(deadline=tick.name, at=tick.at), Record(DRIVERS_PROFILES, tick.key, None)


def _notes(before: str | None, now: str | None, message: Message) -> list[Record]:
    """Word to the account that a token leaves, and to the one that it joins."""
    if before == now:
        return []
    changes = [(uid, joined) for uid, joined in ((before, False), (now, True)) if uid is not None]
    actor, ref = message.body.actor, message.entity
    return [
        Record(
            DRIVERS_ACCOUNT_COMMANDS,
            entity_key(message.tenant, uid),
            NoteToken(actor=actor, token_ref=ref, joined=joined),
        )
        for uid, joined in changes
    ]


def _told(message: Message, token_refs: Iterable[str], command: Command) -> list[Record]:
    """The same command to each of these tokens."""
    return [Record(DRIVERS_TOKEN_COMMANDS, entity_key(message.tenant, ref), command) for ref in token_refs]
