"""The clients of the log: whoever is cancelled while they stop knows of it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from volt_eventlog.kafka import Kafka

pytestmark = pytest.mark.kafka
TURNS = 12
"""After so many turns of the loop a stop is over: the cancellation comes after each number below it."""


async def cancelled_after(turns: int, stop: Coroutine[Any, Any, None]) -> bool:
    """Whether a cancellation that comes so many turns into the stop arrives; also when it was over by then."""
    stopping = asyncio.create_task(stop)
    for _ in range(turns):
        await asyncio.sleep(0)
    if not stopping.cancel():
        return True
    await asyncio.wait({stopping})
    return stopping.cancelled()


@pytest.mark.parametrize("turns", range(1, TURNS))
async def test_a_cancellation_while_a_consumer_stops_is_not_lost(kafka: Kafka, turns: int) -> None:
    consumer = kafka.consumer()
    await consumer.start()
    await asyncio.sleep(0)
    assert await cancelled_after(turns, consumer.stop())
    await consumer.stop()


@pytest.mark.parametrize("turns", range(1, TURNS))
async def test_a_cancellation_while_a_producer_stops_is_not_lost(kafka: Kafka, turns: int) -> None:
    producer = kafka.producer()
    await producer.start()
    assert await cancelled_after(turns, producer.stop())
    await producer.stop()


async def test_a_fetch_that_waits_for_its_next_try_cancels_nobody_when_its_consumer_stops(kafka: Kafka) -> None:
    """What aiokafka leaves waiting while the broker is away; its cancellation came out of `stop`."""
    consumer = kafka.consumer()
    await consumer.start()
    await asyncio.sleep(0)
    consumer._fetcher._pending_tasks.add(asyncio.create_task(asyncio.Event().wait()))
    await consumer.stop()
    assert not consumer._client._conns, "its connections are closed all the same"
