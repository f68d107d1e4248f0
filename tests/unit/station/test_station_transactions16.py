"""StartTransaction and StopTransaction of 1.6: one effect, whatever comes twice, late, or with a useless id."""

from datetime import timedelta
from decimal import Decimal

import pytest
from unit.station.station_story import Story
from unit.station.station_words16 import boot, grant, meter_values, start, status, stop

from volt_contracts.station import (
    LateFact,
    ReadingsAttributed,
    ReadingsTaken,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
)

STUCK = "1970-01-01T00:00:00Z"


def connected(**more: str) -> Story:
    story = Story()
    story.link()
    boot(story, **more)
    return story


def test_a_start_is_a_fact_with_the_verdict_that_went_out() -> None:
    story = connected()
    fact = start(story, 4711, meter=1500, reservationId=9).only(TransactionStarted)
    assert (fact.protocol_id, fact.evse, fact.connector, fact.hardware_epoch) == ("4711", 1, 1, 0)
    assert (fact.token_ref, fact.verdict, fact.verdict_source) == ("ref-anna", "Accepted", "authorizations")
    assert (fact.register_wh, fact.reservation_id, fact.adopted) == (Decimal(1500), 9, False)
    assert story.profile.running == ("4711",)
    (recent,) = story.profile.recent_starts
    assert (recent.wire_id, recent.verdict, recent.ended) == (4711, "Accepted", False)
    assert recent.transaction_uid == fact.transaction_uid


def test_a_refused_start_is_a_transaction_all_the_same() -> None:
    story = connected()
    assert start(story, verdict="Blocked").only(TransactionStarted).verdict == "Blocked"
    assert stop(story.wait(minutes=1)).has(TransactionEnded)


def test_no_clear_token_is_in_any_event() -> None:
    story = connected()
    start(story)
    stop(story.wait(minutes=3), ref="ref-anna")
    assert "04A1B2C3" not in repr(story.events)


def test_a_repetition_without_an_end_on_record_is_a_retry() -> None:
    story = connected()
    sent = story.stamp()
    start(story, at=sent)
    assert start(story.wait(minutes=3), at=sent, source="repeat").events == []
    story.wait(seconds=1).link("link-2")
    assert start(story, at=sent, source="repeat").events == []


def test_a_retry_that_got_another_verdict_is_recorded_as_sent() -> None:
    story = connected()
    sent = story.stamp()
    uid = start(story, at=sent).only(TransactionStarted).transaction_uid
    then = start(story.wait(seconds=20), at=sent, verdict="Blocked")
    assert then.names == ["TransactionUpdated"]
    updated = then.only(TransactionUpdated)
    assert (updated.transaction_uid, updated.verdict, updated.suspect) == (uid, "Blocked", ("verdict_changed",))
    assert start(story, at=sent, verdict="Blocked", source="repeat").events == []


def test_after_the_end_a_start_like_it_is_a_duplicate_with_a_good_clock() -> None:
    story = connected()
    sent = story.stamp()
    start(story, at=sent)
    stop(story.wait(seconds=30))
    assert start(story.wait(seconds=5), at=sent).events == []


def test_after_the_end_a_start_like_it_is_a_new_one_with_a_stuck_clock() -> None:
    story = connected()
    first = start(story, meter=0, at=STUCK).only(TransactionStarted).transaction_uid
    assert start(story.wait(seconds=9), meter=0, at=STUCK).events == []
    stop(story.wait(minutes=10), at=STUCK)
    second = start(story.wait(minutes=10), meter=0, at=STUCK).only(TransactionStarted).transaction_uid
    assert second != first
    ended = stop(story.wait(minutes=10), meter=9000, at=STUCK).only(TransactionEnded)
    assert ended.transaction_uid == second


@pytest.mark.parametrize(("meter", "stopped_at"), [(0, "1970-01-01T00:10:00Z"), (1000, STUCK)])
def test_it_is_a_duplicate_where_the_clock_or_the_register_would_have_gone_on(meter: int, stopped_at: str) -> None:
    """A queue that breaks off is sent again from its beginning, also with a clock that was never set."""
    story = connected()
    start(story, meter=meter, at=STUCK)
    stop(story.wait(seconds=1), at=stopped_at)
    assert start(story.wait(minutes=10), meter=meter, at=STUCK).events == []
    assert stop(story.wait(seconds=1), at=stopped_at).events == []


def test_a_stop_without_an_id_ends_what_began_before_the_clock_was_set_back() -> None:
    story = Story()
    story.link()
    ahead = story.stamp(hours=-2)
    begun = start(story, at=ahead, meter=1000).only(TransactionStarted)
    ended = stop(story.wait(minutes=30), -1, meter=5000, ref="ref-anna", at=story.stamp(hours=-1)).only(
        TransactionEnded
    )
    assert ended.transaction_uid == begun.transaction_uid


