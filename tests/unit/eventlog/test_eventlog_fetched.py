"""Unpacking what was fetched: the very records that aiokafka's own unpacking gives, and whole batches passed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from volt_eventlog.fetched import FetchedBytes, FetchedRecords, Holding

PLACE = TopicPartition("t", 3)
THEIRS = FetchedRecords.__mro__[1]
READ_COMMITTED = 1
ABORT, COMMIT = b"\x00\x00\x00\x00", b"\x00\x00\x00\x01"
CONTROL = 0x20


@dataclass(frozen=True)
class Written:
    """A batch of a log; `marker` makes it the end of its producer's transaction."""

    values: tuple[bytes, ...]
    producer: int = -1
    marker: bytes | None = None


def batch(written: Written, base: int) -> bytes:
    """The batch as a broker serves it."""
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=int(written.producer >= 0), producer_id=written.producer,
        producer_epoch=0, base_sequence=0, batch_size=1 << 20,
    )  # fmt: skip
    if written.marker is not None:
        builder.append(0, 7, written.marker, b"\x00" * 6, [])
    for number, value in enumerate(written.values):
        builder.append(number, 1000 + base + number, b"k%d" % number, value, [("ce_type", b"x"), ("n", b"%d" % number)])
    raw = bytearray(builder.build())
    raw[:8] = base.to_bytes(8, "big")
    if written.marker is not None:
        raw[22] |= CONTROL
    return bytes(raw)


def log_of(batches: Sequence[Written]) -> bytes:
    """The batches one after the other, from offset 0."""
    data, base = b"", 0
    for written in batches:
        data += batch(written, base)
        base += len(written.values) or 1
    return data


def unpacked(
    data: bytes, *, start: int = 0, aborted: Sequence[tuple[int, int]] = (), wanted: Holding | None = None
) -> tuple[list[Any], int]:
    """Our records and the next offset to be fetched."""
    found = FetchedRecords(PLACE, FetchedBytes(data), list(aborted), start, wanted, None, False, READ_COMMITTED)
    return list(found), found.next_fetch_offset


def told(records: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All that is read of a record."""
    return [
        (one.topic, one.partition, one.offset, one.timestamp, one.key, one.value, list(one.headers)) for one in records
    ]


WRITTEN = st.builds(
    Written,
    values=st.lists(st.binary(max_size=20), min_size=1, max_size=4).map(tuple),
    producer=st.sampled_from([-1, 5, 6]),
) | st.builds(Written, values=st.just(()), producer=st.sampled_from([5, 6]), marker=st.sampled_from([ABORT, COMMIT]))


def aborted_in(batches: Sequence[Written]) -> list[tuple[int, int]]:
    """What a broker says with a response: (producer, first offset) of each transaction that was aborted."""
    found, began, base = [], dict[int, int](), 0
    for written in batches:
        if written.marker is not None:
            first = began.pop(written.producer, None)
            if written.marker == ABORT and first is not None:
                found.append((written.producer, first))
        elif written.producer >= 0:
            began.setdefault(written.producer, base)
        base += len(written.values) or 1
    return found


@given(st.lists(WRITTEN, max_size=8), st.integers(0, 3))
def test_the_records_are_those_that_aiokafka_reads(batches: list[Written], wish: int) -> None:
    """A response begins with the batch that holds the offset that was asked for."""
    start = min(wish, max(0, len(batches[0].values) - 1)) if batches else wish
    data, aborted = log_of(batches), aborted_in(batches)
    theirs = THEIRS(PLACE, MemoryRecords(data), aborted, start, None, None, False, READ_COMMITTED)
    ours, next_offset = unpacked(data, start=start, aborted=aborted)
    assert told(ours) == told(list(theirs))
    assert next_offset == theirs.next_fetch_offset


def test_a_transaction_that_was_aborted_is_not_read() -> None:
    data = log_of([Written((b"a",), 5), Written((b"b",), 6), Written((), 5, ABORT), Written((b"c",), 5)])
    records, _ = unpacked(data, aborted=[(5, 0)])
    assert [one.value for one in records] == [b"b", b"c"]


def test_a_batch_that_holds_nothing_wanted_is_passed_over_whole() -> None:
    data = log_of([Written((b"one", b"two")), Written((b"three", b"wanted")), Written((b"four",))])
    records, next_offset = unpacked(data, wanted=Holding((b"wanted", b"else")))
    assert [one.value for one in records] == [b"three", b"wanted"]
    assert next_offset == 5


def test_a_batch_that_was_cut_off_is_left_for_the_next_fetch() -> None:
    whole = log_of([Written((b"one",)), Written((b"two",))])
    records, next_offset = unpacked(whole[:-1])
    assert ([one.value for one in records], next_offset) == ([b"one"], 1)
    assert not FetchedBytes(whole[:70]).has_next()
    assert FetchedBytes(whole).has_next()


def test_what_stands_before_the_offset_that_was_asked_for_is_left_out() -> None:
    records, next_offset = unpacked(log_of([Written((b"one", b"two", b"three"))]), start=1)
    assert ([one.offset for one in records], next_offset) == ([1, 2], 3)


def test_a_format_of_old_is_refused() -> None:
    raw = bytearray(log_of([Written((b"one",))]))
    raw[16] = 1
    with pytest.raises(CorruptRecordException, match="v1"):
        unpacked(bytes(raw))


def test_every_consumer_unpacks_in_this_way() -> None:
    """aiokafka is pinned; should another version build its consumers otherwise, this says so."""
    assert (fetcher.MemoryRecords, fetcher.PartitionRecords) == (FetchedBytes, FetchedRecords)
