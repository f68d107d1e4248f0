"""Reading without a group: tails, single records by position, stretches of the log by time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.admin import RecordsToDelete
from aiokafka.structs import TopicPartition
from integration.eventlog.counting import FACTS, Fed, headers
from integration.eventlog.members import pour

from volt_contracts import codec
from volt_eventlog.appender import Appender
from volt_eventlog.fetch import fetch
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Position
from volt_eventlog.reading import read, size_up
from volt_eventlog.tail import Tail
from volt_testkit.polling import eventually

pytestmark = pytest.mark.kafka


async def put(appender: Appender, key: str, id: str, partition: int | None = None) -> Position:
    """Append one fact."""
    await appender.know(FACTS)
    return await appender.append(FACTS, key, codec.encode(Fed(amount=1)), headers(Fed(amount=1), id), partition)


def id_of(record: Any) -> str:
    """The record's id."""
    return str(dict(record.headers)["ce_id"], "ascii")


async def next_ids(tail: Tail, count: int) -> list[str]:
    """The ids of the next records of a tail."""
    found: list[str] = []
    async with asyncio.timeout(15):
        async for record in tail:
            found.append(id_of(record))
            if len(found) == count:
                break
    return found


async def transact(kafka: Kafka, ids: list[str], *, commit: bool) -> None:
    """Facts of partition 0 in a transaction."""
    producer = kafka.producer(transactional_id=f"tx-{uuid4()}")
    await producer.start()
    await producer.begin_transaction()
    for id in ids:
        batch = producer.create_batch()
        body = Fed(amount=1)
        batch.append(timestamp=None, key=b"t/tx", value=codec.encode(body), headers=headers(body, id))
        await (await producer.send_batch(batch, kafka.name(FACTS), partition=0))
    await (producer.commit_transaction() if commit else producer.abort_transaction())
    await producer.stop()


async def test_a_tail_begins_at_the_end(kafka: Kafka, appender: Appender) -> None:
    await put(appender, "t/a", "old")
    tail = Tail(kafka, FACTS)
    await tail.start()
    await put(appender, "t/a", "new")
    assert await next_ids(tail, 1) == ["new"]
    await tail.stop()


async def test_a_tail_may_begin_at_the_beginning_or_at_offsets(kafka: Kafka, appender: Appender) -> None:
    for number in range(4):
        await put(appender, "t/a", str(number), partition=2)
    whole, rest = Tail(kafka, FACTS, start="beginning"), Tail(kafka, FACTS, start={2: 3})
    await whole.start()
    await rest.start()
    assert await next_ids(whole, 4) == ["0", "1", "2", "3"]
    assert await next_ids(rest, 1) == ["3"]
    await whole.stop()
    await rest.stop()


async def test_a_tail_sees_nothing_that_was_aborted(kafka: Kafka, appender: Appender) -> None:
    tail = Tail(kafka, FACTS)
    await tail.start()
    await transact(kafka, ["aborted"], commit=False)
    await transact(kafka, ["committed"], commit=True)
    assert await next_ids(tail, 1) == ["committed"]
    await tail.stop()


async def test_a_tail_says_when_nothing_came(kafka: Kafka, appender: Appender) -> None:
    tail = Tail(kafka, FACTS)
    await tail.start()
    async for records in tail.batches(timeout_ms=50):
        assert records == []
        break
    await tail.stop()


async def test_records_are_fetched_by_their_positions(kafka: Kafka, appender: Appender) -> None:
    positions = [await put(appender, f"t/{n}", str(n)) for n in range(30)]
    wanted = positions[::7] + positions[:1]
    found = await fetch(kafka, wanted)
    assert {position: id_of(record) for position, record in found.items()} == {
        position: str(number) for number, position in enumerate(positions) if position in wanted
    }


async def test_positions_far_apart_are_fetched_without_reading_all_between(kafka: Kafka, appender: Appender) -> None:
    await pour(appender, [str(n) for n in range(9000)], keys=1)
    place = appender.partition_of(FACTS, "t/0")
    wanted = [Position(FACTS.name, place, offset) for offset in (8999, 0, 4500, 4501)]
    found = await fetch(kafka, wanted)
    assert {position.offset: id_of(record) for position, record in found.items()} == {
        0: "0", 4500: "4500", 4501: "4501", 8999: "8999",
    }  # fmt: skip


