"""What comes late, twice, out of order or never: it revises what is over and is told when it is too late."""

from decimal import Decimal

import msgspec
import pytest
from unit.session.session_story import (
    OTHER_TAG,
    TAG,
    Rows,
    Story,
    at,
    changed,
    ended,
    metered,
    started,
    status,
    updated,
)

from volt_contracts.network import TenantRow, TenantSettings
from volt_contracts.session import (
    LateSessionFact,
    NoteUse,
    SessionEnded,
    SessionFinalised,
    SessionMetered,
    SessionRevised,
    SessionStarted,
    TransactionJoined,
)
from volt_contracts.station import ReadingsAttributed, SequenceGap
from volt_contracts.topics import NETWORK_TENANTS

HOURS = 60.0


def test_a_lost_stop_that_comes_late() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1))
    story.fact(metered((10, 2000), (20, 3000)))
    story.fact(status(30, "Available"))
    assert story.open[0].unplugged_at == at(30)
    story.pass_time(at(45))
    over = story.last(SessionEnded)
    assert (over.closed_by, over.complete, over.missing) == ("timer", False, ("stop",))
    assert (over.summary.energy_wh, over.summary.ended_at) == (Decimal(2000), at(30))
    assert [use.running for use in story.sent(NoteUse)] == [True, False], "a lost stop does not hold the token"
    story.fact(ended(29, register=3500), heard=120)
    revised = story.last(SessionRevised)
    assert (revised.reason, revised.revision) == ("late_stop", 1)
    assert changed(revised)["energy_wh"] == ("2000", "2500")
    assert changed(revised)["missing"] == (["stop"], [])
    assert revised.finalise_at == at(121)
    story.pass_time(at(121))
    assert story.last(SessionFinalised).complete


def test_a_stop_that_never_comes_is_waited_for_as_long_as_the_tenant_says() -> None:
    tables = Rows()
    tables.put(
        NETWORK_TENANTS,
        "demo/demo",
        TenantRow(version=1, settings=TenantSettings(name="demo", settlement_delay_s=3600)),
    )
    story = Story(tables)
    story.fact(started(0))
    story.fact(metered((10, 2000)))
    story.fact(status(20, "Available"))
    story.pass_time(at(35))
    assert story.last(SessionEnded).finalise_at == at(95)
    story.pass_time(at(95))
    final = story.last(SessionFinalised)
    assert (final.complete, final.missing, final.summary.energy_wh) == (False, ("stop",), Decimal(1000))
    assert not story.state.visits


def test_a_new_plug_while_a_stop_is_lost_begins_the_next_visit() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1))
    story.fact(metered((10, 2000)))
    story.fact(status(20, "Available"))
    story.fact(status(25, "Preparing"))
    assert [event.started_at for event in story.all(SessionStarted)] == [at(0), at(25)]
    assert (story.last(SessionEnded).missing, story.last(SessionEnded).summary.ended_at) == (("stop",), at(20))
    assert story.open[0].plugged_at == at(25)


def test_a_car_that_charges_on_after_available_had_not_left() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1))
    story.fact(status(5, "Available"))
    story.fact(metered((6, 1500)))
    assert story.open[0].unplugged_at is None
    story.pass_time(at(60))
    assert story.open


def test_a_live_charge_of_another_token_while_a_stop_is_lost() -> None:
    story = Story()
    story.fact(started(0, "tx-1"))
    story.fact(metered((10, 2000)))
    story.fact(started(30, "tx-2", 2500, token_ref=OTHER_TAG))
    assert (story.last(SessionEnded).missing, story.last(SessionEnded).summary.ended_at) == (("stop",), at(10))
    story.fact(ended(12, "tx-1", 2100), heard=31)
    assert story.last(SessionRevised).summary.ended_at == at(12)
    assert [visit.transactions[0].uid for visit in story.open] == ["tx-2"]


def test_readings_after_the_stop_revise_an_ended_visit() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1))
    story.fact(ended(20, register=5000))
    story.fact(status(21, "Available"))
    story.fact(metered((20.5, 5100)), heard=21.5)
    revised = story.last(SessionRevised)
    assert (revised.reason, changed(revised)["energy_wh"]) == ("late_readings", ("4000", "4100"))
    assert revised.finalise_at == at(22.5)


