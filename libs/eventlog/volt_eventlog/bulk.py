"""Very many records in one transaction, all encoded before it begins, written once whoever repeats it.

While it is open, readers of its partitions stand at its first record: it is kept as short as the broker lets it be.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Self

from aiokafka.errors import IllegalOperation, KafkaError, ProducerFenced

from volt_contracts.envelope import Header
from volt_contracts.topics import Topic
from volt_eventlog.kafka import TRANSACTION_TIMEOUT_S, Kafka, close_producer
from volt_eventlog.partition import partition_of
from volt_eventlog.reading import opened, partitions, require_topic, stable_bounds
from volt_eventlog.sizes import check_size

PART = 10_000
"""Records that are on their way at a time."""
RECORDS_A_SECOND = 5_000
"""A transaction is given a second more for so many of them: far more than it takes, and short enough after a kill."""
LONGEST_S = 600.0
CLOSE_S = 30.0
SETTLE_POLL_S = 0.1


class BulkFailed(Exception):
    """Nothing was written: the transaction was aborted, or never began."""


class BulkUnsure(Exception):
    """The connection was lost while the transaction was committed: it is through, or it is not. Ask again."""


class Bulk:
    """One transaction under a name of its own; whoever begins another under the same name ends this one.

    Use: enter (ends a former one's open transaction), look up whether it was written before, `add` everything, `write`.
    """

    def __init__(self, kafka: Kafka, name: str, *, expected: int, part: int = PART) -> None:
        self._kafka = kafka
        self._timeout_s = min(LONGEST_S, TRANSACTION_TIMEOUT_S + expected / RECORDS_A_SECOND)
        self._producer: Any = kafka.producer(transactional_id=name, transaction_timeout_s=self._timeout_s)
        self._part = part
        self._parts: deque[tuple[int, list[_Batch]]] = deque()
        self._filling: dict[tuple[str, int], _Batch] = {}
        self._full: list[_Batch] = []
        self._in_part = 0
        self._counts: dict[str, int] = {}
        self.count = 0
        """How many records were added."""

    async def __aenter__(self) -> Self:
        """Connect, and end whatever was begun under this name.

        Raises:
            KafkaError: the broker cannot be reached.
        """
        try:
            await self._producer.start()
        except BaseException:
            await close_producer(self._producer, CLOSE_S)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await close_producer(self._producer, CLOSE_S)

    async def know(self, topics: Sequence[Topic]) -> None:
        """Learn how many partitions the topics have.

        Raises:
            StartError: one of them is not there.
        """
        async with opened(self._kafka.consumer()) as consumer:
            for topic in topics:
                places = await partitions(consumer, self._kafka.name(topic))
                require_topic(places, self._kafka.name(topic))
                self._counts[topic.name] = len(places)

    async def settled(self, topics: Sequence[Topic]) -> None:
        """Wait until no transaction that is open now hides anything in these topics.

        Raises:
            BulkFailed: one stays open longer than any may.
        """
        async with opened(self._kafka.consumer(committed=False)) as seeing, opened(self._kafka.consumer()) as consumer:
            for topic in topics:
                places = await partitions(seeing, self._kafka.name(topic))
                await partitions(consumer, self._kafka.name(topic))
                reached = {place: end for place, (_, end) in (await stable_bounds(seeing, places)).items()}
                await self._until(consumer, reached)

    async def _until(self, consumer: Any, reached: dict[Any, int]) -> None:
        try:
            async with asyncio.timeout(LONGEST_S):
                while True:
                    stable = await stable_bounds(consumer, list(reached))
                    if all(stable[place][1] >= end for place, end in reached.items()):
                        return
                    await asyncio.sleep(SETTLE_POLL_S)
        except TimeoutError as late:
            raise BulkFailed("another import has been open for too long") from late

    def add(self, topic: Topic, key: str, value: bytes, headers: list[Header]) -> None:
        """Encode one record; it goes out with `write`.

        Raises:
            TooLarge: the broker would refuse it.
        """
        raw_key = key.encode()
        check_size(topic.name, raw_key, value, headers)
        place = (self._kafka.name(topic), partition_of(key, self._counts[topic.name]))
        batch = self._filling.get(place)
        if batch is None or batch.builder.append(timestamp=None, key=raw_key, value=value, headers=headers) is None:
            if batch is not None:
                self._full.append(batch)
            batch = self._filling[place] = _Batch(place, self._producer.create_batch())
            batch.builder.append(timestamp=None, key=raw_key, value=value, headers=headers)
        self.count += 1
        self._in_part += 1
        if self._in_part >= self._part:
            self._close_part()

    def _close_part(self) -> None:
        if self._in_part:
            self._parts.append((self._in_part, [*self._full, *self._filling.values()]))
        self._full, self._filling, self._in_part = [], {}, 0

    async def write(self, written: Callable[[int], None] | None = None) -> None:
        """Everything that was added, in one transaction; `written` is told how many records of it the broker has.

        Raises:
            BulkFailed: nothing of it is there.
            BulkUnsure: nobody knows.
        """
        self._close_part()
        try:
            await self._producer.begin_transaction()
        except (KafkaError, IllegalOperation) as wrong:
            raise BulkFailed(_sentence(wrong)) from wrong
        try:
            await self._send(written)
        except (KafkaError, IllegalOperation) as wrong:
            await self._abort()
            raise BulkFailed(_sentence(wrong)) from wrong
        except BaseException:
            await self._abort()
            raise
        try:
            await self._producer.commit_transaction()
        except ProducerFenced as wrong:
            raise BulkUnsure(_sentence(wrong)) from wrong
        except (KafkaError, IllegalOperation) as wrong:
            raise BulkUnsure(f"the broker did not say whether it is through ({wrong!r})") from wrong

    async def _send(self, written: Callable[[int], None] | None) -> None:
        done = 0
        while self._parts:
            count, batches = self._parts.popleft()
            futures = []
            try:
                for batch in batches:
                    topic, partition = batch.place
                    futures.append(await self._producer.send_batch(batch.builder, topic, partition=partition))
            finally:
                # Also after a failure: a future that nobody asks complains when it is collected.
                results = await asyncio.gather(*futures, return_exceptions=True)
            for result in results:
                if isinstance(result, BaseException):
                    raise result
            done += count
            if written is not None:
                written(done)

    async def _abort(self) -> None:
        """As well as it can be done: what stays open is aborted by the broker, or by whoever repeats this.

        One that was fenced has nothing open any more; aiokafka cannot be asked to abort it.
        """
        if self._producer._txn_manager.is_fatal_error():
            return
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._producer.abort_transaction()
        except (KafkaError, IllegalOperation, TimeoutError):
            return


class _Batch:
    """A batch of one partition that is being filled."""

    __slots__ = ("builder", "place")

    def __init__(self, place: tuple[str, int], builder: Any) -> None:
        self.place = place
        self.builder = builder


def _sentence(wrong: Exception) -> str:
    if isinstance(wrong, ProducerFenced):
        return "somebody began the same import once more, and goes on with it"
    return f"the broker did not take it ({wrong!r})"
