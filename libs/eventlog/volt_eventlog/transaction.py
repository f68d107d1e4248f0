"""What one transaction writes: records gathered per topic and partition, each batch awaited before the commit."""

import asyncio
from typing import Any

from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from volt_contracts.envelope import Header

Raw = tuple[bytes, bytes | None, list[Header]]
Place = tuple[str, int]
"""Topic name and partition."""
Offsets = dict[TopicPartition, OffsetAndMetadata]


class Outbox:
    """Records of one transaction, in order, by (topic name, partition)."""

    __slots__ = ("_records", "count")

    def __init__(self) -> None:
        self._records: dict[Place, list[Raw]] = {}
        self.count = 0

    def add(self, topic: str, partition: int, key: bytes, value: bytes | None, headers: list[Header]) -> None:
        """Add one record, whose size was checked (`check_size`)."""
        self._records.setdefault((topic, partition), []).append((key, value, headers))
        self.count += 1

    async def send(self, producer: Any) -> dict[Place, int]:
        """Hand everything to the producer and wait until the broker took each batch.

        Returns the offset behind the last record of each place.

        Raises:
            KafkaError: one of them was refused, or nobody knows its offsets; the transaction must be aborted.
            IllegalOperation: the producer was fenced meanwhile and takes nothing more.
        """
        sent: list[_Sent] = []
        try:
            for place, records in self._records.items():
                await _hand_over(producer, place, records, sent)
        finally:
            # Also after a failure: a future that nobody asks complains when it is collected.
            results = await asyncio.gather(*(future for _, _, future in sent), return_exceptions=True)
        ends: dict[Place, int] = {}
        for (place, count, _), result in zip(sent, results, strict=True):
            if isinstance(result, BaseException):
                raise result
            if result.offset < 0:  # a request that was repeated so late that the broker has forgotten the first one
                raise KafkaError(f"{place[0]}-{place[1]} holds a batch at offsets that the broker does not tell")
            ends[place] = result.offset + count
        return ends


async def transact(producer: Any, outbox: Outbox, offsets: Offsets | None = None, group: str = "") -> dict[Place, int]:
    """One transaction with these records and these offsets of the inputs.

    Returns the offset behind the last record of each place.

    Raises:
        KafkaError, IllegalOperation: it is not known to be through; the producer must not be used again.
    """
    await producer.begin_transaction()
    ends = await outbox.send(producer)
    if offsets:
        await producer.send_offsets_to_transaction(offsets, group)
    await producer.commit_transaction()
    return ends


_Sent = tuple[Place, int, Any]
"""Where a producer's batch went, how many records it has, and the future of its first record's place in the log."""


async def _hand_over(producer: Any, place: Place, records: list[Raw], sent: list[_Sent]) -> None:
    topic, partition = place
    batch, count = producer.create_batch(), 0
    for key, value, headers in records:
        if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            sent.append((place, count, await producer.send_batch(batch, topic, partition=partition)))
            batch, count = producer.create_batch(), 0
            batch.append(timestamp=None, key=key, value=value, headers=headers)
        count += 1
    sent.append((place, count, await producer.send_batch(batch, topic, partition=partition)))