def test_a_stop_without_a_register_waits_for_its_last_reading() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1))
    story.fact(metered((10, 2000)))
    story.fact(ended(20, register=-1))
    story.fact(status(21, "Available"))
    assert story.last(SessionEnded).missing == ("register",)
    story.fact(metered((20, 2500)), heard=22)
    assert changed(story.last(SessionRevised))["missing"] == (["register"], [])


def test_late_readings_of_the_middle_change_nothing_of_the_total() -> None:
    story = Story()
    story.fact(started(0))
    story.fact(metered((20, 3000)))
    story.fact(metered((16, 2000), offline="inferred"), heard=21)
    late = story.last(SessionMetered)
    assert (late.at, late.energy_wh) == (at(16), Decimal(1000))
    story.fact(ended(30, register=3000))
    story.pass_time(at(60))
    assert story.last(SessionFinalised).summary.energy_wh == Decimal(2000)


def test_gaps_keep_a_visit_from_being_complete_until_they_are_filled() -> None:
    story = Story()
    story.fact(status(0, "Occupied"))
    story.fact(started(1, seq_no=0))
    story.fact(ended(20, seq_no=5, missing=("seq:3", "seq:4")))
    story.fact(status(21, "Available"))
    assert (story.last(SessionEnded).complete, story.last(SessionEnded).missing) == (False, ("seq:3", "seq:4"))
    story.fact(updated(10, seq_no=3, offline="reported"), heard=22)
    story.fact(metered((15, 5000), seq_no=4, offline="reported"), heard=23)
    assert changed(story.last(SessionRevised))["missing"] == (["seq:4"], [])
    story.pass_time(at(24))
    assert story.last(SessionFinalised).complete


def test_a_gap_that_is_noticed_after_the_end() -> None:
    story = Story()
    story.fact(status(0, "Occupied"))
    story.fact(started(1, seq_no=0))
    story.fact(ended(20, seq_no=5))
    story.fact(SequenceGap(transaction_uid="tx-1", missing=(2,), at=at(20)), heard=20)
    story.fact(status(21, "Available"))
    assert story.last(SessionEnded).missing == ("seq:2",)


@pytest.mark.parametrize("fact", [started(1), metered((10, 2000)), ended(20, register=5000), status(1.1, "Charging")])
def test_what_is_said_twice_changes_nothing(fact: msgspec.Struct) -> None:
    story = Story()
    for one in (
        started(1),
        status(1.1, "Charging"),
        metered((10, 2000)),
        metered((12, 2500)),
        ended(20, register=5000),
    ):
        story.fact(one)
    before, outputs = story.state, story.fact(fact, heard=21)
    assert outputs == []
    assert story.state == before


def test_a_finalised_visit_is_not_touched_again() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1))
    story.fact(ended(20))
    story.fact(status(21, "Available"))
    story.pass_time(at(30))
    session_id = story.last(SessionFinalised).session_id
    for fact in (started(1), updated(5), metered((10, 2000)), ended(20)):
        story.fact(fact, heard=40)
        late = story.last(LateSessionFact)
        assert (late.session_id, late.transaction_uid) == (session_id, "tx-1")
    assert len(story.all(LateSessionFact)) == 4
    assert len(story.all(SessionFinalised)) == 1


def test_facts_of_a_transaction_that_nothing_is_known_of() -> None:
    story = Story()
    story.fact(metered((10, 2000), uid="unheard"))
    story.fact(updated(11, "unheard"))
    assert [late.session_id for late in story.all(LateSessionFact)] == [None, None]
    assert not story.state.visits


def test_an_end_without_a_start_is_a_visit_with_the_start_missing() -> None:
    story = Story()
    story.fact(ended(20, register=5000))
    story.pass_time(at(40))
    over = story.last(SessionEnded)
    assert (over.missing, over.summary.energy_wh, over.summary.transactions) == (("start",), Decimal(0), ("tx-1",))


