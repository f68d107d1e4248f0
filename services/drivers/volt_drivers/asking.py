"""Commands from outside the service: an Ask of the token decider for as long as somebody needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from volt_contracts.topics import DRIVERS_TOKEN_COMMANDS, DRIVERS_TOKEN_EVENTS
from volt_eventlog.appender import Appender
from volt_eventlog.ask import Ask
from volt_eventlog.kafka import Kafka


@asynccontextmanager
async def asking_tokens(kafka: Kafka, source: str) -> AsyncIterator[Ask]:
    """An Ask that is ready; it and its connection end with the block.

    Raises:
        KafkaError: the broker cannot be reached.
    """
    appender = Appender(kafka)
    ask = Ask(kafka, appender, DRIVERS_TOKEN_COMMANDS, DRIVERS_TOKEN_EVENTS, source=source)
    try:
        await appender.start()
        await ask.start()
        yield ask
    finally:
        await ask.stop()
        await appender.stop()
