"""Commands from outside the service: an Ask of one of its deciders for as long as somebody needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from volt_contracts.topics import (
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


@asynccontextmanager
async def asking_tenants(kafka: Kafka, source: str) -> AsyncIterator[Ask]:
    """An Ask of the tenant decider; it and its connection end with the block. Raises KafkaError without a broker."""
    async with _asking(kafka, NETWORK_TENANT_COMMANDS, NETWORK_TENANT_EVENTS, source) as ask:
        yield ask


@asynccontextmanager
async def asking_stations(kafka: Kafka, source: str) -> AsyncIterator[Ask]:
    """An Ask of the station decider; it and its connection end with the block. Raises KafkaError without a broker."""
    async with _asking(kafka, NETWORK_STATION_COMMANDS, NETWORK_STATION_EVENTS, source) as ask:
        yield ask


@asynccontextmanager
async def _asking(kafka: Kafka, commands: Topic, events: Topic, source: str) -> AsyncIterator[Ask]:
    appender = Appender(kafka)
    ask = Ask(kafka, appender, commands, events, source=source)
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
