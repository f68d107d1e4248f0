"""The appender on a real broker: acknowledged means durable, in order, once; also over the broker's death."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import integration.eventlog.counting as counting
import pytest
import pytest_asyncio
from integration.eventlog.counting import COUNTING, FACTS, Fed, headers
from integration.eventlog.members import Crew, effects, pour

from volt_contracts import codec
from volt_devstack.kafka import KafkaServer
from volt_eventlog import appender as appender_module
from volt_eventlog.appender import Appender, AppendFailed
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Position
from volt_eventlog.pace import Pace
from volt_eventlog.partition import partition_of
from volt_eventlog.reading import read
from volt_eventlog.sizes import MAX_RECORD_BYTES, TooLarge
from volt_eventlog.topics_admin import create_topics
from volt_testkit.polling import eventually
from volt_testkit.stack import free_port

pytestmark = pytest.mark.kafka

VALUE = codec.encode(Fed(amount=1))


async def stored(kafka: Kafka) -> dict[Position, str]:
    """Position → id of every record of the facts' topic."""
    found: dict[Position, str] = {}
    async for place, records in read(kafka, [kafka.name(FACTS)]):
        for record in records:
            where = Position(FACTS.name, place.partition, record.offset)
            found[where] = dict(record.headers)["ce_id"].decode()
    return found


def put(appender: Appender, key: str, id: str) -> asyncio.Future[Position]:
    """Append one fact."""
    return appender.append(FACTS, key, VALUE, headers(Fed(amount=1), id))


async def test_every_acknowledgement_names_the_place_of_its_record(kafka: Kafka, appender: Appender) -> None:
    await appender.know(FACTS)
    ids = [str(uuid4()) for _ in range(500)]
    positions = await asyncio.gather(*(put(appender, f"t/{n % 17}", id) for n, id in enumerate(ids)))
    assert dict(zip(positions, ids, strict=True)) == await stored(kafka)
    for number, position in enumerate(positions):
        assert position.partition == partition_of(f"t/{number % 17}", 6)


async def test_records_of_a_partition_keep_their_order(kafka: Kafka, appender: Appender) -> None:
    """Also those that arrive while a batch is on its way."""
    await appender.know(FACTS)
    futures = []
    for number in range(300):
        futures.append(put(appender, "t/one", str(number)))
        if number % 20 == 0:
            await asyncio.sleep(0)
    offsets = [position.offset for position in await asyncio.gather(*futures)]
    assert offsets == list(range(300))
    assert list((await stored(kafka)).values()) == [str(number) for number in range(300)]


