"""Commands from outside the service: an Ask of one of its deciders for as long as somebody needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from volt_contracts.topics import (
    NETWORK_API_KEY_COMMANDS,
    NETWORK_API_KEY_EVENTS,
    NETWORK_IDENTITY_COMMANDS,
    NETWORK_IDENTITY_EVENTS,
    NETWORK_LOCATION_COMMANDS,
    NETWORK_LOCATION_EVENTS,
    NETWORK_ORGANISATION_COMMANDS,
    NETWORK_ORGANISATION_EVENTS,
    NETWORK_ROUTE_COMMANDS,
    NETWORK_ROUTE_EVENTS,
    NETWORK_STATION_COMMANDS,
    NETWORK_STATION_EVENTS,
    NETWORK_TENANT_COMMANDS,
    NETWORK_TENANT_EVENTS,
    Topic,
)
from volt_eventlog.appender import Appender
from volt_eventlog.ask import Ask
from volt_eventlog.kafka import Kafka
from volt_eventlog.table import Table


class Inbox(NamedTuple):
    """Where a decider is asked, and where it answers."""

    commands: Topic
    events: Topic


TENANTS = Inbox(NETWORK_TENANT_COMMANDS, NETWORK_TENANT_EVENTS)
ORGANISATIONS = Inbox(NETWORK_ORGANISATION_COMMANDS, NETWORK_ORGANISATION_EVENTS)
LOCATIONS = Inbox(NETWORK_LOCATION_COMMANDS, NETWORK_LOCATION_EVENTS)
STATIONS = Inbox(NETWORK_STATION_COMMANDS, NETWORK_STATION_EVENTS)
IDENTITIES = Inbox(NETWORK_IDENTITY_COMMANDS, NETWORK_IDENTITY_EVENTS)
API_KEYS = Inbox(NETWORK_API_KEY_COMMANDS, NETWORK_API_KEY_EVENTS)
ROUTES = Inbox(NETWORK_ROUTE_COMMANDS, NETWORK_ROUTE_EVENTS)


@asynccontextmanager
async def asking(kafka: Kafka, inbox: Inbox, source: str) -> AsyncIterator[Ask]:
    """An Ask of a decider; it and its connection end with the block. Raises KafkaError without a broker."""
    appender = Appender(kafka)
    ask = Ask(kafka, appender, inbox.commands, inbox.events, source=source)
    try:
        await appender.start()
        await ask.start()
        yield ask
    finally:
        await ask.stop()
        await appender.stop()


@asynccontextmanager
async def looking_at(kafka: Kafka, topic: Topic) -> AsyncIterator[Table]:
    """A public table, loaded; it ends with the block. Raises KafkaError without a broker."""
    table = Table(kafka, topic)
    try:
        await table.start()
        yield table
    finally:
        await table.stop()
