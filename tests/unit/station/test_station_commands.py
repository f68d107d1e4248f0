"""Commands: to the gateway of the link, and exactly one outcome, whatever happens."""

from datetime import timedelta

import pytest
from unit.station.station_orders import payload, sent, station16
from unit.station.station_story import KEY, OPERATOR, Story, header
from unit.station.station_words2 import station as station2

from volt_contracts.envelope import LINK
from volt_contracts.station import (
    CommandFinished,
    CommandSent,
    LateResult,
    Reset,
    TriggerMessage,
    UnlockConnector,
)


def test_a_command_goes_to_the_gateway_of_the_link() -> None:
    story = station16()
    then = story.command(Reset(actor=OPERATOR, kind="Immediate"), id="c1")
    assert then.names == ["CommandSent"]
    said, call = then.only(CommandSent), sent(then)
    (record,) = then.records
    assert (record.key, header(record, LINK)) == (KEY, b"link-1")
    assert (call.command_id, call.link_id, call.protocol, call.action) == ("c1", "link-1", "ocpp1.6", "Reset")
    assert payload(call) == {"type": "Hard"}
    assert call.message_id == story.past[-1].output_id(1)
    assert (said.message_id, said.command, said.actor) == (call.message_id, "station.reset.v1", "operator:anna")
    assert call.not_after == story.now + timedelta(seconds=40)
    assert said.answer_until == call.not_after + timedelta(seconds=40)


def test_sent_then_answered_is_one_outcome() -> None:
    story = station16()
    call = sent(story.command(Reset(actor=OPERATOR), id="c1"))
    assert payload(call) == {"type": "Soft"}
    assert story.report(call, "sent").names == ["CommandProgressed"]
    when = story.now
    done = story.wait(seconds=2).report(call, "result", {"status": "Accepted"})
    assert done.names == ["CommandFinished"]
    fact = done.only(CommandFinished)
    assert (fact.command_id, fact.outcome, fact.status, fact.command) == (
        "c1",
        "accepted",
        "Accepted",
        "station.reset.v1",
    )
    assert (fact.sent_at, fact.sentence) == (when, None)
    assert story.twin.pending == {}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("Accepted", "accepted"),
        ("Scheduled", "accepted"),
        ("RebootRequired", "accepted"),
        ("Unlocked", "accepted"),
        ("Rejected", "rejected"),
        ("UnlockFailed", "rejected"),
        ("OngoingAuthorizedTransaction", "rejected"),
        ("Whatever", "rejected"),
        ("NotSupported", "not_supported"),
        ("NotImplemented", "not_supported"),
    ],
)
def test_the_stations_word_becomes_an_outcome_and_is_kept(status: str, outcome: str) -> None:
    story = station2()
    call = sent(story.command(UnlockConnector(actor=OPERATOR, evse=1), id="c1"))
    assert payload(call) == {"evseId": 1, "connectorId": 1}
    info = {"status": status, "statusInfo": {"reasonCode": "X1", "additionalInfo": "jammed"}}
    fact = story.report(call, "result", info).only(CommandFinished)
    assert (fact.outcome, fact.status, fact.status_info) == (outcome, status, "X1 jammed")
    assert (fact.sentence is None) == (outcome == "accepted")


@pytest.mark.parametrize("answer", [None, {}, [], {"status": 7.5e9}, {"status": None}, "x"])
def test_an_answer_that_cannot_be_read_may_have_acted(answer: object) -> None:
    story = station2()
    call = sent(story.command(Reset(actor=OPERATOR)))
    fact = story.report(call, "result", answer).only(CommandFinished)
    assert fact.outcome in ("unknown", "rejected")
    assert fact.sentence


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("NotImplemented", "not_supported"), ("NotSupported", "not_supported"), ("InternalError", "rejected")],
)
def test_a_callerror_is_a_refusal(code: str, outcome: str) -> None:
    story = station16()
    call = sent(story.command(Reset(actor=OPERATOR)))
    said = {"errorDescription": "no such thing", "errorDetails": {}}
    fact = story.report(call, "error", said, error=code).only(CommandFinished)
    assert (fact.outcome, fact.status, fact.status_info) == (outcome, code, "no such thing")


def test_no_answer_is_unknown_and_a_late_one_changes_nothing() -> None:
    story = station16()
    call = sent(story.command(Reset(actor=OPERATOR), id="c1"))
    story.report(call, "sent")
    assert story.report(call, "no_answer").only(CommandFinished).outcome == "unknown"
    late = story.wait(minutes=1).report(call, "result", {"status": "Accepted"})
    assert late.names == ["LateResult"]
    assert (late.only(LateResult).command_id, late.only(LateResult).status) == ("c1", "Accepted")
    assert story.report(call, "sent").events == []
    assert story.report(call, "no_answer").events == []


@pytest.mark.parametrize("error", ["link_gone", "too_late", "queue_full", None])
def test_what_the_gateway_did_not_send_has_expired(error: str | None) -> None:
    story = station16()
    call = sent(story.command(Reset(actor=OPERATOR)))
    fact = story.report(call, "not_sent", error=error).only(CommandFinished)
    assert (fact.outcome, bool(fact.sentence)) == ("expired", True)


def test_the_deadline_tells_never_sent_from_never_answered() -> None:
    story = station16()
    story.command(Reset(actor=OPERATOR), id="c1")
    second = sent(story.command(Reset(actor=OPERATOR), id="c2"))
    story.report(second, "sent")
    assert story.wait(seconds=79).tick().events == []
    done = {fact.command_id: fact for fact in story.wait(seconds=1).tick().events}
    assert (done["c1"].outcome, done["c2"].outcome) == ("expired", "unknown")
    assert done["c2"].sent_at is not None
    assert story.tick().events == []


def test_without_a_link_it_has_expired() -> None:
    story = Story()
    assert story.command(Reset(actor=OPERATOR)).only(CommandFinished).outcome == "expired"
    story = station16()
    story.closed()
    fact = story.command(Reset(actor=OPERATOR)).only(CommandFinished)
    assert (fact.outcome, fact.sentence) == ("expired", "the station is not connected")


def test_too_late_is_too_late() -> None:
    story = station16()
    fact = story.command(Reset(actor=OPERATOR, not_after=story.now)).only(CommandFinished)
    assert fact.outcome == "expired"


def test_the_same_record_again_is_carried_out_once_and_answered_again() -> None:
    story = station16()
    call = sent(story.command(Reset(actor=OPERATOR), id="c1"))
    assert story.command(Reset(actor=OPERATOR), id="c1").outputs == []
    first = story.report(call, "result", {"status": "Rejected"}).only(CommandFinished)
    again = story.wait(minutes=1).command(Reset(actor=OPERATOR), id="c1")
    assert again.outputs == [first]


def test_a_station_is_not_flooded() -> None:
    story = station16()
    for _ in range(20):
        sent(story.command(TriggerMessage(actor=OPERATOR, message="Heartbeat")))
    fact = story.command(TriggerMessage(actor=OPERATOR, message="Heartbeat")).only(CommandFinished)
    assert fact.outcome == "rejected"
    assert "20 commands" in (fact.sentence or "")


def test_a_newer_link_takes_new_commands_and_old_answers_still_count() -> None:
    story = station16()
    call = sent(story.command(Reset(actor=OPERATOR), id="c1"))
    story.report(call, "sent")
    story.wait(seconds=1).link("link-2")
    assert sent(story.command(Reset(actor=OPERATOR))).link_id == "link-2"
    assert story.report(call, "result", {"status": "Accepted"}).only(CommandFinished).command_id == "c1"
