"""Commands from outside the service: an Ask of one of its deciders for as long as somebody needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from volt_contracts.topics import (
    DRIVERS_ACCOUNT_COMMANDS,
    DRIVERS_ACCOUNT_EVENTS,
    DRIVERS_TOKEN_COMMANDS,
    DRIVERS_TOKEN_EVENTS,
    Topic,
)
from volt_eventlog.appender import Appender
from volt_eventlog.ask import Ask
from volt_eventlog.kafka import Kafka


@asynccontextmanager
async def asking_tokens(kafka: Kafka, source: str) -> AsyncIterator[Ask]:
    """An Ask of the token decider; it and its connection end with the block. Raises KafkaError without a broker."""
    async with _asking(kafka, DRIVERS_TOKEN_COMMANDS, DRIVERS_TOKEN_EVENTS, source) as ask:
        yield ask


@asynccontextmanager
async def asking_accounts(kafka: Kafka, source: str) -> AsyncIterator[Ask]:
    """An Ask of the account decider; it and its connection end with the block. Raises KafkaError without a broker."""
    async with _asking(kafka, DRIVERS_ACCOUNT_COMMANDS, DRIVERS_ACCOUNT_EVENTS, source) as ask:
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
