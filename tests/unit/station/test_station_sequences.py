"""TransactionEvent: any order, twice, with holes; facts are completed from what the transaction has said before."""

from decimal import Decimal
from typing import Any

import pytest
from unit.station.station_story import Story
from unit.station.station_words2 import TX, event, metered, station, status

from volt_contracts.station import (
    CommandSent,
    LateFact,
    ReadingsAttributed,
    ReadingsTaken,
    SequenceGap,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
)
from volt_contracts.topics import GATEWAY_DOWNLINK, STATION_TELEMETRY

EVSE: dict[str, Any] = {"evse": {"id": 1, "connectorId": 2}}


def started(story: Story, seq: int = 0, **more: Any) -> TransactionStarted:
    said: dict[str, Any] = EVSE | {"ref": "ref-anna", "trigger": "Authorized"} | more
    return event(story, "Started", seq, **said).only(TransactionStarted)


def test_a_start_with_its_register_and_token() -> None:
    story = station()
    then = event(
        story,
        "Started",
        0,
        trigger="CablePluggedIn",
        info={"chargingState": "EVConnected"},
        ref="ref-anna",
        reservationId=5,
        **EVSE,
        **metered(story, 1000, "Transaction.Begin"),
    )
    fact = then.only(TransactionStarted)
    assert (fact.protocol_id, fact.evse, fact.connector, fact.seq_no) == (TX, 1, 2, 0)
    assert (fact.token_ref, fact.token_type, fact.verdict) == ("ref-anna", "ISO14443", "Accepted")
    assert (fact.register_wh, fact.trigger, fact.charging_state) == (Decimal(1000), "CablePluggedIn", "EVConnected")
    assert (fact.reservation_id, fact.adopted) == (5, False)
    reading = then.only(ReadingsTaken)
    assert (reading.transaction_uid, reading.seq_no, reading.evse) == (fact.transaction_uid, 0, 1)
    assert story.profile.running == (TX,)
    assert story.profile.recent_starts == ()


def test_each_number_has_one_effect() -> None:
    story = station()
    started(story)
    sent = story.wait(minutes=1).stamp()
    said = metered(story, 1100, at=sent)
    assert event(story, "Updated", 1, at=sent, trigger="MeterValuePeriodic", **said).names == ["ReadingsTaken"]
    again = event(story.wait(minutes=2), "Updated", 1, at=sent, trigger="MeterValuePeriodic", **said)
    assert again.outputs == []


def test_a_start_again_is_a_retry() -> None:
    story = station()
    sent = story.stamp()
    started(story, at=sent)
    assert (
        event(story.wait(minutes=3), "Started", 0, at=sent, ref="ref-anna", trigger="Authorized", **EVSE).events == []
    )


def test_charging_states_and_who_suspends() -> None:
    story = station()
    uid = started(story).transaction_uid
    fact = event(story, "Updated", 1, info={"chargingState": "SuspendedEV"}).only(TransactionUpdated)
    assert (fact.transaction_uid, fact.charging_state, fact.suspended_by, fact.seq_no) == (uid, "SuspendedEV", "ev", 1)
    by_evse = event(story, "Updated", 2, info={"chargingState": "SuspendedEVSE"}).only(TransactionUpdated)
    assert by_evse.suspended_by == "evse"
    assert event(story, "Updated", 3, info={"chargingState": "Flying"}).events[0].suspect == ("unknown_charging_state",)


def test_readings_with_a_new_state_are_both() -> None:
    story = station()
    started(story)
    then = event(story, "Updated", 1, info={"chargingState": "Charging"}, **metered(story.wait(minutes=1), 1010))
    assert then.names == ["TransactionUpdated", "ReadingsTaken"]
    assert then.to(STATION_TELEMETRY)[0].transaction_uid == then.only(TransactionUpdated).transaction_uid


def test_an_event_that_says_nothing_new_still_counts() -> None:
    story = station()
    started(story)
    assert event(story, "Updated", 1, trigger="MeterValuePeriodic").names == ["TransactionUpdated"]
    assert event(story, "Updated", 1, trigger="MeterValuePeriodic").names == []


def test_the_end_with_its_register() -> None:
    story = station()
    uid = started(story).transaction_uid
    story.wait(hours=1)
    end = metered(story, 9000, "Transaction.End")
    info = {"stoppedReason": "EVDisconnected", "chargingState": "Idle"}
    then = event(story, "Ended", 1, trigger="EVDeparted", info=info, **end)
    assert then.names == ["TransactionUpdated", "ReadingsTaken", "TransactionEnded"]
    fact = then.only(TransactionEnded)
    assert (fact.transaction_uid, fact.protocol_id, fact.evse, fact.connector) == (uid, TX, 1, 2)
    assert (fact.register_wh, fact.reason, fact.trigger, fact.seq_no) == (
        Decimal(9000),
        "EVDisconnected",
        "EVDeparted",
        1,
    )
    assert (fact.missing, fact.token_ref) == ((), None)
    assert story.profile.running == ()


