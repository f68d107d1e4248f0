"""Charges of the time when the station was offline: they change history, what goes on they do not."""

from decimal import Decimal

from msgspec.structs import replace
from unit.session.session_story import (
    OTHER_TAG,
    TAG,
    Story,
    at,
    changed,
    ended,
    metered,
    started,
    status,
)

from volt_contracts.fact import FactTime
from volt_contracts.session import (
    SessionEnded,
    SessionFinalised,
    SessionMetered,
    SessionRevised,
    SessionStarted,
)


def test_offline_start_and_stop_arrive_hours_late_while_another_car_is_plugged_in() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1, "live", 9000, token_ref=OTHER_TAG))
    live = story.open[0]
    story.fact(started(-120, "past", 1000, offline="inferred"), heard=5)
    story.fact(metered((-100, 3000), uid="past", offline="inferred"), heard=5)
    assert story.open[0] == live
    story.fact(ended(-90, "past", 4000, offline="inferred"), heard=5)
    assert [visit.session_id for visit in story.open] == [live.session_id]
    assert story.open[0] == live
    over = story.last(SessionEnded)
    assert (over.complete, over.closed_by) == (True, "station")
    assert (over.summary.started_at, over.summary.ended_at) == (at(-120), at(-90))
    assert (over.summary.energy_wh, over.summary.token_ref) == (Decimal(3000), TAG)
    story.fact(metered((7, 9500), uid="live"))
    assert story.last(SessionMetered).energy_wh == Decimal(500)


def test_several_visits_of_the_past_beside_a_live_one() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    for number, minute in enumerate((-300, -200, -100)):
        uid, tag = f"past-{number}", f"tag-{number}"
        story.fact(started(minute, uid, 1000, offline="reported", token_ref=tag), heard=5)
    assert len(story.open) == 4 - 2, "a visit of the past ends where the next one of the past begins"
    for number, minute in enumerate((-300, -200, -100)):
        story.fact(ended(minute + 10, f"past-{number}", 2000, offline="reported"), heard=6)
    assert len(story.open) == 1
    assert all(visit.transactions for visit in story.over)
    story.pass_time(at(10))
    finals = story.all(SessionFinalised)
    assert [final.summary.energy_wh for final in finals] == [Decimal(1000)] * 3
    assert all(final.complete for final in finals)


def test_an_offline_charge_within_a_plug_that_was_seen_belongs_to_it() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(2, offline="inferred"), heard=60)
    story.fact(ended(40, offline="inferred"), heard=60)
    story.fact(status(61, "Available"))
    assert len(story.all(SessionStarted)) == 1
    assert story.last(SessionEnded).summary.energy_wh == Decimal(8000)


def test_an_offline_charge_that_arrives_after_its_unplugging_revises_the_visit() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(status(50, "Available"))
    story.fact(started(2, offline="inferred"), heard=50.2)
    story.fact(ended(40, offline="inferred"), heard=50.3)
    assert len(story.all(SessionStarted)) == 1
    first, second = story.all(SessionRevised)
    assert (first.reason, second.reason, second.revision) == ("late_start", "late_stop", 2)
    assert changed(first)["missing"] == ([], ["stop"])
    assert changed(second)["energy_wh"] == ("0", "8000")
    assert second.summary.ended_at == at(50)
    story.pass_time(at(52))
    assert (story.last(SessionFinalised).complete, story.last(SessionFinalised).summary) == (True, second.summary)


def test_an_unplugging_that_is_told_late() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1))
    story.fact(ended(20))
    story.fact(status(25, "Available", live=False), heard=90)
    over = story.last(SessionEnded)
    assert (over.summary.unplugged_at, over.summary.ended_at) == (at(25), at(25))


def test_years_of_stored_charges_at_once_keep_the_state_bounded() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    for number in range(300):
        minute = -300_000 + number * 1000.0
        story.fact(started(minute, f"tx-{number}", offline="inferred", token_ref=f"tag-{number}"), heard=1)
        if number % 3:
            story.fact(ended(minute + 60, f"tx-{number}", offline="inferred"), heard=1)
    assert story.size() < 40 * 1024
    story.pass_time(at(60 * 24 * 30))
    finals = story.all(SessionFinalised)
    assert len({final.session_id for final in finals}) == len(finals) == 301
    assert sum(final.summary.energy_wh for final in finals) == 200 * Decimal(8000)


def test_starts_of_the_past_that_come_backwards_keep_the_state_bounded() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    for number in range(200):
        story.fact(started(-1000.0 * number - 1, f"tx-{number}", offline="inferred"), heard=1)
    assert len(story.state.visits) <= 2 * 40 + 1
    assert story.open[0].started_at == at(0), "the live one stays"


def test_a_car_that_plugs_in_after_an_offline_charge_begins_a_visit() -> None:
    story = Story()
    story.fact(started(-30, offline="inferred"), heard=0)
    story.fact(ended(-10, offline="inferred"), heard=0)
    story.fact(status(0.1, "Preparing"))
    assert [event.opened_by for event in story.all(SessionStarted)] == ["transaction", "plugged"]
    assert story.last(SessionEnded).summary.ended_at == at(-10)