async def test_what_has_expired_is_not_in_the_answer(kafka: Kafka, appender: Appender) -> None:
    positions = [await put(appender, "t/a", str(n), partition=1) for n in range(6)]
    admin = kafka.admin()
    await admin.start()
    place = TopicPartition(kafka.name(FACTS), 1)
    await admin.delete_records({place: RecordsToDelete(before_offset=4)})
    await admin.close()
    assert {id_of(record) for record in (await fetch(kafka, positions)).values()} == {"4", "5"}


async def test_offsets_without_a_record_are_not_in_the_answer(kafka: Kafka, appender: Appender) -> None:
    """Compaction, aborted transactions and their markers leave gaps; the next record is not taken for the missing."""
    await transact(kafka, ["0", "1"], commit=True)  # 2 is the marker
    await transact(kafka, ["3"], commit=False)  # 4 is the marker
    await transact(kafka, ["5"], commit=True)  # 6 is the marker
    wanted = [Position(FACTS.name, 0, offset) for offset in range(7)]
    found = await fetch(kafka, wanted)
    assert {position.offset: id_of(record) for position, record in found.items()} == {0: "0", 1: "1", 5: "5"}


async def test_positions_that_do_not_exist_yet_are_not_waited_for(kafka: Kafka, appender: Appender) -> None:
    position = await put(appender, "t/a", "there", partition=0)
    wanted = [position, Position(FACTS.name, 0, 1), Position(FACTS.name, 0, 1000), Position(FACTS.name, 3, 0)]
    assert list(await fetch(kafka, wanted, deadline_s=3)) == [position]


async def test_nothing_wanted_is_nothing_fetched(kafka: Kafka, appender: Appender) -> None:
    assert await fetch(kafka, []) == {}


async def test_a_stretch_of_time(kafka: Kafka, appender: Appender) -> None:
    await put(appender, "t/a", "before", partition=0)
    await asyncio.sleep(0.02)  # the broker's clock has milliseconds
    start = datetime.now(UTC)
    await put(appender, "t/a", "within", partition=0)
    await asyncio.sleep(0.02)
    end = datetime.now(UTC)
    await put(appender, "t/a", "after", partition=0)
    name = kafka.name(FACTS)

    async def between(start: datetime | None, end: datetime | None) -> list[str]:
        within = await size_up(kafka, [name], start=start, end=end)
        return [id_of(record) async for _, records in read(kafka, [], within=within) for record in records]

    assert await between(start, end) == ["within"]
    assert await between(start, None) == ["within", "after"]
    assert await between(None, start) == ["before"]
    assert await between(end + timedelta(hours=1), None) == []
    assert await between(None, end - timedelta(hours=1)) == []


async def test_a_range_counts_what_it_spans_and_reading_it_tells_how_far_it_is(
    kafka: Kafka, appender: Appender
) -> None:
    await pour(appender, [str(n) for n in range(100)])
    await transact(kafka, ["aborted"], commit=False)
    # The broker says that a transaction is over before the partition knows it.
    within = await eventually(lambda: size_up(kafka, [kafka.name(FACTS)]), lambda found: found.count >= 102)
    assert within.count == 102
    assert within.partition_counts() == {kafka.name(FACTS): 6}
    passed: list[int] = []
    count = 0
    async for _, records in read(kafka, [], within=within, progress=passed.append):
        count += len(records)
    assert (count, sum(passed)) == (100, 102)


async def test_what_is_appended_meanwhile_is_not_in_the_range(kafka: Kafka, appender: Appender) -> None:
    await pour(appender, [str(n) for n in range(50)])
    within = await size_up(kafka, [kafka.name(FACTS)])
    await pour(appender, [f"late-{n}" for n in range(50)])
    seen = [id_of(record) async for _, records in read(kafka, [], within=within) for record in records]
    assert sorted(seen) == sorted(str(n) for n in range(50))


async def test_a_topic_that_is_not_there_is_an_empty_range(kafka: Kafka) -> None:
    within = await size_up(kafka, [kafka.name("no.such.topic")])
    assert within.count == 0


async def test_one_partition_from_an_offset(kafka: Kafka, appender: Appender) -> None:
    for number in range(6):
        await put(appender, "t/a", str(number), partition=number % 2)
    place = TopicPartition(kafka.name(FACTS), 1)
    seen = [
        id_of(record)
        async for _, records in read(kafka, [place.topic], only=place.__eq__, start={place: 1})
        for record in records
    ]
    assert seen == ["3", "5"]
