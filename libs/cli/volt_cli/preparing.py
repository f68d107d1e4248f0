"""What must be there before services and stations come: topics with offsets, then what each service seeds."""

import asyncio
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from volt_devstack.errors import StackError
from volt_devstack.service import ServiceSpec
from volt_eventlog.decider import Decider
from volt_eventlog.kafka import Kafka, KafkaError
from volt_eventlog.topics_admin import OffsetsLost, TopicMismatch, create_topics
from volt_runtime.run import Runtime, run
from volt_runtime.settings import Settings, settings_of

SPEC = ServiceSpec(
    name="prepare", argv=(sys.executable, "-m", "volt_cli.preparing"), after=("network", "drivers", "session")
)
"""A process that is ready once every service's seed is on record, and then waits for the end."""


def deciders() -> list[Decider]:
    """Every decider that is installed."""
    return [entry.load() for entry in sorted(entry_points(group="voltlog.deciders"), key=lambda entry: entry.name)]


def prepare_topics(environment: Mapping[str, str]) -> None:
    """Create topics and first offsets on the broker of `environment`.

    Raises:
        StackError: the broker refused.
    """
    kafka = Kafka(environment["KAFKA_BOOTSTRAP_SERVERS"], environment.get("VOLT_PREFIX", ""), "voltlog-topics")
    try:
        asyncio.run(create_topics(kafka, deciders()))
    except (KafkaError, TopicMismatch, OffsetsLost) as wrong:
        raise StackError(f"The topics cannot be created: {wrong!r}.") from wrong


async def seed_all(settings: Settings) -> list[str]:
    """Ask the services for what a local stack starts with; returns whose seeds are on record now.

    Raises:
        NoOutcome: a service did not answer.
        StartError: a service refused, or this is no local stack.
    """
    kafka = Kafka(settings.kafka_bootstrap_servers, settings.prefix, client_id="voltlog-seed")
    entries = sorted(entry_points(group="voltlog.seed"), key=lambda entry: entry.name)
    for entry in entries:
        await entry.load()(kafka, settings)
    return [entry.name for entry in entries]


async def seed(rt: Runtime[Any]) -> None:
    """Run the seeds, then be ready until the stack ends."""
    done = False
    rt.readiness.add("seeds", lambda: None if done else "seeds are not on record yet")
    await seed_all(rt.settings)
    done = True
    await rt.stopping.wait()


if __name__ == "__main__":
    run("prepare", settings_of(Settings), seed)
