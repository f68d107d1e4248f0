"""Charges as they go, told from the first plug to the finalised visit."""

from decimal import Decimal

from unit.session.session_story import (
    OTHER_TAG,
    TAG,
    Story,
    at,
    ended,
    metered,
    presented,
    started,
    status,
    updated,
)

from volt_contracts.ids import derive
from volt_contracts.session import (
    ChargingStateChanged,
    NoteUse,
    SessionAuthorized,
    SessionEnded,
    SessionFinalised,
    SessionMetered,
    SessionRevised,
    SessionStarted,
    TransactionJoined,
)
from volt_session.domain.ending import LOST


def a_charge_of_16() -> Story:
    """Plug, card, an hour of charging, card, unplug; as 1.6 tells it."""
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(presented(0.9))
    story.fact(started(1))
    story.fact(status(1.1, "Charging"))
    for minute in range(5, 61, 5):
        story.fact(metered((minute, 1000 + minute * 100)))
    story.fact(status(60.5, "SuspendedEV"))
    story.fact(ended(61, register=7050, token_ref=TAG))
    story.fact(status(61.1, "Finishing"))
    story.fact(status(70, "Available"))
    return story


def test_a_charge_of_16_is_one_visit() -> None:
    story = a_charge_of_16()
    begun = story.all(SessionStarted)
    assert [(event.opened_by, event.started_at, event.plugged_at) for event in begun] == [("plugged", at(0), at(0))]
    over = story.last(SessionEnded)
    assert (over.closed_by, over.complete, over.missing, over.evse) == ("station", True, (), 1)
    summary = over.summary
    assert summary.energy_wh == Decimal(6050)
    assert summary.started_at == summary.plugged_at == at(0)
    assert summary.authorized_at == at(0.9)
    assert (summary.energy_started_at, summary.energy_ended_at) == (at(1), at(61))
    assert (summary.transaction_ended_at, summary.unplugged_at, summary.ended_at) == (at(61), at(70), at(70))
    assert (summary.authorization, summary.token_ref, summary.stop_token_ref) == ("accepted", TAG, TAG)
    assert (summary.transactions, summary.stop_reason, summary.suspect) == (("tx-1",), "Local", ())


def test_the_session_id_is_the_id_of_the_event_that_opened_the_visit() -> None:
    story = a_charge_of_16()
    assert story.last(SessionEnded).session_id == story.ids[0] == derive("cause-1", "session.session/0")


def test_every_counted_reading_tells_the_energy_so_far() -> None:
    story = a_charge_of_16()
    told = story.all(SessionMetered)
    assert [event.energy_wh for event in told[:3]] == [Decimal(500), Decimal(1000), Decimal(1500)]
    assert told[-1].energy_wh == Decimal(6050)


def test_a_complete_visit_is_final_a_minute_after_its_end() -> None:
    story = a_charge_of_16()
    story.pass_time(at(70.9))
    assert story.over
    story.pass_time(at(71))
    final = story.last(SessionFinalised)
    assert (final.complete, final.at, final.summary) == (True, at(71), story.last(SessionEnded).summary)
    assert not story.state.visits
    assert [stub.transactions for stub in story.final] == [("tx-1",)]


def test_the_charging_state_is_told_when_it_changes() -> None:
    story = a_charge_of_16()
    told = [(event.charging_state, event.suspended_by, event.reported_by) for event in story.all(ChargingStateChanged)]
    assert told == [
        ("EVConnected", None, "connector"),
        ("Charging", None, "connector"),
        ("SuspendedEV", "ev", "connector"),
        ("EVConnected", None, "connector"),
    ]


