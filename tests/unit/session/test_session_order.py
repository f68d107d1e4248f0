"""What is told live happened in the order in which it came, though the clock was moved in between."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from unit.session.session_story import (
    OTHER_TAG,
    TAG,
    Story,
    at,
    ended,
    metered,
    started,
    status,
    time,
    updated,
)

from volt_contracts.session import SessionEnded, SessionFinalised, SessionMetered, SessionStarted
from volt_session.domain.session import current, running


def said(fact: Any, heard: float) -> Any:
    """The fact as it is heard on an open link at that minute."""
    return replace(fact, time=replace(time(0, heard), at=fact.time.at, clock="offset"))


def charging(register: int = 1000) -> Story:
    """A car charges since minute 1, and the last reading is of minute 10."""
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1, register=register))
    story.fact(status(1, "Charging"))
    story.fact(metered((10, register + 500)))
    return story


def test_a_visit_ends_although_the_clock_says_that_it_had_not_begun() -> None:
    story = charging()
    story.fact(said(ended(-49, register=2000), 11), heard=11)
    story.fact(said(status(-48, "Available"), 12), heard=12)
    over = story.last(SessionEnded)
    assert (over.closed_by, over.complete, over.summary.energy_wh) == ("station", True, Decimal(1000))
    assert (over.summary.transaction_ended_at, over.summary.unplugged_at) == (at(11), at(12))
    assert over.summary.ended_at == at(12)
    assert story.open == []


def test_the_next_cars_have_visits_of_their_own_and_the_first_one_keeps_its_energy() -> None:
    story = charging(0)
    story.fact(said(ended(-49, register=25871), 11), heard=11)
    story.fact(said(status(-48, "Available"), 12), heard=12)
    first = 25871
    for number, (tag, wh) in enumerate(((OTHER_TAG, 20000), (TAG, 18126))):
        now, uid = 13 + 10 * number, f"next-{number}"
        story.fact(said(status(now - 60, "Preparing"), now), heard=now)
        story.fact(said(started(now - 59, uid, first, token_ref=tag), now + 1), heard=now + 1)
        story.fact(said(status(now - 59, "Charging"), now + 1), heard=now + 1)
        visit = current(story.state, 1)
        assert visit is not None
        assert [transaction.uid for transaction in running(visit)] == [uid]
        story.fact(said(ended(now - 52, uid, first + wh), now + 8), heard=now + 8)
        story.fact(said(status(now - 51, "Available"), now + 9), heard=now + 9)
        assert story.open == []
        first += wh
    story.pass_time(at(60))
    finals = [(final.summary.token_ref, int(final.summary.energy_wh)) for final in story.all(SessionFinalised)]
    assert finals == [(TAG, 25871), (OTHER_TAG, 20000), (TAG, 18126)]
    assert len(story.all(SessionStarted)) == 3


@pytest.mark.parametrize("minute", [-289, 5, 9.5])
def test_a_higher_register_counts_at_its_reception_or_after_the_one_before(minute: float) -> None:
    story = charging()
    story.fact(replace(metered((minute, 1800)), time=time(minute, 11)), heard=11)
    told = story.last(SessionMetered)
    assert (told.energy_wh, told.at) == (Decimal(800), at(11) if minute < 9 else at(10))


def test_a_lower_register_keeps_its_time() -> None:
    story = charging()
    story.fact(metered((20, 1600)))
    story.fact(replace(metered((17, 1550)), time=time(17, 21)), heard=21)
    assert (story.last(SessionMetered).energy_wh, story.last(SessionMetered).at) == (Decimal(550), at(17))


def test_the_charging_state_that_came_last_is_the_one_in_force() -> None:
    story = charging()
    story.fact(said(updated(-50, charging_state="SuspendedEV"), 11), heard=11)
    assert story.open[0].changes[-1].charging_state == "SuspendedEV"
    assert story.open[0].changes[-1].at == at(11)


def test_a_clock_that_was_ahead_and_is_set_right_does_not_lose_the_end() -> None:
    story = Story()
    story.fact(said(status(120, "Preparing"), 0), heard=0)
    story.fact(said(started(121), 1), heard=1)
    story.fact(said(status(121, "Charging"), 1), heard=1)
    story.fact(metered((10, 5000)))
    story.fact(ended(11))
    story.fact(status(12, "Available"))
    over = story.last(SessionEnded)
    assert (over.closed_by, over.summary.energy_wh) == ("station", Decimal(8000))
    story.fact(status(12.5, "Preparing"))
    assert [visit.plugged_at for visit in story.open] == [over.summary.unplugged_at], "the next one, not before it"


def test_a_stop_that_is_late_on_an_open_link_keeps_its_time() -> None:
    story = charging()
    story.fact(said(ended(11), 18), heard=18)
    story.fact(status(19, "Available"))
    assert story.last(SessionEnded).summary.transaction_ended_at == at(11)


def test_history_keeps_its_time() -> None:
    story = charging()
    story.fact(started(-120, "past", 100, offline="inferred", token_ref=OTHER_TAG), heard=11)
    story.fact(ended(-90, "past", 400, offline="inferred"), heard=11)
    assert (story.last(SessionEnded).summary.started_at, story.last(SessionEnded).summary.ended_at) == (
        at(-120),
        at(-90),
    )
    visit = current(story.state, 1)
    assert visit is not None
    assert [transaction.uid for transaction in running(visit)] == ["tx-1"]


def test_a_start_that_does_not_say_where_is_moved_as_well() -> None:
    """Live facts of a station come in order to within a minute, at whichever of its EVSEs."""
    story = charging()
    story.fact(said(started(-300, "tx-2", 2000, evse=0, connector=0, token_ref=OTHER_TAG), heard=20))
    (visit,) = [one for one in story.open if one.evse == 0]
    assert visit.started_at == at(20)
