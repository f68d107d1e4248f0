"""The topics of the counting decider on the run's broker, an appender for them, and whoever works on them."""

from collections.abc import AsyncIterator
from pathlib import Path

import integration.eventlog.counting as counting
import pytest_asyncio
from integration.eventlog.counting import COUNTING
from integration.eventlog.members import Crew

from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.topics_admin import create_topics


@pytest_asyncio.fixture
async def appender(kafka: Kafka) -> AsyncIterator[Appender]:
    """An appender on a broker where the counting decider may start."""
    await create_topics(kafka, [COUNTING], topics=counting.TOPICS)
    made = Appender(kafka)
    await made.start()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def crew(kafka: Kafka, appender: Appender, tmp_path: Path) -> AsyncIterator[Crew]:
    """Members of the counting decider's group; all have left when the test is over."""
    made = Crew(kafka, tmp_path)
    yield made
    await made.leave()