def test_a_charge_of_2x_has_its_states_from_the_transaction() -> None:
    story = Story()
    story.fact(started(0, register=None, trigger="Authorized", charging_state="Idle", token_type="ISO14443"))
    story.fact(status(0.3, "Occupied"))
    story.fact(updated(0.4, charging_state="EVConnected", seq_no=1))
    story.fact(updated(0.5, charging_state="Charging", seq_no=2))
    story.fact(metered((1, 500), (20, 4500), seq_no=3))
    story.fact(updated(21, charging_state="SuspendedEV", suspended_by="ev", seq_no=4))
    story.fact(ended(40, register=4600, reason="EVDisconnected"))
    story.fact(status(40.1, "Available"))
    begun = story.last(SessionStarted)
    assert (begun.opened_by, begun.plugged_at) == ("authorized", None)
    assert story.last(SessionAuthorized).authorization.source == "rfid"
    summary = story.last(SessionEnded).summary
    assert (summary.plugged_at, summary.energy_wh, summary.unplugged_at) == (at(0.3), Decimal(4100), at(40.1))
    assert summary.suspect == ("start_register_unknown",)
    assert story.last(SessionEnded).complete


def test_two_transactions_in_one_visit() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1, "tx-1", 1000))
    story.fact(metered((10, 2000)))
    story.fact(ended(20, "tx-1", 3000))
    story.fact(started(180, "tx-2", 3000))
    story.fact(metered((190, 3500), uid="tx-2"))
    story.fact(ended(200, "tx-2", 4000))
    story.fact(status(210, "Available"))
    assert len(story.all(SessionStarted)) == 1
    summary = story.last(SessionEnded).summary
    assert (summary.energy_wh, summary.transactions) == (Decimal(3000), ("tx-1", "tx-2"))
    assert (summary.energy_started_at, summary.energy_ended_at) == (at(1), at(200))


def test_a_charger_that_ends_below_its_least_current_starts_again_in_the_same_visit() -> None:
    """Without any status: the second start comes within the quarter of an hour that a visit waits."""
    story = Story()
    story.fact(started(0, "tx-1", 1000))
    story.fact(ended(10, "tx-1", 2000, reason="Other"))
    story.fact(started(24, "tx-2", 2000))
    story.fact(ended(60, "tx-2", 5000))
    story.pass_time(at(80))
    assert len(story.all(SessionStarted)) == 1
    assert story.last(SessionEnded).summary.energy_wh == Decimal(4000)


def test_somebody_elses_token_begins_a_visit_of_its_own() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1, "tx-1"))
    story.fact(ended(20, "tx-1"))
    story.fact(started(40, "tx-2", 9000, token_ref=OTHER_TAG))
    assert [event.opened_by for event in story.all(SessionStarted)] == ["plugged", "transaction"]
    over = story.last(SessionEnded)
    assert (over.session_id, over.closed_by, over.summary.ended_at) == (story.ids[0], "station", at(20))
    assert [visit.transactions[0].uid for visit in story.open] == ["tx-2"]


def test_a_station_that_never_sends_a_status_ends_its_visits_by_timer() -> None:
    story = Story()
    story.fact(started(0))
    story.fact(metered((10, 2000)))
    story.fact(ended(20, register=3000))
    story.pass_time(at(34.9))
    assert story.open
    story.pass_time(at(35))
    over = story.last(SessionEnded)
    assert (over.closed_by, over.complete, over.summary.ended_at) == ("timer", True, at(20))
    assert over.summary.unplugged_at is None


def test_a_car_that_stays_plugged_after_its_charge_keeps_the_visit_open() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(started(1))
    story.fact(status(1.1, "Charging"))
    story.fact(ended(20))
    story.fact(status(20.1, "Finishing"))
    story.pass_time(at(20 * 60))
    assert story.open
    story.pass_time(at(20.1) + LOST)
    assert (story.last(SessionEnded).closed_by, story.last(SessionEnded).summary.ended_at) == ("timer", at(20.1))


def test_a_plug_without_a_charge_is_a_visit_too() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(status(5, "Available"))
    over = story.last(SessionEnded)
    assert (over.summary.energy_wh, over.summary.authorization, over.complete) == (Decimal(0), "none", True)
    story.pass_time(at(10))
    assert [(point.at, point.energy_wh) for point in story.last(SessionFinalised).curve] == [
        (at(0), Decimal(0)),
        (at(5), Decimal(0)),
    ]


