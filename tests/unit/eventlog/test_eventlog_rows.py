"""Public rows are written when their bytes change, erased when there is none any more, and not otherwise."""

from dataclasses import replace

from unit.eventlog.tally import FACTS, ROWS, TALLY, Fed, TallyRow
from unit.eventlog.tally_desk import Desk, of, rows

from volt_contracts import codec
from volt_eventlog.partition import partition_of


async def test_a_row_is_written_when_it_appears_and_when_it_changes() -> None:
    desk = Desk()
    assert rows(await desk.work(desk.fact(Fed(amount=1), topic=FACTS))) == [TallyRow(even=False)]
    assert rows(await desk.work(desk.fact(Fed(amount=2), topic=FACTS))) == [], "the state changed, its row did not"
    assert rows(await desk.work(desk.fact(Fed(amount=1), topic=FACTS))) == [TallyRow(even=True)]


async def test_where_a_state_is_said_to_show_nothing_new_no_row_is_made() -> None:
    desk = Desk(decider=replace(TALLY, unshown=lambda _before, _after: True))
    assert rows(await desk.work(desk.fact(Fed(amount=2), topic=FACTS))) == [TallyRow(even=True)], "there was none"
    assert rows(await desk.work(desk.fact(Fed(amount=1), topic=FACTS))) == [], "it is believed"


async def test_only_the_last_row_of_a_batch_is_written() -> None:
    desk = Desk()
    written = await desk.work(*(desk.fact(Fed(amount=1), topic=FACTS) for _ in range(3)))
    assert rows(written) == [TallyRow(even=False)]


async def test_a_row_that_comes_and_goes_within_a_batch_is_not_written() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(amount=2), topic=FACTS))
    assert rows(await desk.work(*(desk.fact(Fed(amount=n), topic=FACTS) for n in (1, 1)))) == []


async def test_a_row_is_erased_once() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(amount=6), topic=FACTS))
    assert rows(await desk.work(desk.fact(Fed(amount=1), topic=FACTS))) == [None]
    assert rows(await desk.work(desk.fact(Fed(amount=0), topic=FACTS))) == [], "there was none any more"


async def test_the_end_of_a_key_erases_its_row() -> None:
    desk = Desk()
    await desk.work(desk.fact(Fed(amount=1), topic=FACTS))
    (erased,) = of(await desk.work(desk.fact(Fed(amount=0), topic=FACTS)), ROWS)
    assert erased.value is None
    assert erased.tag == "tally.row.v1"
    assert erased.headers["ce_subject"] == b"t/a"


async def test_a_key_that_comes_back_has_its_row_again() -> None:
    desk = Desk()
    for amount in (2, 0):
        await desk.work(desk.fact(Fed(amount=amount), topic=FACTS))
    assert rows(await desk.work(desk.fact(Fed(amount=2), topic=FACTS))) == [TallyRow(even=True)]


async def test_what_was_published_before_a_restart_is_not_published_again() -> None:
    before = Desk()
    await before.work(before.fact(Fed(amount=1), topic=FACTS))
    after = Desk(states=dict(before.keys.states), positions=dict(before.positions))
    assert rows(await after.work(after.fact(Fed(amount=2), topic=FACTS))) == []
    assert rows(await after.work(after.fact(Fed(amount=1), topic=FACTS))) == [TallyRow(even=True)]


async def test_a_row_lies_in_the_partition_of_its_key_and_names_its_cause() -> None:
    desk = Desk()
    topic, record = desk.fact(Fed(amount=1), topic=FACTS, key="t/somebody")
    (row,) = of(await desk.work((topic, record)), ROWS)
    assert row.partition == partition_of("t/somebody", 6)
    assert row.headers["ce_causationid"] == dict(record.headers)["ce_id"]
    assert codec.decode(ROWS, row.tag, row.value or b"") == TallyRow(even=False)


async def test_an_aborted_batch_publishes_its_row_again() -> None:
    desk = Desk()
    topic, record = desk.fact(Fed(amount=1), topic=FACTS)
    aborted = desk.batch()
    aborted.take(topic, record)
    aborted.close()
    assert rows(await desk.work((topic, record))) == [TallyRow(even=False)]


async def test_parking_changes_no_row() -> None:
    desk = Desk(TALLY)
    await desk.work(desk.fact(Fed(amount=1), topic=FACTS))
    assert rows(await desk.work(desk.fact(Fed(poison=True), topic=FACTS))) == []
