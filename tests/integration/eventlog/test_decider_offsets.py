"""Where a decider goes on: never at a guess. Without an offset, or with an expired one, it refuses and says why."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import integration.eventlog.counting as counting
import pytest
from aiokafka.admin import RecordsToDelete
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from integration.eventlog.counting import COUNTING
from integration.eventlog.members import Crew, Member, effects, pour

from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.partition import partition_of
from volt_eventlog.reading import size_up
from volt_eventlog.topics_admin import TopicMismatch, create_topics
from volt_eventlog.transaction import Outbox, transact
from volt_runtime.run import StartError
from volt_testkit.polling import eventually

pytestmark = pytest.mark.kafka


async def refusal(member: Member) -> str:
    """Why the member ended by itself."""
    await member.begin()
    assert member.task is not None
    done, _ = await asyncio.wait({member.task}, timeout=30)
    assert done, "it works although it must not"
    failure = member.task.exception()
    assert isinstance(failure, StartError), f"one sentence for the operator, not {failure!r}"
    return str(failure)


async def committed(kafka: Kafka) -> dict[str, int | None]:
    """The group's offsets."""
    consumer = kafka.consumer(group=kafka.group(COUNTING.lane))
    await consumer.start()
    try:
        places = [TopicPartition(kafka.name(t), p) for t in COUNTING.inputs for p in range(6)]
        return {f"{place.topic}-{place.partition}": await consumer.committed(place) for place in places}
    finally:
        await consumer.stop()


async def test_every_group_begins_at_the_beginning_and_only_once(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    assert set((await committed(kafka)).values()) == {0}
    member = await crew.working()
    await pour(appender, [str(uuid4()) for _ in range(60)])
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == 60)
    await member.stop()
    moved = await committed(kafka)
    assert sum(offset or 0 for offset in moved.values()) == 60
    assert await create_topics(kafka, [COUNTING], topics=counting.TOPICS) == []
    assert await committed(kafka) == moved, "creating again changes nothing"


async def test_without_a_committed_offset_it_refuses(kafka: Kafka, crew: Crew) -> None:
    strange = replace(COUNTING, name="stranger")
    why = await refusal(crew.member(strange))
    assert why.startswith("counting.stranger has no ")
    assert "offset" in why


async def test_with_an_expired_offset_it_refuses(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    """Facts that expired unread are lost; going on behind them would hide it."""
    await pour(appender, [str(uuid4()) for _ in range(60)])
    ends = {place: end for place, (_, end) in (await size_up(kafka, [kafka.name(counting.FACTS)])).places.items()}
    admin = kafka.admin()
    await admin.start()
    await admin.delete_records({place: RecordsToDelete(before_offset=end) for place, end in ends.items()})
    await admin.close()
    why = await refusal(crew.member())
    assert "has no usable offset" in why
    assert "expired" in why
    assert await effects(kafka) == []


async def test_after_a_quiet_time_in_which_all_it_has_read_expired_it_goes_on(
    kafka: Kafka, appender: Appender, crew: Crew
) -> None:
    """Behind the last record of a transaction lies its marker, which is no record: that is passed, too."""
    ids = [str(uuid4()) for _ in range(12)]
    producer = kafka.producer(transactional_id="a sender of commands")
    await producer.start()
    outbox = Outbox()
    for number, record_id in enumerate(ids):
        key = f"t/{number}"
        value, headers = b'{"type":"counting.fed.v1","amount":1}', counting.headers(counting.Fed(amount=1), record_id)
        outbox.add(kafka.name(counting.FACTS), partition_of(key, 6), key.encode(), value, headers)
    await transact(producer, outbox)
    await producer.stop()
    member = await crew.working()
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == len(ids))
    ends = {place: end for place, (_, end) in (await size_up(kafka, [kafka.name(counting.FACTS)])).places.items()}
    expected = {f"{place.topic}-{place.partition}": end for place, end in ends.items()}
    await eventually(lambda: committed(kafka), lambda found: expected.items() <= found.items(), 30)
    await member.stop()
    admin = kafka.admin()
    await admin.start()
    await admin.delete_records({place: RecordsToDelete(before_offset=end) for place, end in ends.items()})
    await admin.close()
    await crew.working()
    await pour(appender, [str(uuid4()) for _ in range(5)])
    await eventually(lambda: effects(kafka), lambda seen: len(seen) == len(ids) + 5)


async def test_with_an_offset_beyond_the_end_it_refuses(kafka: Kafka, appender: Appender, crew: Crew) -> None:
    """The topic was made anew under the group: what is appended now would be skipped."""
    consumer = kafka.consumer(group=kafka.group(COUNTING.lane))
    await consumer.start()
    place = TopicPartition(kafka.name(counting.FACTS), 0)
    consumer.assign([place])
    await consumer.commit({place: OffsetAndMetadata(1000, "")})
    await consumer.stop()
    assert "has no usable offset" in await refusal(crew.member())


async def test_without_topics_it_refuses(kafka: Kafka) -> None:
    with pytest.raises(StartError, match=r"there is no topic .*feeding\.events; run `voltlog topics create` first"):
        await _start(Member(kafka))


async def test_with_unequal_partition_counts_it_refuses(kafka: Kafka) -> None:
    single = replace(counting.COMMANDS, scale="single")
    topics = tuple(single if topic is counting.COMMANDS else topic for topic in counting.TOPICS)
    await create_topics(kafka, [], topics=topics)
    names = [kafka.name(topic) for topic in topics]
    await eventually(lambda: size_up(kafka, names), lambda found: len(found.partition_counts()) == len(names))
    with pytest.raises(StartError, match="differ in partitions"):
        await _start(Member(kafka))


async def _start(member: Member) -> None:
    try:
        await member.host.start()
    finally:
        await member.host.stop()


async def test_a_topic_with_another_partition_count_is_not_touched(kafka: Kafka, appender: Appender) -> None:
    single = replace(counting.FACTS, scale="single")
    with pytest.raises(TopicMismatch, match=r"feeding\.events has 6 partitions, not 1"):
        await create_topics(kafka, [], topics=[single])
