"""The console's standing way into the log: it asks owners and knows the tenants' policies. It waits for the broker."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager

from volt_console.access.errors import IssuerAway
from volt_console.asking import Asks, Owner
from volt_contracts.access import ApiKeyRow
from volt_contracts.ids import entity_key
from volt_contracts.message import Command
from volt_contracts.network import TenantRow, TenantSettings
from volt_contracts.topics import (
    BY_NAME,
    DRIVERS_ACCOUNT_COMMANDS,
    DRIVERS_ACCOUNT_EVENTS,
    DRIVERS_TOKEN_COMMANDS,
    DRIVERS_TOKEN_EVENTS,
    NETWORK_API_KEYS,
    NETWORK_STATION_COMMANDS,
    NETWORK_STATION_EVENTS,
    NETWORK_TENANT_COMMANDS,
    NETWORK_TENANT_EVENTS,
    NETWORK_TENANTS,
    SESSION_COMMANDS,
    SESSION_EVENTS,
    STATION_COMMANDS,
    STATION_EVENTS,
    TOPICS,
    Topic,
)
from volt_eventlog.appender import Appender, AppendFailed
from volt_eventlog.ask import Answer, Ask
from volt_eventlog.kafka import Kafka, KafkaError
from volt_eventlog.table import Table
from volt_runtime.log import logger

AGAIN_S = 1.0

ASKED: Mapping[Owner, tuple[Topic, Topic]] = {
    "station": (STATION_COMMANDS, STATION_EVENTS),
    "session": (SESSION_COMMANDS, SESSION_EVENTS),
    "network.station": (NETWORK_STATION_COMMANDS, NETWORK_STATION_EVENTS),
    "network.tenant": (NETWORK_TENANT_COMMANDS, NETWORK_TENANT_EVENTS),
    "drivers.token": (DRIVERS_TOKEN_COMMANDS, DRIVERS_TOKEN_EVENTS),
    "drivers.account": (DRIVERS_ACCOUNT_COMMANDS, DRIVERS_ACCOUNT_EVENTS),
}
"""Who is asked often → where the commands go and the outcomes come from."""

LANES: Mapping[Owner, tuple[Topic, Topic]] = {
    lane: (commands, topic)
    for topic in TOPICS
    if topic.kind == "events" and (commands := BY_NAME.get(f"{(lane := topic.name.removesuffix('.events'))}.commands"))
}
"""Every decider that takes commands; one that is asked rarely is listened to while it is asked."""


class LogAccess:
    """Asks and tables, opened together when the broker answers."""

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self._appender: Appender | None = None
        self._open: Mapping[Owner, Ask] = {}
        self._tables: Mapping[Topic, Table] = {}
        self._log = logger("console")

    @property
    def asks(self) -> Mapping[Owner, Asks]:
        """By the owner of the command; each refuses while the broker has not been reached yet."""
        return {owner: _Late(self, owner) for owner in LANES}

    @asynccontextmanager
    async def listening(self, owner: Owner) -> AsyncIterator[Ask]:
        """The owner's Ask: the standing one, or one for as long as the block.

        Raises:
            AppendFailed: the log has not been reached yet.
            KafkaError: it cannot be reached now.
        """
        if self._appender is None:
            raise AppendFailed("the log has not been reached yet")
        standing = self._open.get(owner)
        if standing is not None:
            yield standing
            return
        ask = Ask(self._kafka, self._appender, *LANES[owner], "console")
        try:
            await ask.start()
            yield ask
        finally:
            await ask.stop()

    def not_ready(self) -> str | None:
        """Why no command can be sent yet."""
        return None if self._open else "has not reached Kafka yet"

    def policy(self, tenant: str) -> TenantSettings | None:
        """How a tenant treats what it does not know, when that is known."""
        row = self._tables[NETWORK_TENANTS].get(entity_key(tenant, tenant)) if self._tables else None
        return row.settings if isinstance(row, TenantRow) else None

    @property
    def key_rows(self) -> "ApiKeyRows":
        """The API keys of every tenant."""
        return ApiKeyRows(self)

    def table(self, topic: Topic) -> Table:
        """A public table. Raises IssuerAway while the log has not been reached."""
        if not self._tables:
            raise IssuerAway("the log has not been reached yet")
        return self._tables[topic]

    async def run(self) -> None:
        """Open, waiting for the broker; then watch until something ends for good."""
        while True:
            if await self._opened():
                break
            await asyncio.sleep(AGAIN_S)
        await asyncio.gather(*(part.watch() for part in self._parts()))

    async def stop(self) -> None:
        """Close what is open."""
        await asyncio.gather(*(part.stop() for part in self._parts()))
        if self._appender is not None:
            await self._appender.stop()

    def _parts(self) -> list[Ask | Table]:
        return [*self._open.values(), *self._tables.values()]

    async def _opened(self) -> bool:
        appender = Appender(self._kafka)
        asks: dict[Owner, Ask] = {
            owner: Ask(self._kafka, appender, commands, events, "console")
            for owner, (commands, events) in ASKED.items()
        }
        tables = {topic: Table(self._kafka, topic) for topic in (NETWORK_TENANTS, NETWORK_API_KEYS)}
        parts: list[Ask | Table] = [*tables.values(), *asks.values()]
        try:
            await appender.start()
            await asyncio.gather(*(part.start() for part in parts))
        except (KafkaError, OSError) as why:
            self._log.warning(f"Kafka is not there yet: {why}")
            stopping = [appender.stop(), *(part.stop() for part in parts)]
            await asyncio.gather(*stopping, return_exceptions=True)
            return False
        self._appender, self._open, self._tables = appender, asks, tables
        return True


class ApiKeyRows:
    """The rows of `network.api_keys`, when they are there."""

    def __init__(self, access: LogAccess) -> None:
        self._access = access

    def get(self, key: str) -> ApiKeyRow | None:
        """The row of `{tenant}/{key_id}`. Raises IssuerAway while the log has not been reached."""
        row = self._access.table(NETWORK_API_KEYS).get(key)
        return row if isinstance(row, ApiKeyRow) else None

    def keys(self) -> Iterator[str]:
        """The keys of all rows. Raises IssuerAway."""
        return self._access.table(NETWORK_API_KEYS).keys()


class _Late:
    """An Ask that may not be open yet."""

    def __init__(self, access: LogAccess, owner: Owner) -> None:
        self._access = access
        self._owner: Owner = owner

    async def send(
        self, key: str, command: Command, *, deadline_s: float = 10.0, command_id: str | None = None
    ) -> Answer:
        """Append a command and wait for its outcome. Raises AppendFailed while the log has not been reached."""
        async with self._access.listening(self._owner) as ask:
            return await ask.send(key, command, deadline_s=deadline_s, command_id=command_id)
