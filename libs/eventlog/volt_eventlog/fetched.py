"""What a fetch brought, as records: in place of aiokafka's own unpacking, which cost a fifth of a view's CPU.

Kafka record batches of format v2 (KIP-98), the only one that a broker of version 4 serves. A reader that wants few
records names words that each of them holds in its bytes; a batch without any of these is passed over whole.
"""

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

import msgspec
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import READ_COMMITTED
from aiokafka.errors import CorruptRecordException
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord
from aiokafka.record.default_records import DefaultRecordBatch

_HEAD = Struct(">qi4xbIhi16xq")
"""Of a batch: base offset, length after 12 bytes, magic, checksum, attributes, last offset delta, producer id."""
_BEFORE_LENGTH = 12
_SHORTEST = 61
_V2 = 2
_TRANSACTIONAL = 0x10
_CONTROL = 0x20
_COMPRESSION = 0x07


class Record(msgspec.Struct, gc=False):
    """A record as it was read. `timestamp` is the broker's append time, in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class Holding(NamedTuple):
    """The reader wants records that hold one of these words somewhere in key, value or headers; others may come too."""

    words: tuple[bytes, ...]


class FetchedBytes:
    """The bytes of one partition in a fetch response; the last batch may be cut off."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def size_in_bytes(self) -> int:
        """How many bytes came."""
        return len(self.data)

    def has_next(self) -> bool:
        """Whether there is at least one whole batch."""
        data = self.data
        return len(data) >= _SHORTEST and len(data) >= _BEFORE_LENGTH + _HEAD.unpack_from(data)[1]


class FetchedRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """Iterates the committed records of one partition; aiokafka moves the position to `next_fetch_offset`.

    aiokafka hands a consumer's `key_deserializer` through to here; we have none, so it carries what the reader wants.
    """

    next_fetch_offset: int
    _records_iterator: Iterator[Record]

    def __iter__(self) -> Iterator[Record]:
        """The records one after the other, without a call between each two."""
        return self._records_iterator

    def _unpack_records(self) -> Iterator[Record]:
        data: bytes = self._records.data
        wanted: Holding | None = self._key_deserializer
        topic, partition = self._tp
        start, end = 0, len(data)
        while start + _SHORTEST <= end:
            base, length, magic, _, attributes, delta, producer = _HEAD.unpack_from(data, start)
            stop = start + _BEFORE_LENGTH + length
            if stop > end:
                return
            raw, start = data[start:stop], stop
            if magic != _V2:
                raise CorruptRecordException(f"a batch of format v{magic} in {topic}-{partition} at {base}")
            if not self._is_passed_over(raw, base, attributes, producer, wanted):
                # A response begins with a whole batch, also when a record in its middle was asked for.
                first = self.next_fetch_offset
                for one in DefaultRecordBatch(raw):
                    offset = one.offset
                    if offset >= first:
                        self.next_fetch_offset = offset + 1
                        yield Record(topic, partition, offset, one.timestamp, one.key, one.value, one.headers)
            # Also where compaction has removed the last record, or the same batch would be fetched for ever.
            self.next_fetch_offset = max(self.next_fetch_offset, base + delta + 1)

    def _is_passed_over(self, raw: bytes, base: int, attributes: int, producer: int, wanted: Holding | None) -> bool:
        """A transaction's marker, a batch of a transaction that was aborted, or one that holds nothing wanted."""
        if attributes & _TRANSACTIONAL and self._isolation_level == READ_COMMITTED:
            self._consume_aborted_up_to(base)
            if attributes & _CONTROL:
                if ControlRecord.parse(next(DefaultRecordBatch(raw)).key) == ABORT_MARKER:
                    self._aborted_producers.discard(producer)
            elif producer in self._aborted_producers:
                return True
        if attributes & _CONTROL:
            return True
        if wanted is None or attributes & _COMPRESSION:
            return False
        return not any(word in raw for word in wanted.words)


def install() -> None:
    """Let every consumer of this process unpack what it fetched in this way; aiokafka has no hook for it.

    Checksums are not looked at: the broker did when it appended.
    """
    fetcher.MemoryRecords = FetchedBytes
    fetcher.PartitionRecords = FetchedRecords