def test_other_evses_and_the_station_itself_leave_a_visit_alone() -> None:
    story = Story()
    story.fact(status(0, "Preparing", evse=1))
    story.fact(started(1))
    for evse in (0, 2):
        story.fact(status(2, "Available", evse=evse))
    story.fact(status(3, "Available", evse=1, connector=2))
    story.fact(status(4, "Faulted"))
    assert len(story.open) == 1
    assert story.open[0].unplugged_at is None


def test_a_fault_is_no_unplugging() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(status(1, "Faulted"))
    story.fact(status(2, "Preparing"))
    assert len(story.all(SessionStarted)) == 1
    assert story.open


def test_the_use_of_a_token_is_noted_with_its_own_decider() -> None:
    story = a_charge_of_16()
    notes = [(record.topic.name, record.key, record.body) for _, record in story.records]
    assert [(topic, key) for topic, key, _ in notes] == [("session.authorization.commands", "demo/tag-1")] * 2
    assert [(use.transaction_uid, use.running, use.at) for use in story.sent(NoteUse)] == [
        ("tx-1", True, at(1)),
        ("tx-1", False, at(61)),
    ]


def test_where_a_2x_transaction_runs_may_be_said_later() -> None:
    story = Story()
    story.fact(started(0, evse=0, connector=0, adopted=True))
    assert story.open[0].evse == 0
    story.fact(updated(1, evse=2, connector=1))
    assert (story.open[0].evse, story.open[0].connector) == (2, 1)
    assert story.last(TransactionJoined).evse == 2
    story.fact(ended(5, evse=2))
    story.pass_time(at(30))
    assert story.last(SessionEnded).evse == 2


def test_a_token_that_comes_later_than_the_start() -> None:
    story = Story()
    story.fact(started(0, token_ref=None, verdict=None, verdict_source=None))
    assert not story.all(SessionAuthorized)
    story.fact(updated(1, token_ref=TAG, token_type="eMAID", verdict="Accepted", verdict_source="asked"))
    told = story.last(SessionAuthorized)
    assert (told.authorization.source, told.transaction_uid, told.refused) == ("plug_and_charge", "tx-1", False)
    assert [use.running for use in story.sent(NoteUse)] == [True]


def test_nothing_is_revised_while_a_visit_goes_on() -> None:
    story = a_charge_of_16()
    assert not story.all(SessionRevised)


def test_a_reserved_connector_is_free() -> None:
    story = Story()
    story.fact(status(0, "Preparing"))
    story.fact(status(5, "Reserved"))
    assert story.last(SessionEnded).summary.unplugged_at == at(5)


def test_a_car_that_waits_to_leave_gets_nobody_elses_transaction() -> None:
    """2.x stations may start with the token, before anybody knows at which EVSE."""
    story = Story()
    story.fact(status(0, "Occupied", evse=1))
    story.fact(started(1, "first", evse=1))
    story.fact(ended(10, "first", evse=1))
    story.fact(started(11, "second", evse=0, connector=0, protocol_id="8"))
    story.fact(status(12, "Occupied", evse=2))
    story.fact(updated(12, "second", evse=2, connector=1))
    story.fact(status(13, "Available", evse=1))
    story.fact(ended(20, "second", evse=2))
    story.fact(status(21, "Available", evse=2))
    ends = story.all(SessionEnded)
    assert [(end.evse, len(end.summary.transactions), end.summary.unplugged_at) for end in ends] == [
        (1, 1, at(13)),
        (2, 1, at(21)),
    ]


def test_two_cars_that_started_before_their_evse_was_said_find_their_places() -> None:
    story = Story()
    for minute, uid in ((0, "a"), (1, "b")):
        story.fact(started(minute, uid, evse=0, connector=0, protocol_id=uid))
    story.fact(status(2, "Occupied", evse=1))
    story.fact(status(3, "Occupied", evse=2))
    story.fact(updated(4, "a", evse=1, connector=1))
    story.fact(updated(4, "b", evse=2, connector=1))
    for minute, uid, evse in ((5, "a", 1), (6, "b", 2)):
        story.fact(ended(minute, uid, evse=evse))
        story.fact(status(minute + 0.5, "Available", evse=evse))
    ends = story.all(SessionEnded)
    assert sorted((end.evse, len(end.summary.transactions)) for end in ends) == [(1, 1), (2, 1)]
    assert not story.open