def test_the_token_that_stops_may_be_another_one() -> None:
    story = station()
    started(story)
    then = event(story.wait(minutes=1), "Ended", 1, trigger="StopAuthorized", ref="ref-ben")
    assert then.names == ["TransactionEnded"]
    assert (then.only(TransactionEnded).token_ref, then.only(TransactionEnded).reason) == ("ref-ben", "Local")
    assert then.only(TransactionEnded).missing == ("register",)


def test_a_hole_is_named_once_and_asked_for() -> None:
    story = station()
    uid = started(story).transaction_uid
    then = event(story, "Updated", 3)
    assert then.names == ["TransactionUpdated", "SequenceGap", "CommandSent"]
    assert then.only(SequenceGap).missing == (1, 2)
    assert then.only(SequenceGap).transaction_uid == uid
    assert then.only(CommandSent).actor == "system:sequence"
    (call,) = then.to(GATEWAY_DOWNLINK)
    assert (call.action, bytes(call.payload)) == ("GetTransactionStatus", b'{"transactionId":"%s"}' % TX.encode())
    assert event(story, "Updated", 4).names == ["TransactionUpdated"]
    assert event(story, "Updated", 7).names == ["TransactionUpdated", "SequenceGap"]


def test_what_fills_a_hole_is_a_fact_like_any_other() -> None:
    story = station()
    started(story)
    event(story, "Updated", 3)
    assert event(story, "Updated", 1, **metered(story, 1100)).names == ["TransactionUpdated", "ReadingsTaken"]
    assert event(story, "Updated", 1, **metered(story, 1100)).names == []
    event(story, "Updated", 2)
    assert event(story.wait(minutes=1), "Ended", 4).only(TransactionEnded).missing == ("register",)


def test_the_end_may_overtake_what_came_before_it() -> None:
    story = station()
    uid = started(story).transaction_uid
    between = story.wait(minutes=1).stamp()
    end = event(story.wait(minutes=9), "Ended", 3, **metered(story, 5000, "Transaction.End"))
    assert end.only(TransactionEnded).missing == ("seq:1", "seq:2")
    assert end.only(SequenceGap).missing == (1, 2)
    assert end.only(CommandSent).action == "GetTransactionStatus"
    late = event(story, "Updated", 1, at=between, trigger="MeterValuePeriodic", **metered(story, 2000, at=between))
    assert late.only(ReadingsTaken).transaction_uid == uid
    assert event(story, "Updated", 1, at=between, trigger="MeterValuePeriodic").events == []
    assert event(story, "Updated", 2, at=between).only(TransactionUpdated).transaction_uid == uid


def test_a_transaction_that_is_met_in_the_middle_is_adopted_and_its_start_may_come_last() -> None:
    story = station()
    begin = story.stamp()
    then = event(
        story.wait(minutes=5), "Updated", 4, info={"chargingState": "Charging"}, **EVSE, **metered(story, 1500)
    )
    adopted = then.only(TransactionStarted)
    assert (adopted.adopted, adopted.seq_no, adopted.register_wh) == (True, None, None)
    assert then.only(ReadingsTaken).transaction_uid == adopted.transaction_uid
    end = event(story.wait(minutes=5), "Ended", 5).only(TransactionEnded)
    assert end.missing == ("start", "register")
    last = event(story, "Started", 0, at=begin, ref="ref-anna", **EVSE, **metered(story, 1000, at=begin))
    fact = last.only(TransactionStarted)
    assert (fact.adopted, fact.transaction_uid, fact.seq_no) == (False, adopted.transaction_uid, 0)
    assert fact.register_wh == Decimal(1000)
    assert last.only(SequenceGap).missing == (1, 2, 3)
    assert event(story, "Started", 0, at=begin, ref="ref-anna", **EVSE, **metered(story, 1000, at=begin)).events == []


def test_an_end_alone_is_adopted_and_ended() -> None:
    then = event(station(), "Ended", 7, **EVSE)
    assert then.names == ["TransactionStarted", "TransactionEnded"]
    assert then.only(TransactionEnded).missing == ("start", "register")


def test_the_end_again_is_nothing_and_another_end_is_for_review() -> None:
    story = station()
    started(story)
    sent = story.wait(minutes=1).stamp()
    event(story, "Ended", 1, at=sent)
    assert event(story.wait(minutes=1), "Ended", 1, at=sent).events == []
    assert event(story, "Ended", 2, info={"stoppedReason": "Reboot"}).only(LateFact).what.startswith("a second end")


def test_firmware_that_counts_wrong_loses_no_end() -> None:
    story = station()
    started(story)
    assert event(story.wait(minutes=1), "Ended", 0).has(TransactionEnded)


def test_without_numbers_it_works_as_well() -> None:
    story = station()
    event(story, "Started", None, ref="ref-anna", **EVSE)
    said = metered(story.wait(minutes=1), 1100)
    assert event(story, "Updated", None, trigger="MeterValuePeriodic", **said).has(ReadingsTaken)
    assert not event(story, "Updated", None, trigger="MeterValuePeriodic", **said).has(ReadingsTaken)
    assert event(story, "Ended", None).only(TransactionEnded).seq_no is None


