"""What waits in a task: merged over the inputs by append time, in offset order within each, never twice."""

from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from volt_eventlog.intake import Intake


@dataclass(frozen=True)
class Waiting:
    """As much of a fetched record as the intake looks at."""

    offset: int
    timestamp: int


def moment(milliseconds: int) -> datetime:
    """The time of a timestamp."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def intake(**positions: int) -> Intake:
    """An intake that begins at these offsets."""
    made = Intake(list(positions))
    made.reset(positions)
    return made


def test_records_come_out_by_append_time_over_all_inputs() -> None:
    both = intake(facts=0, commands=0)
    both.add("facts", [Waiting(0, 10), Waiting(1, 30), Waiting(2, 50)])
    both.add("commands", [Waiting(0, 20), Waiting(1, 40)])
    taken = both.take(10)
    assert [(topic, record.timestamp) for topic, record in taken] == [
        ("facts", 10), ("commands", 20), ("facts", 30), ("commands", 40), ("facts", 50),
    ]  # fmt: skip
    assert both.size == 0


def test_records_of_one_moment_come_in_the_order_of_the_inputs() -> None:
    both = intake(facts=0, commands=0)
    both.add("commands", [Waiting(0, 10)])
    both.add("facts", [Waiting(0, 10)])
    assert [topic for topic, _ in both.take(10)] == ["facts", "commands"]


def test_no_more_than_asked_for_is_taken() -> None:
    one = intake(facts=0)
    one.add("facts", [Waiting(n, n) for n in range(10)])
    assert len(one.take(4)) == 4
    assert one.size == 6
    assert [record.offset for _, record in one.take(100)] == [4, 5, 6, 7, 8, 9]


def test_what_was_fetched_before_a_reset_is_left_out() -> None:
    one = intake(facts=0)
    one.add("facts", [Waiting(n, n) for n in range(5)])
    one.reset({"facts": 3})
    assert one.size == 0
    one.add("facts", [Waiting(n, n) for n in range(1, 6)])
    assert [record.offset for _, record in one.take(10)] == [3, 4, 5]


def test_a_record_that_is_fetched_twice_waits_once() -> None:
    one = intake(facts=0)
    one.add("facts", [Waiting(0, 0), Waiting(1, 1)])
    one.add("facts", [Waiting(1, 1), Waiting(2, 2)])
    assert [record.offset for _, record in one.take(10)] == [0, 1, 2]


def test_gaps_of_transaction_markers_and_compaction_are_no_matter() -> None:
    one = intake(facts=0)
    one.add("facts", [Waiting(3, 0), Waiting(9, 1)])
    one.add("facts", [Waiting(40, 2)])
    assert [record.offset for _, record in one.take(10)] == [3, 9, 40]


def test_it_knows_the_next_the_last_and_the_oldest_time() -> None:
    both = intake(facts=0, commands=0)
    assert (both.head_at("facts"), both.last_at("facts"), both.oldest_at()) == (None, None, None)
    both.add("facts", [Waiting(0, 2000), Waiting(1, 3000)])
    both.add("commands", [Waiting(0, 1000)])
    assert both.oldest_at() == moment(1000)
    both.take(2)
    assert both.head_at("facts") == moment(3000)
    assert both.last_at("facts") == moment(2000)
    assert both.waits("facts")
    assert not both.waits("commands")


def test_after_a_reset_no_time_of_records_that_come_again_is_known() -> None:
    """Otherwise a tick could be given a time that the records to be read again have not reached."""
    one = intake(facts=0)
    one.add("facts", [Waiting(0, 1000), Waiting(1, 9000)])
    one.take(2)
    one.reset({"facts": 0})
    assert one.last_at("facts") is None


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 5)), max_size=40),
    st.integers(1, 7),
)
def test_any_arrival_gives_every_record_once_in_offset_order(arrivals: list[tuple[str, int]], limit: int) -> None:
    mixed = intake(a=0, b=0, c=0)
    clock, ends = 0, {"a": 0, "b": 0, "c": 0}
    taken: list[tuple[str, Waiting]] = []
    for topic, step in arrivals:
        clock += step
        mixed.add(topic, [Waiting(ends[topic], clock)])
        ends[topic] += 1
        if step == 5:
            taken += mixed.take(limit)
    while mixed.size:
        taken += mixed.take(limit)
    for topic, end in ends.items():
        assert [record.offset for name, record in taken if name == topic] == list(range(end))