async def test_records_that_come_one_after_the_other_are_gathered_until_there_are_enough(
    kafka: Kafka, appender: Appender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first goes out at once; then there is a pause, here one that does not end, which enough records cut short."""
    monkeypatch.setattr(appender_module, "PACE", Pace(600.0, 600.0, 600.0))
    await appender.know(FACTS)
    await put(appender, "t/first", "first")
    few = [put(appender, "t/few", str(number)) for number in range(3)]
    assert await appender.know(FACTS) == 6
    assert not any(future.done() for future in few)
    many = [put(appender, f"t/{number}", f"many {number}") for number in range(appender_module.ENOUGH)]
    await asyncio.gather(*few, *many[: appender_module.ENOUGH - 3])
    assert len(await stored(kafka)) >= 1 + appender_module.ENOUGH
    await appender.stop()
    await asyncio.gather(*many)


async def test_what_is_being_gathered_is_sent_before_the_end(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender_module, "PACE", Pace(600.0, 600.0, 600.0))
    await create_topics(kafka, [COUNTING], topics=counting.TOPICS)
    ending = Appender(kafka)
    await ending.start()
    await ending.know(FACTS)
    await put(ending, "t/one", "first")
    last = put(ending, "t/one", "last")
    await ending.stop()
    assert (await last).offset == 1


async def test_a_full_batch_does_not_hold_up_the_rest(kafka: Kafka, appender: Appender) -> None:
    await appender.know(FACTS)
    large = b"x" * 600_000
    futures = [appender.append(FACTS, "t/one", large, headers(Fed(amount=1), str(n))) for n in range(4)]
    assert [position.offset for position in await asyncio.gather(*futures)] == [0, 1, 2, 3]


async def test_too_large_a_record_is_refused_at_once_and_hurts_nobody(kafka: Kafka, appender: Appender) -> None:
    await appender.know(FACTS)
    before = put(appender, "t/one", "before")
    with pytest.raises(TooLarge):
        appender.append(FACTS, "t/one", b"x" * MAX_RECORD_BYTES, headers(Fed(amount=1), "giant"))
    after = put(appender, "t/one", "after")
    await asyncio.gather(before, after)
    assert list((await stored(kafka)).values()) == ["before", "after"]


async def test_a_caller_that_gave_up_does_not_hold_up_others(kafka: Kafka, appender: Appender) -> None:
    await appender.know(FACTS)
    given_up = put(appender, "t/one", "given up")
    given_up.cancel()
    assert (await put(appender, "t/one", "next")).offset == 1
    assert list((await stored(kafka)).values()) == ["given up", "next"]


async def test_callbacks_hear_the_offset(kafka: Kafka, appender: Appender) -> None:
    await appender.know(FACTS)
    heard: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()
    for number in range(3):
        appender.append_with(
            FACTS, b"t/one", VALUE, headers(Fed(amount=1), str(number)), 4, lambda o, e: heard.put_nowait((o, e))
        )
    assert [await asyncio.wait_for(heard.get(), 10) for _ in range(3)] == [(0, None), (1, None), (2, None)]
    assert {position.partition for position in await stored(kafka)} == {4}


async def test_stopping_sends_what_waits(kafka: Kafka, appender: Appender) -> None:
    other = Appender(kafka)
    await other.start()
    await other.know(FACTS)
    futures = [put(other, f"t/{n}", str(n)) for n in range(50)]
    await other.stop()
    assert all(future.done() for future in futures)
    assert len(await stored(kafka)) == 50


@pytest_asyncio.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KafkaServer]:
    """A broker of this file's own, to be killed."""
    server = KafkaServer(tmp_path_factory.mktemp("own") / "kafka", free_port(), free_port(), heap="256m")
    await asyncio.to_thread(server.start)
    await asyncio.to_thread(server.wait_ready, 90)
    yield server
    await asyncio.to_thread(server.stop)


async def test_over_the_brokers_death_what_was_acknowledged_is_stored_once_and_in_order(broker: KafkaServer) -> None:
    kafka = Kafka(broker.bootstrap, client_id="test")
    await create_topics(kafka, [], topics=[counting.FACTS])
    appender = Appender(kafka)
    await appender.start()
    await eventually(lambda: appender.know(FACTS), lambda count: count == 6)
    acknowledged: dict[str, Position] = {}
    failed: set[str] = set()

    async def one(number: int) -> None:
        id = f"{number:05d}"
        try:
            acknowledged[id] = await put(appender, f"t/{number % 11}", id)
        except AppendFailed:
            failed.add(id)

    async def some() -> int:
        return len(acknowledged)

    async def healthy() -> bool:
        return appender.failing_since is None

    work = []
    for number in range(3000):
        work.append(asyncio.create_task(one(number)))
        await asyncio.sleep(0.001)
        if number == 1000:
            await eventually(some, lambda count: count > 0)
            broker.kill()
        if number == 2000:
            assert len(acknowledged) <= 1001
            await eventually(healthy, lambda well: not well)
            await asyncio.to_thread(broker.restart)
    await asyncio.wait_for(asyncio.gather(*work), 60)
    await eventually(healthy, bool)
    await appender.stop()
    there = await stored(kafka)
    assert len(acknowledged) + len(failed) == 3000
    assert {position: there[position] for position in acknowledged.values()} == {
        position: id for id, position in acknowledged.items()
    }
    assert len(set(there.values())) == len(there), "nothing is there twice"
    for partition in range(6):
        in_order = [id for position, id in sorted(there.items(), key=_offset) if position.partition == partition]
        assert in_order == sorted(in_order)


async def test_a_decider_lives_through_the_brokers_death(broker: KafkaServer, tmp_path: Path) -> None:
    """What was appended has one effect, whatever transaction was open when the broker died."""
    kafka = Kafka(broker.bootstrap, prefix="decider.", client_id="test")
    await create_topics(kafka, [COUNTING], topics=counting.TOPICS)
    appender, crew = Appender(kafka), Crew(kafka, tmp_path)
    await appender.start()
    try:
        member = await crew.working()
        await pour(appender, before := [str(uuid4()) for _ in range(300)])
        broker.kill()
        await asyncio.to_thread(broker.restart)
        await pour(appender, after := [str(uuid4()) for _ in range(300)])

        async def seen() -> list[str]:
            member.check()
            return await effects(kafka)

        found = await eventually(seen, lambda found: len(found) >= 600, 60)
        assert sorted(found) == sorted(before + after)
    finally:
        await crew.leave()
        await appender.stop()


def _offset(entry: tuple[Position, str]) -> tuple[int, int]:
    return entry[0].partition, entry[0].offset