def test_a_wire_id_that_collides_means_the_latest_start() -> None:
    story = connected()
    start(story, 5, connector=1)
    later = start(story.wait(seconds=7), 5, connector=2).only(TransactionStarted)
    reading = meter_values(story.wait(seconds=30), 1200, wire_id=5, connector=2).only(ReadingsTaken)
    assert reading.transaction_uid == later.transaction_uid
    assert stop(story.wait(seconds=30), 5).only(TransactionEnded).transaction_uid == later.transaction_uid


def test_another_hardware_epoch_makes_another_transaction_of_the_same_start() -> None:
    story = connected(chargePointSerialNumber="S1")
    sent = story.stamp()
    first = start(story, at=sent).only(TransactionStarted).transaction_uid
    stop(story.wait(seconds=10))
    boot(story, chargePointSerialNumber="S2")
    second = start(story.wait(seconds=10), at=sent).only(TransactionStarted)
    assert (second.hardware_epoch, second.transaction_uid != first) == (1, True)


def test_a_stop_ends_its_transaction_once() -> None:
    story = connected()
    uid = start(story, meter=1000).only(TransactionStarted).transaction_uid
    sent = story.wait(hours=1).stamp()
    fact = stop(story, meter=9000, reason="EVDisconnected", ref="ref-ben", at=sent).only(TransactionEnded)
    assert (fact.transaction_uid, fact.protocol_id, fact.evse, fact.register_wh) == (uid, "4711", 1, Decimal(9000))
    assert (fact.reason, fact.token_ref, fact.missing, fact.suspect) == ("EVDisconnected", "ref-ben", (), ())
    assert stop(story.wait(minutes=5), meter=9000, reason="EVDisconnected", ref="ref-ben", at=sent).events == []
    assert story.profile.running == ()
    assert story.profile.recent_starts[0].ended


def test_a_stop_without_a_reason_was_a_local_one() -> None:
    story = connected()
    start(story)
    assert stop(story.wait(minutes=1)).only(TransactionEnded).reason == "Local"


def test_a_second_stop_is_for_review() -> None:
    story = connected()
    uid = start(story).only(TransactionStarted).transaction_uid
    stop(story.wait(minutes=1))
    late = stop(story.wait(minutes=1), meter=7777)
    assert late.names == ["LateFact"]
    assert late.only(LateFact).about == uid


@pytest.mark.parametrize("wire_id", [0, -1, None, 123456, "x", 9223372036854775807])
def test_a_stop_with_an_id_that_means_nothing_ends_the_only_open_transaction(wire_id: object) -> None:
    story = connected()
    uid = start(story).only(TransactionStarted).transaction_uid
    sent = story.wait(minutes=9).stamp()
    assert stop(story, wire_id, at=sent).only(TransactionEnded).transaction_uid == uid
    assert stop(story.wait(minutes=2), wire_id, at=sent).events == []


def test_of_several_open_ones_it_ends_that_of_the_same_token() -> None:
    story = connected()
    start(story, 1, connector=1, ref="ref-anna")
    mine = start(story, 2, connector=2, ref="ref-ben").only(TransactionStarted)
    assert stop(story.wait(minutes=9), -1, ref="ref-ben").only(TransactionEnded).transaction_uid == mine.transaction_uid


def test_of_several_open_ones_it_ends_the_one_whose_register_fits() -> None:
    story = connected()
    mine = start(story, 1, connector=1, meter=100).only(TransactionStarted)
    start(story, 2, connector=2, meter=90_000)
    assert stop(story.wait(minutes=9), -1, meter=4000).only(TransactionEnded).transaction_uid == mine.transaction_uid


def test_it_never_ends_one_that_began_later() -> None:
    story = connected()
    before = story.stamp(minutes=5)
    start(story)
    then = stop(story.wait(minutes=1), -1, at=before)
    assert then.names == ["TransactionStarted", "TransactionEnded"]
    assert story.profile.running == ("4711",)


def test_a_stop_of_a_transaction_that_nobody_saw_start_adopts_it() -> None:
    story = connected()
    status(story, "Charging")
    sent = story.stamp()
    then = stop(story, -1, meter=7000, ref="ref-ben", at=sent)
    assert then.names == ["TransactionStarted", "TransactionEnded"]
    began, ended = then.only(TransactionStarted), then.only(TransactionEnded)
    assert (began.adopted, began.evse, began.token_ref, began.register_wh) == (True, 1, "ref-ben", None)
    assert (ended.missing, ended.register_wh) == (("start",), Decimal(7000))
    assert began.transaction_uid == ended.transaction_uid
    assert stop(story.wait(minutes=1), -1, meter=7000, ref="ref-ben", at=sent).events == []


def test_ids_of_a_migrated_network_are_adopted_under_their_own_name() -> None:
    story = connected()
    then = stop(story, 555, meter=7000)
    assert then.only(TransactionStarted).protocol_id == "555"
    assert then.only(TransactionStarted).evse == 0


