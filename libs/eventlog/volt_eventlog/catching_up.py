"""A released key is caught up: what it missed is read again, merged over the inputs, in slices of 200."""

import heapq
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from aiokafka.structs import TopicPartition

from volt_contracts.message import Command
from volt_contracts.topics import Topic
from volt_eventlog.decider import Decider
from volt_eventlog.fold import Parked
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Message
from volt_eventlog.reading import read
from volt_eventlog.records import Unusable, message_of

SLICE = 200


@dataclass
class Slice:
    """Messages of one key that it missed, in the order of their append time, and where the rest begins."""

    key: str
    messages: list[Message]
    resume_at: dict[str, int]
    last: bool
    """Nothing is left that it missed: it takes part again."""

    def resume_from(self, index: int) -> dict[str, int]:
        """Where to begin again when the message at `index` made the decider fail once more."""
        resume = dict(self.resume_at)
        for message in reversed(self.messages[index:]):
            resume[message.topic.name] = message.offset
        return resume


async def next_slice(
    kafka: Kafka, decider: Decider, key: str, parked: Parked, until: Mapping[str, int], partition: int
) -> Slice:
    """Read the next facts of `key` between where it stopped and where its task is. Commands had their outcome."""
    lists = [
        await _missed(kafka, decider, topic, key, parked.resume_at.get(topic.name, 0), until[topic.name], partition)
        for topic in decider.inputs
    ]
    order = {topic.name: number for number, topic in enumerate(decider.inputs)}
    merged = list(heapq.merge(*lists, key=lambda message: (message.at, order[message.topic.name], message.offset)))
    piece, rest = merged[:SLICE], merged[SLICE:]
    resume_at = dict(until)
    for message in reversed(rest):
        resume_at[message.topic.name] = message.offset
    return Slice(key, piece, resume_at, last=not rest)


async def _missed(
    kafka: Kafka, decider: Decider, topic: Topic, key: str, start: int, until: int, partition: int
) -> list[Message]:
    found: list[Message] = []
    place = TopicPartition(kafka.name(topic), partition)
    async with aclosing(read(kafka, [place.topic], only=place.__eq__, start={place: start})) as stretch:
        async for _, records in stretch:
            for record in records:
                if record.offset >= until or len(found) > SLICE:
                    return found
                message = _fact(decider, topic, record) if record.key == key.encode() else None
                if message is not None:
                    found.append(message)
    return found


def _fact(decider: Decider, topic: Topic, record: Any) -> Message | None:
    try:
        message = message_of(topic, record, decider.lane)
    except Unusable:
        return None  # it is in the dead letters already
    return None if isinstance(message.body, Command) else message