def test_evse_and_token_may_come_later() -> None:
    story = station()
    status(story, "Occupied")
    begun = event(story, "Started", 0, trigger="CablePluggedIn").only(TransactionStarted)
    assert (begun.evse, begun.connector, begun.token_ref) == (0, 0, None)
    later = event(story, "Updated", 1, trigger="Authorized", ref="ref-anna", **EVSE).only(TransactionUpdated)
    assert (later.evse, later.connector) == (1, 2)
    assert (later.token_ref, later.token_type, later.verdict) == ("ref-anna", "ISO14443", "Accepted")
    after = event(story, "Updated", 2, trigger="MeterValuePeriodic", **EVSE, **metered(story, 1))
    assert after.names == ["ReadingsTaken"]
    assert after.only(ReadingsTaken).evse == 1


def test_offline_events_say_so_themselves() -> None:
    story = station()
    story.wait(hours=3)
    fact = started(story, at=story.stamp(hours=2), offline=True)
    assert (fact.time.offline, fact.time.clock) == ("reported", "good")
    live = event(story, "Updated", 1, offline=False).only(TransactionUpdated)
    assert live.time.offline == "no"


def test_an_id_that_starts_again_after_its_end_is_another_transaction() -> None:
    story = station()
    first = started(story, tx="1").transaction_uid
    event(story.wait(minutes=1), "Ended", 1, tx="1")
    second = started(story.wait(minutes=1), tx="1").transaction_uid
    assert first != second
    assert event(story.wait(minutes=1), "Updated", 1, tx="1").only(TransactionUpdated).transaction_uid == second
    ended = event(story.wait(minutes=1), "Ended", 2, tx="1").only(TransactionEnded)
    assert (ended.transaction_uid, ended.missing) == (second, ("register",))


def test_a_counter_that_restarts_before_the_end_is_another_transaction_too() -> None:
    story = station()
    first = started(story, tx="1").transaction_uid
    assert started(story.wait(hours=1), tx="1").transaction_uid != first


@pytest.mark.parametrize("gone", [{}, {"transactionId": ""}, {"transactionId": None}, {"transactionId": [1]}])
def test_without_a_transaction_id_the_evse_is_its_name(gone: dict[str, object]) -> None:
    story = station()
    payload = {"eventType": "Started", "timestamp": story.stamp(), "seqNo": 0, "transactionInfo": gone} | EVSE
    fact = story.call("TransactionEvent", payload).only(TransactionStarted)
    assert (fact.protocol_id, fact.suspect) == ("?1", ("no_transaction_id",))
    end = payload | {"eventType": "Ended", "seqNo": 1, "timestamp": story.wait(minutes=1).stamp()}
    assert story.call("TransactionEvent", end).only(TransactionEnded).transaction_uid == fact.transaction_uid


def test_readings_from_before_the_start_are_attributed_to_it() -> None:
    story = station()
    status(story, "Occupied")
    begin = story.stamp()
    early = story.call("MeterValues", {"evseId": 1} | metered(story.wait(seconds=5), 1)).only(ReadingsTaken)
    then = event(story, "Started", 0, at=begin, **EVSE)
    assert early.frame is not None
    assert then.only(ReadingsAttributed).frames == (early.frame.id,)


def test_numbers_without_end_do_not_fill_the_twin() -> None:
    story = station()
    started(story)
    event(story, "Updated", 2**62)
    (running,) = story.twin.running.values()
    assert running.numbers is not None
    assert len(running.numbers.missing) == 50


def test_the_main_meter_is_of_no_transaction_not_even_of_one_whose_evse_is_not_known() -> None:
    story = station()
    event(story, "Started", 0, trigger="CablePluggedIn")
    then = story.call("MeterValues", {"evseId": 0} | metered(story.wait(minutes=1), 99_000))
    assert then.events == []
    assert then.to(STATION_TELEMETRY)[0].transaction_uid is None


def test_a_charging_state_is_told_with_its_place() -> None:
    story = station()
    started(story)
    fact = event(story.wait(seconds=2), "Updated", 1, info={"chargingState": "Charging"}).only(TransactionUpdated)
    assert (fact.evse, fact.connector, fact.charging_state) == (1, 2, "Charging")


def test_a_charging_state_that_was_told_late_is_news_when_it_is_told_in_time() -> None:
    story = station()
    charging = {"chargingState": "Charging"}
    started(story, at=story.stamp(hours=2), offline=True, info=charging)
    event(story, "Updated", 1, at=story.stamp(hours=1), offline=True, info=charging)
    live = event(story, "Updated", 2, info=charging).only(TransactionUpdated)
    assert (live.charging_state, live.time.offline) == ("Charging", "no")
    assert event(story.wait(seconds=1), "Updated", 3, info=charging).only(TransactionUpdated).charging_state is None
