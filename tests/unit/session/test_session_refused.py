"""Tokens that were refused: the visit and its energy stay, and a station that charges on is told to stop, once."""

from decimal import Decimal
from typing import Any

import pytest
from unit.session.session_story import KEY, OTHER_TAG, TAG, Story, at, ended, metered, started, status, updated

from volt_contracts.session import (
    SessionAuthorized,
    SessionCommandAccepted,
    SessionCommandFinished,
    SessionEnded,
    SessionFinalised,
)
from volt_contracts.station import CommandFinished, RequestStop


def refused(minute: float = 1, **said: Any) -> Any:
    """A start whose token was refused."""
    return started(minute, **{"verdict": "Blocked", **said})


def test_a_refused_token_opens_a_visit_with_its_energy() -> None:
    story = Story()
    story.fact(refused())
    story.fact(ended(2, register=1200, reason="DeAuthorized"))
    story.fact(status(3, "Available"))
    told, summary = story.last(SessionAuthorized), story.last(SessionEnded).summary
    assert (told.refused, told.authorization.verdict) == (True, "Blocked")
    assert (summary.authorization, summary.energy_wh, summary.authorized_at) == ("refused", Decimal(200), None)
    assert summary.suspect == ("refused_token",)
    assert not story.sent(RequestStop), "it stopped by itself"


def test_a_station_that_charges_on_is_told_to_stop_once() -> None:
    story = Story()
    story.fact(refused())
    story.fact(status(1.1, "Charging"))
    story.pass_time(at(1.4))
    assert not story.sent(RequestStop)
    story.pass_time(at(1.5))
    (stop,) = story.sent(RequestStop)
    assert (stop.transaction_uid, stop.actor.kind, stop.actor.reason) == ("tx-1", "system", "refused_token")
    command_id, record = next((id, one) for id, one in story.records if isinstance(one.body, RequestStop))
    assert (record.topic.name, record.key) == ("station.commands", KEY)
    assert story.last(SessionCommandAccepted).station_command_id == command_id
    story.fact(refused(), heard=2)
    story.fact(metered((3, 1500)))
    story.fact(updated(4, charging_state="Charging"))
    story.pass_time(at(30))
    assert len(story.sent(RequestStop)) == 1


def test_that_stop_has_its_outcome_too() -> None:
    story = Story()
    story.fact(refused())
    story.fact(status(1.1, "Charging"))
    story.pass_time(at(2))
    command_id = story.last(SessionCommandAccepted).station_command_id
    answer = CommandFinished(
        command_id=command_id, outcome="rejected", command="RequestStop", status="Rejected", at=at(2.5)
    )
    story.fact(answer, heard=2.5)
    finished = story.last(SessionCommandFinished)
    assert (finished.outcome, finished.status, finished.session_id) == ("rejected", "Rejected", story.ids[0])
    assert story.pass_time(at(10)) == []


def test_energy_alone_shows_that_it_charges_on() -> None:
    story = Story()
    story.fact(refused())
    story.pass_time(at(5))
    assert not story.sent(RequestStop)
    story.fact(metered((6, 1100)))
    story.pass_time(at(6.1))
    assert len(story.sent(RequestStop)) == 1


@pytest.mark.parametrize(
    "said",
    [
        {"verdict_source": "fallback", "verdict": "Unknown"},
        {"verdict_source": "repeat"},
        {"verdict_source": "concurrent", "verdict": "ConcurrentTx"},
        {"offline": "inferred"},
    ],
)
def test_who_is_not_stopped(said: dict[str, Any]) -> None:
    story = Story()
    story.fact(refused(**said))
    story.fact(status(1.1, "Charging"))
    story.fact(metered((3, 1500)))
    story.pass_time(at(60))
    assert story.last(SessionAuthorized).refused
    assert not story.sent(RequestStop)


def test_the_later_of_two_starts_on_one_token_is_marked_and_goes_on() -> None:
    story = Story()
    story.fact(started(0, "tx-1"))
    story.fact(started(0.1, "tx-2", evse=2, verdict="ConcurrentTx", verdict_source="concurrent"))
    story.fact(status(0.2, "Charging", evse=2))
    story.pass_time(at(10))
    first, second = story.open
    assert (first.suspect, second.suspect) == ((), ("concurrent",))
    assert not story.sent(RequestStop)


def test_a_verdict_that_changes_on_a_repeated_start() -> None:
    story = Story()
    story.fact(started(1, verdict_source="fallback"))
    story.fact(status(1.1, "Charging"))
    story.fact(updated(2, token_ref=TAG, verdict="Blocked", verdict_source="asked"))
    assert [told.refused for told in story.all(SessionAuthorized)] == [False, True]
    story.pass_time(at(2.5))
    assert len(story.sent(RequestStop)) == 1


def test_a_refusal_of_another_token_leaves_the_running_one_alone() -> None:
    story = Story()
    story.fact(started(1))
    story.fact(updated(2, token_ref=OTHER_TAG, verdict="Blocked", verdict_source="asked"))
    assert len(story.all(SessionAuthorized)) == 1


def test_a_start_without_a_verdict_is_marked() -> None:
    story = Story()
    story.fact(started(1, verdict=None, verdict_source=None))
    story.fact(ended(5))
    story.pass_time(at(60))
    summary = story.last(SessionFinalised).summary
    assert (summary.authorization, summary.suspect) == ("accepted", ("no_verdict",))
