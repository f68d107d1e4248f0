"""Remote start and stop: the grant, and the transaction that follows."""

from datetime import timedelta

import msgspec
from unit.station.station_orders import START, payload, sent, station16
from unit.station.station_story import OPERATOR, Story
from unit.station.station_words2 import TX, event
from unit.station.station_words2 import station as station2
from unit.station.station_words16 import boot, start

from volt_contracts.gateway import Decision, Grant
from volt_contracts.station import (
    CommandFinished,
    CommandSent,
    RequestStop,
    TransactionStarted,
    TransactionUpdated,
)


def test_a_remote_start_of_16_carries_its_grant() -> None:
    story = station16()
    then = story.command(START, id="c1")
    call = sent(then)
    grant = Grant(
        token_ref="ref-wire",
        command_id="c1",
        valid_until=story.now + timedelta(seconds=120),
        evse=1,
        remote_start_id=77,
    )
    assert (call.action, payload(call)) == ("RemoteStartTransaction", {"idTag": "WIRE-1", "connectorId": 1})
    assert call.grant == grant
    assert call.not_after == story.now + timedelta(seconds=30)
    assert then.only(CommandSent).lossy == ("token_type", "remote_start_id")
    assert story.profile.grants == (grant,)
    assert "WIRE-1" not in repr(story.events)


def test_the_start_that_follows_is_linked_by_token_evse_and_window() -> None:
    story = station16()
    call = sent(story.command(START, id="c1"))
    story.report(call, "result", {"status": "Accepted"})
    elsewhere = start(story, 1, connector=2, ref="ref-wire").only(TransactionStarted)
    assert elsewhere.command_id is None
    fact = start(story.wait(seconds=20), 2, connector=1, ref="ref-wire").only(TransactionStarted)
    assert (fact.command_id, fact.remote_start_id) == ("c1", 77)
    assert story.profile.grants == ()


def test_a_refused_remote_start_leaves_no_grant() -> None:
    story = station16()
    call = sent(story.command(START))
    story.report(call, "result", {"status": "Rejected"})
    assert story.profile.grants == ()


def test_a_start_long_after_is_not_linked() -> None:
    story = station16()
    story.report(sent(story.command(START)), "result", {"status": "Accepted"})
    assert start(story.wait(minutes=5), ref="ref-wire").only(TransactionStarted).command_id is None


def test_a_start_from_before_the_request_is_not_linked() -> None:
    story = Story()
    story.wait(hours=5).link()
    boot(story)
    story.command(START)
    late = start(story, at=story.stamp(hours=2), ref="ref-wire").only(TransactionStarted)
    assert late.command_id is None


def test_a_token_too_long_for_16_is_refused() -> None:
    story = station16()
    long = msgspec.structs.replace(START, id_token="X" * 21)
    fact = story.command(long).only(CommandFinished)
    assert (fact.outcome, "20 characters" in (fact.sentence or "")) == ("rejected", True)


def test_a_remote_start_of_2x_is_linked_by_its_id() -> None:
    story = station2()
    call = sent(story.command(START, id="c1"))
    assert call.action == "RequestStartTransaction"
    assert payload(call) == {
        "remoteStartId": 77,
        "idToken": {"idToken": "WIRE-1", "type": "Central"},
        "evseId": 1,
    }
    fact = event(story, "Started", 0, info={"remoteStartId": 77}, evse={"id": 1}).only(TransactionStarted)
    assert (fact.command_id, fact.remote_start_id) == ("c1", 77)


def test_the_remote_start_id_may_come_after_the_start() -> None:
    story = station2()
    story.command(START, id="c1")
    event(story, "Started", 0, trigger="CablePluggedIn")
    fact = event(story, "Updated", 1, trigger="RemoteStart", info={"remoteStartId": 77}).only(TransactionUpdated)
    assert (fact.command_id, fact.remote_start_id) == ("c1", 77)
    assert story.profile.grants == ()


def test_the_grant_that_the_gateway_used_links_as_well() -> None:
    story = station2()
    grant = Grant(token_ref="ref-wire", command_id="c9", valid_until=story.now)
    decision = Decision(verdict="Accepted", verdict_source="grant", token_ref="ref-wire", grant=grant)
    said = {
        "eventType": "Started",
        "timestamp": story.stamp(),
        "seqNo": 0,
        "triggerReason": "RemoteStart",
        "transactionInfo": {"transactionId": TX},
    }
    fact = story.call("TransactionEvent", said, decision=decision).only(TransactionStarted)
    assert fact.command_id == "c9"


def test_a_remote_stop_names_the_transaction_as_the_station_knows_it() -> None:
    story = station16()
    start(story, 4711)
    (uid,) = story.twin.running
    call = sent(story.command(RequestStop(actor=OPERATOR, transaction_uid=uid)))
    assert (call.action, payload(call)) == ("RemoteStopTransaction", {"transactionId": 4711})
    story = station2()
    event(story, "Started", 0)
    (uid,) = story.twin.running
    call = sent(story.command(RequestStop(actor=OPERATOR, transaction_uid=uid)))
    assert (call.action, payload(call)) == ("RequestStopTransaction", {"transactionId": TX})
    gone = story.command(RequestStop(actor=OPERATOR, transaction_uid="gone")).only(CommandFinished)
    assert gone.outcome == "rejected"
