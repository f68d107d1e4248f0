"""A table: ready with all rows that were committed before, then following; the latest row of each key rules."""

from collections.abc import AsyncIterator
from uuid import uuid4

import integration.eventlog.counting as counting
import pytest
import pytest_asyncio
from integration.eventlog.counting import ROWS, Row, headers

from volt_contracts import codec
from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.table import Table, TableSet
from volt_testkit.polling import eventually

pytestmark = pytest.mark.kafka


@pytest_asyncio.fixture
async def table(kafka: Kafka) -> AsyncIterator[Table]:
    """A table that is not started yet."""
    made = Table(kafka, ROWS)
    yield made
    await made.stop()


async def publish(appender: Appender, key: str, total: int | None) -> None:
    """Publish a row, or erase it."""
    await appender.know(ROWS)
    value = None if total is None else codec.encode(Row(total))
    await appender.append(ROWS, key, value, headers(Row(0), str(uuid4())))


async def shows(table: Table, key: str, total: int | None) -> None:
    """Wait until a row is what it should be."""

    async def row() -> Row | None:
        found: Row | None = table.get(key)
        return found

    await eventually(row, lambda found: found == (None if total is None else Row(total)))


async def test_it_is_ready_with_the_latest_row_of_every_key(appender: Appender, table: Table) -> None:
    for number in range(200):
        await publish(appender, f"t/{number % 20}", number)
    await publish(appender, "t/3", None)
    assert not table.ready()
    await table.start()
    assert table.ready()
    assert len(table) == 19
    assert table.get("t/3") is None
    assert [table.get(f"t/{n}") for n in (0, 19)] == [Row(180), Row(199)]
    assert set(table.keys()) == {f"t/{n}" for n in range(20) if n != 3}


async def test_an_empty_topic_is_ready_at_once(appender: Appender, table: Table) -> None:
    await table.start()
    assert table.ready()
    assert len(table) == 0
    assert table.get("t/a") is None


async def test_it_follows_changes_and_tombstones(appender: Appender, table: Table) -> None:
    await publish(appender, "t/a", 1)
    await table.start()
    for total in (2, None, 3):
        await publish(appender, "t/a", total)
        await shows(table, "t/a", total)


async def test_followers_hear_what_is_there_and_what_changes(appender: Appender, table: Table) -> None:
    await publish(appender, "t/a", 1)
    await publish(appender, "t/b", 2)
    await table.start()
    heard: list[tuple[str, Row | None]] = []
    table.follow(lambda key, row: heard.append((key, row)))
    assert sorted(heard, key=str) == [("t/a", Row(1)), ("t/b", Row(2))]
    await publish(appender, "t/a", 7)
    await publish(appender, "t/a", None)

    async def told() -> list[tuple[str, Row | None]]:
        return heard[2:]

    await eventually(told, lambda told: told == [("t/a", Row(7)), ("t/a", None)])


async def test_rows_of_an_open_transaction_are_not_waited_for_and_come_when_it_commits(
    kafka: Kafka, appender: Appender, table: Table
) -> None:
    await publish(appender, "t/a", 1)
    owner = kafka.producer(transactional_id="owner")
    await owner.start()
    await owner.begin_transaction()
    place = appender.partition_of(ROWS, "t/a")
    batch = owner.create_batch()
    batch.append(timestamp=None, key=b"t/a", value=codec.encode(Row(2)), headers=headers(Row(0), "x"))
    await (await owner.send_batch(batch, kafka.name(ROWS), partition=place))
    await table.start()
    assert table.get("t/a") == Row(1)
    await owner.commit_transaction()
    await owner.stop()
    await shows(table, "t/a", 2)


async def test_a_row_that_cannot_be_read_is_as_if_it_were_not_there(appender: Appender, table: Table) -> None:
    await publish(appender, "t/a", 1)
    await appender.append(ROWS, "t/a", b"{nonsense", headers(Row(0), "x"))
    await appender.append(ROWS, "t/b", b'{"type":"counting.row.v9"}', headers(counting.Fed(amount=1), "y"))
    await publish(appender, "t/c", 3)
    await table.start()
    assert [table.get(key) for key in ("t/a", "t/b", "t/c")] == [None, None, Row(3)]
    await publish(appender, "t/a", 4)
    await shows(table, "t/a", 4)


async def test_a_set_of_tables_is_looked_up_by_topic(kafka: Kafka, appender: Appender) -> None:
    await publish(appender, "t/a", 1)
    tables = TableSet(kafka, (ROWS,))
    await tables.start()
    assert tables.get(ROWS, "t/a") == Row(1)
    assert tables[ROWS].ready()
    await tables.stop()
