"""StartSession and StopSession: passed on to the station, each with one outcome."""

from datetime import timedelta
from typing import Any

import pytest
from unit.session.session_story import KEY, TAG, Story, at, ended, started

from volt_contracts.eventlog import CommandRefused
from volt_contracts.message import Actor
from volt_contracts.session import (
    NoteGrant,
    SessionAuthorized,
    SessionCommandAccepted,
    SessionCommandFinished,
    StartSession,
    StopSession,
)
from volt_contracts.station import CommandFinished, RequestStart, RequestStop
from volt_session.domain.remote import PENDING_AT_MOST, remote_start_id_of

DRIVER = Actor(kind="driver", id="d-1")


def start(**said: Any) -> StartSession:
    """A driver wants to charge."""
    return StartSession(**{"actor": DRIVER, "id_token": "WEB-123", "token_ref": TAG, "evse": 1, **said})


def answer(story: Story, outcome: Any = "accepted", **said: Any) -> CommandFinished:
    """The station's outcome of the command that was passed on last."""
    command_id = story.last(SessionCommandAccepted).station_command_id
    return CommandFinished(
        **{"command_id": command_id, "outcome": outcome, "command": "RequestStart", "at": story.now, **said}
    )


def test_a_start_is_passed_on_with_a_grant_and_accepted() -> None:
    story = Story()
    story.command(start(), 0, id="c-1")
    (request,), (noted,) = story.sent(RequestStart), story.sent(NoteGrant)
    accepted = story.last(SessionCommandAccepted)
    assert (request.id_token, request.token_ref, request.evse, request.actor) == ("WEB-123", TAG, 1, DRIVER)
    assert request.not_after == at(0.5)
    assert request.remote_start_id == accepted.remote_start_id == remote_start_id_of("c-1") > 0
    station_command_id, record = story.records[0]
    assert (record.topic.name, record.key) == ("station.commands", KEY)
    assert accepted.station_command_id == noted.grant.command_id == station_command_id
    assert (accepted.actor, accepted.until) == (DRIVER, at(1.5))
    assert (noted.grant.token_ref, noted.grant.evse) == (TAG, 1)
    assert story.records[1][1].key == "demo/tag-1"


def test_its_outcome_is_the_stations() -> None:
    story = Story()
    story.command(start(), 0, id="c-1")
    story.fact(answer(story, status="Accepted"), heard=0.2)
    finished = story.last(SessionCommandFinished)
    assert (finished.command_id, finished.outcome, finished.status) == ("c-1", "accepted", "Accepted")
    assert story.pass_time(at(10)) == []


def test_a_parked_station_refuses() -> None:
    story = Story()
    story.command(start(), 0, id="c-1")
    command_id = story.last(SessionCommandAccepted).station_command_id
    refusal = CommandRefused(command_id=command_id, outcome="rejected", sentence="parked", at=at(0.1))
    story.fact(refusal, heard=0.1)
    assert (story.last(SessionCommandFinished).outcome, story.last(SessionCommandFinished).sentence) == (
        "rejected", "parked",
    )  # fmt: skip


def test_without_an_answer_the_outcome_is_unknown_after_90_seconds() -> None:
    story = Story()
    story.command(start(), 0, id="c-1")
    story.pass_time(at(1.49))
    assert not story.all(SessionCommandFinished)
    story.pass_time(at(1.5))
    finished = story.last(SessionCommandFinished)
    assert (finished.outcome, finished.command_id) == ("unknown", "c-1")
    assert finished.sentence
    assert story.fact(answer(story), heard=2) == [], "there is one outcome"


def test_a_start_that_may_wait_has_its_outcome_later() -> None:
    story = Story()
    story.command(start(not_after=at(30)), 0)
    assert story.sent(RequestStart)[0].not_after == at(30)
    assert story.last(SessionCommandAccepted).until == at(31)


def test_a_command_that_comes_again_has_no_second_effect() -> None:
    story = Story()
    story.command(start(), 0, id="c-1")
    assert story.command(start(), 0.1, id="c-1") == []
    story.fact(answer(story), heard=0.2)
    first = story.last(SessionCommandFinished)
    assert story.command(start(), 0.3, id="c-1") == [first], "the same outcome, field by field"
    assert len(story.sent(RequestStart)) == 1


def test_a_command_that_comes_too_late_is_expired() -> None:
    story = Story()
    story.command(start(not_after=at(-1)), 0)
    assert story.last(SessionCommandFinished).outcome == "expired"
    assert not story.records


def test_too_many_commands_at_once_are_rejected() -> None:
    story = Story()
    for number in range(PENDING_AT_MOST + 1):
        story.command(start(), 0, id=f"c-{number}")
    assert (story.last(SessionCommandFinished).outcome, len(story.sent(RequestStart))) == ("rejected", PENDING_AT_MOST)
    story.pass_time(at(2))
    assert len({finished.command_id for finished in story.all(SessionCommandFinished)}) == PENDING_AT_MOST + 1
    assert story.size() < 8 * 1024


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ({"remote_start_id": remote_start_id_of("c-1")}, "app"),
        ({"verdict_source": "grant"}, "app"),
        ({}, "rfid"),
    ],
)
def test_a_transaction_that_follows_is_linked_to_its_command(said: dict[str, Any], source: str) -> None:
    story = Story()
    story.command(start(), 0, id="c-1")
    story.fact(answer(story), heard=0.2)
    story.fact(started(1, **said))
    authorization = story.last(SessionAuthorized).authorization
    assert (authorization.source, authorization.command_id) == (source, "c-1" if source == "app" else None)


def test_a_partners_start_is_told_from_an_apps() -> None:
    story = Story()
    story.command(start(actor=Actor(kind="partner", id="nl-abc")), 0, id="c-1")
    command_id = story.last(SessionCommandAccepted).station_command_id
    story.fact(started(1, command_id=command_id, verdict_source="grant"))
    assert story.last(SessionAuthorized).authorization.source == "remote_partner"


def test_a_stop_names_the_transaction_that_runs() -> None:
    story = Story()
    story.fact(started(0))
    session_id = story.open[0].session_id
    story.command(StopSession(actor=DRIVER, session_id=session_id), 1, id="c-2")
    assert [(stop.transaction_uid, stop.actor) for stop in story.sent(RequestStop)] == [("tx-1", DRIVER)]
    story.fact(answer(story, command="RequestStop"), heard=1.1)
    finished = story.last(SessionCommandFinished)
    assert (finished.command_id, finished.command, finished.session_id) == ("c-2", "StopSession", session_id)


def test_a_stop_of_what_does_not_run_is_rejected_at_once() -> None:
    story = Story()
    story.command(StopSession(actor=DRIVER, session_id="nowhere"), 0, id="c-1")
    assert story.last(SessionCommandFinished).outcome == "rejected"
    story.fact(started(1))
    story.fact(ended(2))
    story.command(StopSession(actor=DRIVER, session_id=story.open[0].session_id), 3, id="c-2")
    finished = story.last(SessionCommandFinished)
    assert (finished.command_id, finished.outcome) == ("c-2", "rejected")
    assert finished.sentence
    assert not story.sent(RequestStop)


def test_outcomes_are_forgotten_after_a_day() -> None:
    story = Story()
    story.command(start(), 0, id="c-1")
    story.pass_time(at(5))
    story.command(start(), 25 * 60, id="c-2")
    assert [command.command_id for command in story.state.commands] == ["c-2"]
    assert story.now - at(0) > timedelta(hours=24)
