"""Creates what the topic table says: topics with their configuration, and offset 0 for every decider group."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka.admin import NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from volt_contracts.topics import TOPICS, Topic
from volt_eventlog.decider import Decider
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import opened, partitions, stable_bounds

PARTITIONS = {"local": {"fleet": 6, "single": 1}, "production": {"fleet": 60, "single": 1}}
REPLICAS = {"local": 1, "production": 3}
SERVED_S = 30.0


class TopicMismatch(Exception):
    """A topic exists with another number of partitions than the table says; its keys would move."""


class OffsetsLost(Exception):
    """The offsets of a decider that has events are gone; somebody has to say where it shall go on."""


async def create_topics(
    kafka: Kafka, deciders: Iterable[Decider], environment: str = "local", topics: Sequence[Topic] = TOPICS
) -> list[str]:
    """Create what is missing, and give each decider group a start at the beginning while it has none.

    Idempotent. Returns the names of the topics that were made.

    Raises:
        TopicMismatch: a topic exists with another partition count.
        KafkaError: the broker refused.
        TimeoutError: the brokers do not serve what was created.
    """
    admin = kafka.admin()
    try:
        await admin.start()
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if kafka.name(topic) not in existing]
        if missing:
            _raise_errors(await admin.create_topics([_new(kafka, topic, environment) for topic in missing]))
            await _until_served(admin, {kafka.name(topic): partitions_of(topic, environment) for topic in missing})
        await _check(kafka, admin, [topic for topic in topics if topic not in missing], environment)
    finally:
        await admin.close()
    for decider in deciders:
        await _commit_zero(kafka, decider, environment)
    return [kafka.name(topic) for topic in missing]


async def _refuse_lost_offsets(kafka: Kafka, consumer: Any, decider: Decider, unset: list[TopicPartition]) -> None:
    """A decider that has decided already would decide its inputs once more from offset 0.

    Raises:
        OffsetsLost: the decider has events, and inputs that hold records have no offset.
    """
    events = await partitions(consumer, kafka.name(decider.events))
    ends = await stable_bounds(consumer, [*events, *unset])
    if any(ends[place][1] for place in events) and any(ends[place][1] for place in unset):
        names = sorted({place.topic for place in unset})
        raise OffsetsLost(f"{decider.lane} has decided before, but has no offsets any more for {', '.join(names)}")


def _raise_errors(response: Any) -> None:
    for topic, code, *message in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(f"{topic}: {message}")


async def _until_served(admin: Any, wanted: Mapping[str, int]) -> None:
    """The controller has made the topics before all brokers know them: who asks meanwhile is told there are none."""
    async with asyncio.timeout(SERVED_S):
        while True:
            described = await admin.describe_topics(list(wanted))
            led = {entry["topic"]: [part["leader"] >= 0 for part in entry["partitions"]] for entry in described}
            if all(led.get(name) == [True] * count for name, count in wanted.items()):
                return
            await asyncio.sleep(0.05)


def settings_of(topic: Topic, environment: str) -> dict[str, str]:
    """The topic's configuration on the broker."""
    settings = {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "message.timestamp.type": "LogAppendTime",
    }
    if topic.compacted:
        settings["min.cleanable.dirty.ratio"] = "0.3"
    else:
        settings["retention.ms"] = str(topic.retention_ms)
    if environment == "production":
        settings["min.insync.replicas"] = "2"
        settings["unclean.leader.election.enable"] = "false"
    return settings | dict(topic.config)


def partitions_of(topic: Topic, environment: str) -> int:
    """How many partitions the topic has, for life."""
    return PARTITIONS[environment][topic.scale]


def _new(kafka: Kafka, topic: Topic, environment: str) -> NewTopic:
    return NewTopic(
        name=kafka.name(topic),
        num_partitions=partitions_of(topic, environment),
        replication_factor=REPLICAS[environment],
        topic_configs=settings_of(topic, environment),
    )


async def _check(kafka: Kafka, admin: Any, topics: list[Topic], environment: str) -> None:
    described = await admin.describe_topics([kafka.name(topic) for topic in topics]) if topics else []
    found = {entry["topic"]: len(entry["partitions"]) for entry in described}
    for topic in topics:
        wanted = partitions_of(topic, environment)
        if found[kafka.name(topic)] != wanted:
            raise TopicMismatch(f"{kafka.name(topic)} has {found[kafka.name(topic)]} partitions, not {wanted}")


async def _commit_zero(kafka: Kafka, decider: Decider, environment: str) -> None:
    consumer = kafka.consumer(group=kafka.group(decider.lane))
    places = [
        TopicPartition(kafka.name(topic), partition)
        for topic in decider.inputs
        for partition in range(partitions_of(topic, environment))
    ]
    async with opened(consumer):
        consumer.assign(places)
        unset = [place for place in places if await consumer.committed(place) is None]
        if unset:
            await _refuse_lost_offsets(kafka, consumer, decider, unset)
            await consumer.commit({place: OffsetAndMetadata(0, "") for place in unset})