def test_a_car_that_is_still_there_after_an_offline_charge_is_the_same() -> None:
    story = Story()
    story.fact(started(-5, offline="inferred"), heard=0)
    story.fact(ended(-1, offline="inferred"), heard=0)
    story.fact(status(0.1, "Finishing"))
    story.fact(status(30, "Available"))
    assert len(story.all(SessionStarted)) == 1
    assert story.last(SessionEnded).summary.unplugged_at == at(30)


def test_an_offline_charge_that_went_on_after_its_visit_was_ended_by_timer_belongs_to_it() -> None:
    story = Story()
    story.fact(started(0, "tx-1", 1000))
    story.fact(ended(10, "tx-1", 2000))
    story.pass_time(at(25))
    assert story.over
    story.fact(started(20, "tx-2", 2000, offline="inferred"), heard=25.5)
    story.fact(ended(24, "tx-2", 2400, offline="inferred"), heard=25.6)
    assert len(story.all(SessionStarted)) == 1
    assert story.last(SessionRevised).summary.energy_wh == Decimal(1400)
    story.fact(started(25, "tx-3", 2400), heard=25.7)
    assert len(story.all(SessionStarted)) == 2, "what is live joins no visit that is over"


def test_the_status_of_a_running_charge_overtakes_its_start() -> None:
    story = Story()
    story.fact(status(60, "Charging", resumed=True))
    story.fact(started(5, offline="inferred"), heard=60.1)
    story.fact(metered((30, 4000), offline="inferred"), heard=60.2)
    assert [visit.started_at for visit in story.open] == [at(5)]
    story.fact(ended(70))
    story.fact(status(75, "Available"))
    assert len(story.all(SessionStarted)) == 1
    assert story.last(SessionEnded).summary.energy_wh == Decimal(8000)


def test_the_last_of_several_late_charges_is_that_of_the_car_that_is_there() -> None:
    story = Story()
    story.fact(status(60, "Charging", resumed=True))
    story.fact(started(5, "tx-1", offline="inferred"), heard=60.1)
    story.fact(ended(10, "tx-1", register=1500, offline="inferred"), heard=60.2)
    story.fact(started(40, "tx-2", 1500, offline="inferred", token_ref=OTHER_TAG), heard=60.3)
    (visit,) = story.open
    assert [transaction.uid for transaction in visit.transactions] == ["tx-2"]
    assert visit.changes[-1].charging_state == "Charging", "what the status said is of this car"
    former = story.last(SessionEnded).summary
    assert (former.energy_wh, former.plugged_at) == (Decimal(500), None)


def test_a_charge_is_over_before_its_late_start_has_come() -> None:
    """The status of its car was told as the link came back, but taken for that of the one before it."""
    story = Story()
    story.fact(started(0, "tx-1", 1000))
    story.fact(status(0.1, "Charging"))
    story.fact(status(60, "Charging", resumed=True))
    story.fact(ended(10, "tx-1", 1500, offline="inferred"), heard=60.1)
    story.fact(status(20, "Available", live=False), heard=60.2)
    story.fact(status(61, "Finishing"))
    story.fact(started(50, "tx-2", 1500, offline="inferred", token_ref=OTHER_TAG), heard=61.1)
    story.fact(status(61.5, "Available"))
    story.fact(ended(61, "tx-2", 1700, token_ref=OTHER_TAG), heard=62)
    assert [over.summary.energy_wh for over in story.all(SessionEnded)] == [Decimal(500), Decimal(200)]
    assert story.last(SessionEnded).summary.unplugged_at == at(61.5)


def test_a_car_that_has_just_come_takes_no_charge_of_the_past() -> None:
    story = Story()
    story.fact(status(60, "Preparing", resumed=True))
    story.fact(started(5, offline="inferred"), heard=60.1)
    assert len(story.all(SessionStarted)) == 2


def test_the_status_after_a_late_end_is_waited_for_from_when_that_was_heard() -> None:
    story = Story()
    story.fact(started(0, offline="inferred"), heard=60)
    story.fact(ended(10, offline="inferred"), heard=60)
    story.fact(status(61, "Finishing", resumed=True))
    assert len(story.all(SessionStarted)) == 1
    story.fact(status(70, "Available"))
    assert story.last(SessionEnded).summary.unplugged_at == at(70)


def test_where_the_clock_is_hours_behind_the_status_after_an_end_is_waited_for_all_the_same() -> None:
    story = Story()
    behind = FactTime(at=at(-120), received_at=at(0), clock="offset")
    story.fact(replace(started(-120), time=behind), heard=0)
    story.fact(replace(ended(-110), time=replace(behind, at=at(-110))), heard=10)
    story.pass_time(at(24))
    assert story.open
    story.pass_time(at(26))
    assert not story.open