def test_a_plug_that_waited_where_a_transaction_is_found_to_run_was_its_cars() -> None:
    """The transaction took the first plug that came; the second was its own, and does not stay open for days."""
    story = Story()
    story.fact(started(0, "a", evse=0, connector=0))
    story.fact(status(1, "Occupied", evse=1))
    story.fact(status(2, "Occupied", evse=2))
    assert sorted((visit.evse, len(visit.transactions)) for visit in story.open) == [(1, 1), (2, 0)]
    story.fact(updated(3, "a", evse=2, connector=1))
    assert [(visit.evse, len(visit.transactions)) for visit in story.open] == [(2, 1)]
    story.fact(ended(9, "a", evse=2))
    story.fact(status(9.5, "Available", evse=2))
    assert story.last(SessionEnded).summary.unplugged_at == at(9.5)
    assert not story.open


def test_when_a_car_came_that_had_charged_before_it_was_seen_is_not_known() -> None:
    story = Story()
    story.fact(started(0, offline="reported"))
    story.fact(metered((10, 2000)))
    story.fact(status(30, "Charging"))
    story.fact(ended(40, register=3000))
    story.fact(status(41, "Available"))
    summary = story.last(SessionEnded).summary
    assert (summary.plugged_at, summary.energy_started_at, summary.unplugged_at) == (None, at(0), at(41))


def test_a_start_without_a_car_is_not_of_the_car_that_had_charged() -> None:
    """The card comes before the cable, and nobody could say that the former car has left: there was no link."""
    story = Story()
    story.fact(status(0, "Occupied"))
    story.fact(started(1, charging_state="Charging"))
    story.fact(ended(20))
    story.fact(started(30, "tx-2", 9000, charging_state="Idle", trigger="Authorized", offline="reported"))
    story.fact(status(30.1, "Available"))
    story.fact(status(30.2, "Occupied"))
    story.fact(ended(60, "tx-2", 12000))
    story.fact(status(61, "Available"))
    story.pass_time(at(63))
    energies = [(event.summary.transactions, event.summary.energy_wh) for event in story.all(SessionFinalised)]
    assert energies == [(("tx-1",), Decimal(8000)), (("tx-2",), Decimal(3000))]


def test_a_stop_shortly_after_the_car_has_left_does_not_bring_it_back() -> None:
    story = Story()
    story.fact(status(0, "Occupied"))
    story.fact(started(1, charging_state="Charging"))
    story.fact(status(9, "Available"))
    story.fact(updated(9.1, charging_state="EVConnected", trigger="StopAuthorized"))
    story.fact(ended(9.1))
    assert story.last(SessionEnded).summary.unplugged_at == at(9)
    assert not story.open


def test_a_car_that_charged_on_after_available_is_there_until_it_is_said_again() -> None:
    story = Story()
    story.fact(status(0, "Occupied"))
    story.fact(started(1, charging_state="Charging"))
    story.fact(status(9, "Available"))
    story.fact(metered((9.4, 7000)))
    story.fact(updated(9.8, charging_state="EVConnected", trigger="StopAuthorized"))
    story.fact(ended(9.8))
    assert len(story.open) == 1


def test_a_transactions_last_words_do_not_bring_the_car_back() -> None:
    """2.x sends them in its own queue, after the status, with the same time."""
    story = Story()
    story.fact(status(0, "Occupied"))
    story.fact(started(1, charging_state="Charging"))
    story.fact(status(9, "Available"))
    story.fact(updated(9, charging_state="EVConnected", trigger="StopAuthorized"))
    story.fact(ended(9))
    assert story.last(SessionEnded).summary.unplugged_at == at(9)
    assert not story.open
