"""Very many records in one transaction: parts, second owners, open ends. And the latest of certain keys."""

import asyncio
from collections import Counter
from uuid import uuid4

import pytest
from integration.eventlog.counting import FACTS, Fed, headers

from volt_contracts import codec
from volt_eventlog.appender import Appender
from volt_eventlog.bulk import Bulk, BulkFailed
from volt_eventlog.kafka import Kafka
from volt_eventlog.latest import latest
from volt_eventlog.reading import read, since
from volt_eventlog.records import moment
from volt_runtime.run import StartError
from volt_testkit.polling import eventually

pytestmark = pytest.mark.kafka


def add(bulk: Bulk, count: int, amount: int = 1) -> None:
    """So many facts, each of a key of its own."""
    for number in range(count):
        body = Fed(amount=amount)
        bulk.add(FACTS, f"t/{number}", codec.encode(body), headers(body, f"{amount}-{number}"))


async def amounts(kafka: Kafka) -> Counter[int]:
    """What is visible: of a transaction all or nothing, a moment after its commit was answered."""
    found: Counter[int] = Counter()
    async for _, records in read(kafka, [kafka.name(FACTS)]):
        found.update(codec.decode(FACTS, "counting.fed.v1", record.value).amount for record in records)
    return found


async def test_everything_is_there_once_in_parts(kafka: Kafka, appender: Appender) -> None:
    told: list[int] = []
    async with Bulk(kafka, "one", expected=2_500, part=1_000) as bulk:
        await bulk.know((FACTS,))
        add(bulk, 2_500)
        await bulk.write(told.append)

    assert told == [1_000, 2_000, 2_500]
    assert await eventually(lambda: amounts(kafka), bool) == {1: 2_500}


async def test_who_begins_again_under_the_same_name_ends_the_former(kafka: Kafka, appender: Appender) -> None:
    async with Bulk(kafka, "one", expected=100) as former:
        await former.know((FACTS,))
        add(former, 100, amount=1)
        async with Bulk(kafka, "one", expected=100) as bulk:
            await bulk.know((FACTS,))
            add(bulk, 100, amount=2)
            with pytest.raises(BulkFailed, match="same import once more"):
                await former.write()
            await bulk.write()

    assert await eventually(lambda: amounts(kafka), bool) == {2: 100}


async def test_nothing_is_left_of_what_was_broken_off(kafka: Kafka, appender: Appender) -> None:
    async with Bulk(kafka, "one", expected=3_000, part=100) as bulk:
        await bulk.know((FACTS,))
        add(bulk, 3_000)
        begun = asyncio.Event()
        writing = asyncio.create_task(bulk.write(lambda _: begun.set()))
        await begun.wait()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        async with Bulk(kafka, "other", expected=1) as other:
            await other.settled((FACTS,))

    assert await amounts(kafka) == {}


async def test_what_an_open_transaction_hides_is_waited_for(kafka: Kafka, appender: Appender) -> None:
    producer = kafka.producer(transactional_id=f"tx-{uuid4()}")
    await producer.start()
    await producer.begin_transaction()
    batch = producer.create_batch()
    batch.append(timestamp=None, key=b"t/open", value=codec.encode(Fed(amount=7)), headers=headers(Fed(amount=7), "7"))
    await (await producer.send_batch(batch, kafka.name(FACTS), partition=0))

    async with Bulk(kafka, "one", expected=1) as bulk:
        waiting = asyncio.create_task(bulk.settled((FACTS,)))
        done, _ = await asyncio.wait({waiting}, timeout=0.5)
        assert not done
        await producer.commit_transaction()
        await waiting
    await producer.stop()

    found = await latest(kafka, FACTS, {b"t/open"})
    assert found.get("t/open") == Fed(amount=7)


async def test_the_latest_of_wanted_keys_and_where_it_was_looked(kafka: Kafka, appender: Appender) -> None:
    await appender.know(FACTS)
    for key, amount in (("t/a", 1), ("t/b", 2), ("t/a", 3), ("u/c", 4)):
        await appender.append(FACTS, key, codec.encode(Fed(amount=amount)), headers(Fed(amount=amount), f"{amount}"))
    others: list[bytes] = []
    passed: list[tuple[int, int]] = []

    found = await latest(
        kafka, FACTS, {b"t/a", b"t/nobody"}, others=lambda key, _: others.append(key),
        passed=lambda done, total: passed.append((done, total)),
    )  # fmt: skip

    assert (found.get("t/a"), found.get("t/b"), found.get("t/nobody")) == (Fed(amount=3), None, None)
    assert sorted(others) == [b"t/b", b"u/c"]
    assert sum(found.ends.values()) == 4
    assert passed[-1] == (4, 4)
    assert (await latest(kafka, FACTS, {b"t/a"}, types=frozenset((b"other.v1",)))).get("t/a") is None
    appended = found.appended("t/a")
    assert appended is not None
    first = await since(kafka, kafka.name(FACTS), appended)
    assert first[appender.partition_of(FACTS, "t/a")] <= 1
    assert await since(kafka, kafka.name(FACTS), moment(4_000_000_000_000)) == found.ends


async def test_a_topic_that_is_not_there_is_said(kafka: Kafka) -> None:
    with pytest.raises(StartError, match="topics create"):
        await latest(kafka, FACTS, {b"t/a"})
