"""Follow a topic from its end, or from an offset, without a group: downlinks, outcomes, live pages."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

from aiokafka.structs import TopicPartition

from volt_contracts.topics import Topic
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import partitions, require_topic, stable_bounds


class Tail:
    """A read-committed reader of all partitions of a topic; `holding` as of `Kafka.consumer`."""

    def __init__(
        self,
        kafka: Kafka,
        topic: Topic,
        start: Literal["end", "beginning"] | Mapping[int, int] = "end",
        holding: Sequence[bytes] | None = None,
    ) -> None:
        self._kafka = kafka
        self._topic = topic
        self._start = start
        self._holding = holding
        self._consumer: Any = None

    async def start(self) -> None:
        """Take the partitions and seek: what is appended after this returns will be read.

        Raises:
            KafkaError: the broker cannot be reached.
        """
        self._consumer = self._kafka.consumer(fetch_max_wait_ms=500, holding=self._holding)
        try:
            await self._seek()
        except BaseException:
            await self._consumer.stop()
            raise

    async def _seek(self) -> None:
        await self._consumer.start()
        places = await partitions(self._consumer, self._kafka.name(self._topic))
        require_topic(places, self._kafka.name(self._topic))
        bounds = await stable_bounds(self._consumer, places)
        self._consumer.assign(places)
        for place, (first, end) in bounds.items():
            self._consumer.seek(place, self._begin(place, first, end))

    def _begin(self, place: TopicPartition, first: int, end: int) -> int:
        if self._start == "end":
            return end
        if self._start == "beginning":
            return first
        return max(first, self._start.get(place.partition, first))

    async def stop(self) -> None:
        """Follow no longer."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def batches(self, timeout_ms: int = 1000) -> AsyncIterator[list[Any]]:
        """Records as they come, in lists of one partition; an empty list when none came in time."""
        while True:
            fetched = await self._consumer.getmany(timeout_ms=timeout_ms)
            if not fetched:
                yield []
            for records in fetched.values():
                yield records

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._records()

    async def _records(self) -> AsyncIterator[Any]:
        async for records in self.batches():
            for record in records:
                yield record
            await asyncio.sleep(0)