def test_the_start_of_an_adopted_transaction_may_come_last() -> None:
    story = connected()
    begin = story.stamp()
    story.wait(hours=1)
    uid = stop(story, -1, meter=7000, ref="ref-anna").only(TransactionEnded).transaction_uid
    began = start(story.wait(seconds=2), at=begin, meter=2000).only(TransactionStarted)
    assert (began.transaction_uid, began.adopted, began.register_wh) == (uid, False, Decimal(2000))
    assert story.profile.running == ()
    assert start(story.wait(seconds=2), at=begin, meter=2000).events == []


def test_registers_that_are_not_known() -> None:
    story = connected()
    began = start(story, meter=-1).only(TransactionStarted)
    assert (began.register_wh, began.suspect) == (None, ("register_unknown",))
    ended = stop(story.wait(minutes=1), meter="?").only(TransactionEnded)
    assert (ended.register_wh, ended.suspect, ended.missing) == (None, ("register_unknown",), ("register",))


def test_a_register_that_goes_back_is_kept_and_suspect() -> None:
    story = connected()
    start(story, meter=5000)
    ended = stop(story.wait(minutes=1), meter=4000).only(TransactionEnded)
    assert (ended.register_wh, ended.suspect) == (Decimal(4000), ("register_went_back",))


def test_readings_of_a_stop_come_before_the_end() -> None:
    story = connected()
    uid = start(story).only(TransactionStarted).transaction_uid
    story.wait(minutes=30)
    data = [
        {"timestamp": story.stamp(minutes=30), "sampledValue": [{"value": "1000", "context": "Transaction.Begin"}]},
        {"timestamp": story.stamp(), "sampledValue": [{"value": "5000", "context": "Transaction.End"}]},
    ]
    then = stop(story, transactionData=data)
    assert then.names == ["ReadingsTaken", "ReadingsTaken", "TransactionEnded"]
    taken = [event for event in then.events if isinstance(event, ReadingsTaken)]
    assert {event.transaction_uid for event in taken} == {uid}
    assert [r.register_wh for event in taken for r in event.readings] == [Decimal(1000), Decimal(5000)]


def test_a_remote_start_is_linked_by_the_grant_it_was_accepted_from() -> None:
    story = connected()
    used = grant("command-1", story.now + timedelta(seconds=120))
    fact = start(story, ref="ref-wire", source="grant", grant=used).only(TransactionStarted)
    assert (fact.command_id, fact.remote_start_id) == ("command-1", 77)


def test_offline_starts_keep_their_own_times() -> None:
    story = Story()
    story.wait(days=2).link()
    begin, end = story.stamp(hours=30), story.stamp(hours=28)
    began = start(story, at=begin).only(TransactionStarted)
    assert (began.time.offline, began.time.at) == ("inferred", story.now - timedelta(hours=30))
    assert meter_values(story, 3000, at=story.stamp(hours=29)).only(ReadingsTaken).transaction_uid is not None
    assert stop(story, at=end).only(TransactionEnded).time.at == story.now - timedelta(hours=28)


def test_stubs_leave_after_seven_days_or_fifty() -> None:
    story = connected()
    for number in range(60):
        start(story, 1000 + number)
        stop(story.wait(minutes=10), 1000 + number, meter=1000 + number)
        story.wait(minutes=10)
    assert len(story.twin.ended) == 50
    assert len(story.profile.recent_starts) == 20
    story.wait(days=8)
    start(story, 7)
    stop(story.wait(minutes=5), 7)
    assert [stub.protocol_id for stub in story.twin.ended] == ["7"]


def test_transactions_that_never_end_do_not_fill_the_twin() -> None:
    story = connected()
    for number in range(100):
        start(story.wait(minutes=1), 1000 + number)
    assert len(story.twin.running) == 40
    assert "1099" in story.profile.running


def test_readings_that_came_before_their_start_are_attributed_when_it_comes() -> None:
    story = connected()
    status(story, "Preparing")
    begin = story.wait(seconds=10).stamp()
    early = meter_values(story.wait(seconds=5), 1001, wire_id=-1).only(ReadingsTaken)
    assert early.transaction_uid is None
    then = start(story.wait(seconds=5), at=begin)
    attributed = then.only(ReadingsAttributed)
    assert early.frame is not None
    assert (attributed.evse, attributed.frames) == (1, (early.frame.id,))
    assert attributed.transaction_uid == then.only(TransactionStarted).transaction_uid
    assert story.twin.evses[1].waiting == ()


def test_readings_from_before_the_start_are_not() -> None:
    story = connected()
    status(story, "Preparing")
    meter_values(story.wait(seconds=5), 1001, wire_id=None)
    assert start(story.wait(seconds=5)).names == ["TransactionStarted"]