def test_the_start_of_an_adopted_transaction_arrives() -> None:
    story = Story()
    story.fact(started(20, register=None, adopted=True, token_ref=None, verdict=None, verdict_source=None))
    story.fact(metered((21, 3000), (30, 4000)))
    assert story.last(SessionMetered).energy_wh == Decimal(1000)
    story.fact(started(5, register=1000), heard=31)
    assert [joined.adopted for joined in story.all(TransactionJoined)] == [True, False]
    story.fact(ended(40, register=5000))
    story.pass_time(at(60))
    final = story.last(SessionFinalised)
    assert (final.summary.energy_wh, final.summary.started_at, final.complete) == (Decimal(4000), at(5), True)


def test_readings_that_came_before_their_start() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(metered((1, 1000), (2, 1100), uid=None))
    assert [point.register_wh for point in story.open[0].loose] == [Decimal(1000), Decimal(1100)]
    story.fact(started(1, register=None))
    story.fact(ReadingsAttributed(transaction_uid="tx-1", evse=1, frames=("f",), at=at(3)), heard=3)
    assert story.open[0].loose == ()
    story.fact(metered((10, 2000)))
    assert story.last(SessionMetered).energy_wh == Decimal(1000)


def test_stubs_leave_the_state_after_a_bounded_time_and_count() -> None:
    story = Story()
    for number in range(60):
        minute = number * 10.0
        story.fact(started(minute, f"tx-{number}", token_ref=None))
        story.fact(ended(minute + 1, f"tx-{number}"))
        story.fact(status(minute + 2, "Available"))
    story.pass_time(at(60 * 10))
    assert len(story.final) == 50
    assert story.size() < 8 * 1024
    story.fact(started(9 * 24 * HOURS, "new"))
    story.fact(ended(9 * 24 * HOURS + 1, "new"))
    story.fact(status(9 * 24 * HOURS + 2, "Available"))
    story.pass_time(at(9 * 24 * HOURS + 10))
    assert [stub.transactions for stub in story.final] == [("new",)]


def test_two_transactions_whose_evse_is_not_known_do_not_end_each_other() -> None:
    story = Story()
    for uid, token in (("tx-1", TAG), ("tx-2", OTHER_TAG)):
        story.fact(started(0, uid, evse=0, connector=0, token_ref=token, adopted=True))
    assert len(story.open) == 2


@pytest.mark.parametrize("register", ["NaN", "Infinity", "1E+40", "-5"])
def test_a_number_that_no_meter_shows_is_not_counted(register: str) -> None:
    story = Story()
    story.fact(started(0))
    assert story.fact(metered((5, register))) == []
    story.fact(metered((6, 1500)))
    assert story.last(SessionMetered).energy_wh == Decimal(500)


def test_a_start_of_2x_that_its_end_overtook() -> None:
    story = Story()
    story.fact(status(0, "Occupied"))
    story.fact(started(20, register=None, adopted=True, token_ref=None, verdict=None, verdict_source=None))
    story.fact(updated(20, charging_state="EVConnected"))
    story.fact(ended(20, register=5000, seq_no=1, missing=("start", "seq:0")))
    story.fact(status(21, "Available"))
    assert story.last(SessionEnded).missing == ("seq:0", "start")
    story.fact(started(1, register=1000, seq_no=0), heard=21.5)
    revised = story.last(SessionRevised)
    assert changed(revised)["missing"] == (["seq:0", "start"], [])
    assert (revised.summary.energy_wh, revised.summary.token_ref) == (Decimal(4000), TAG)


def test_a_car_that_leaves_with_its_transaction_ends_the_visit_without_a_status() -> None:
    story = Story()
    story.fact(started(0, charging_state="EVConnected"))
    story.fact(updated(1, charging_state="Charging"))
    story.fact(updated(20, charging_state="Idle"))
    story.fact(ended(20, reason="EVDisconnected"))
    over = story.last(SessionEnded)
    assert (over.closed_by, over.summary.unplugged_at, over.complete) == ("station", at(20), True)
