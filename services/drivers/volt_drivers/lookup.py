"""What is known of one token or account: its latest event and its clear values, read from its own part of the log."""

from dataclasses import dataclass, field

from volt_contracts.accounts import (
    AccountClosed,
    AccountErased,
    AccountProfile,
    AccountRegistered,
    TokenJoined,
    TokenLeft,
)
from volt_contracts.drivers import TokenErased, TokenProfile, TokenRegistered
from volt_contracts.topics import DRIVERS_ACCOUNT_EVENTS, DRIVERS_PROFILES, DRIVERS_TOKEN_EVENTS
from volt_eventlog.kafka import Kafka
from volt_eventlog.one_key import latest_row, of_key


@dataclass
class Known:
    """The last that was said of a token, and its profile unless that was erased."""

    latest: TokenRegistered | TokenErased | None = None
    profile: TokenProfile | None = None


@dataclass
class KnownAccount:
    """The last that was said of an account, its tokens, and its profile unless that was erased."""

    registered: AccountRegistered | None = None
    ended: AccountClosed | AccountErased | None = None
    tokens: list[str] = field(default_factory=list)
    profile: AccountProfile | None = None

    @property
    def state(self) -> str | None:
        """In a word; None where nothing is known."""
        if self.ended is not None:
            return "closed" if isinstance(self.ended, AccountClosed) else "erased"
        if self.registered is None:
            return "not registered" if self.tokens else None
        return "registered"


async def look_up(kafka: Kafka, key: str) -> Known:
    """What the log knows of a token.

    Raises:
        KafkaError: the broker cannot be reached.
        StartError: the topics were never made.
    """
    known = Known()
    async for event in of_key(kafka, DRIVERS_TOKEN_EVENTS, key):
        if isinstance(event, TokenRegistered | TokenErased):
            known.latest = event
    known.profile = await latest_row(kafka, DRIVERS_PROFILES, key)
    return known


async def look_up_account(kafka: Kafka, key: str) -> KnownAccount:
    """What the log knows of an account. Raises as `look_up` does."""
    known = KnownAccount()
    async for event in of_key(kafka, DRIVERS_ACCOUNT_EVENTS, key):
        match event:
            case AccountRegistered():
                known.registered, known.ended = event, None
            case AccountClosed() | AccountErased():
                known.ended = event
            case TokenJoined():
                known.tokens.append(event.token_ref)
            case TokenLeft() if event.token_ref in known.tokens:
                known.tokens.remove(event.token_ref)
    known.profile = await latest_row(kafka, DRIVERS_PROFILES, key)
    return known
