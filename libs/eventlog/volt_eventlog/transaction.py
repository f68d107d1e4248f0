"""What one transaction writes: records gathered per topic and partition, each batch awaited before the commit."""

import asyncio
from typing import Any

from volt_contracts.envelope import Header

Raw = tuple[bytes, bytes | None, list[Header]]


class Outbox:
    """Records of one transaction, in order, by (topic name, partition)."""

    __slots__ = ("_records", "count")

    def __init__(self) -> None:
        self._records: dict[tuple[str, int], list[Raw]] = {}
        self.count = 0

    def add(self, topic: str, partition: int, key: bytes, value: bytes | None, headers: list[Header]) -> None:
        """Add one record, whose size was checked (`check_size`)."""
        self._records.setdefault((topic, partition), []).append((key, value, headers))
        self.count += 1

    async def send(self, producer: Any) -> None:
        """Hand everything to the producer and wait until the broker took each batch.

        Raises:
            KafkaError: one of them was refused; the transaction must be aborted.
            IllegalOperation: the producer was fenced meanwhile and takes nothing more.
        """
        futures: list[Any] = []
        try:
            for (topic, partition), records in self._records.items():
                await _hand_over(producer, topic, partition, records, futures)
        finally:
            # Also after a failure: a future that nobody asks complains when it is collected.
            results = await asyncio.gather(*futures, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result


async def _hand_over(producer: Any, topic: str, partition: int, records: list[Raw], futures: list[Any]) -> None:
    batch = producer.create_batch()
    for key, value, headers in records:
        if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            futures.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(timestamp=None, key=key, value=value, headers=headers)
    futures.append(await producer.send_batch(batch, topic, partition=partition))
