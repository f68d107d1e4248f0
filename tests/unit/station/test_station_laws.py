"""What holds for whatever a station sends: nothing raises, replay is live, repetitions change nothing."""

from collections import Counter

import msgspec
from hypothesis import given, settings
from unit.station.station_lives import LIVES, Act
from unit.station.station_story import KEY, Story, fold, restored

from volt_contracts.gateway import Exchange
from volt_contracts.message import Event
from volt_contracts.station import CommandFinished, TransactionEnded, TransactionStarted
from volt_eventlog.message import Message

Life = tuple[str, list[Act]]

REPEATABLE = {
    "StartTransaction",
    "StopTransaction",
    "MeterValues",
    "StatusNotification",
    "NotifyEvent",
    "TransactionEvent",
}


def lived(life: Life) -> Story:
    protocol, acts = life
    story = Story(protocol=protocol)
    for act in acts:
        act(story)
    return story


def frame_of(story: Story) -> Exchange | None:
    """The last thing that came, if it was a call."""
    body = getattr(story.past[-1], "body", None) if story.past else None
    return body if isinstance(body, Exchange) else None


@given(LIVES)
@settings(max_examples=120, deadline=None)
def test_nothing_raises_and_any_prefix_of_the_events_folds(life: Life) -> None:
    story = lived(life)
    for length in range(len(story.events) + 1):
        state = fold(story.events[:length])
        assert restored(state) == state
        if state is not None:
            story.decider.public(KEY, state)
            story.decider.deadline(state, story.now)


@given(LIVES)
@settings(max_examples=40, deadline=None)
def test_the_same_inputs_give_the_same_ids(life: Life) -> None:
    first, second = lived(life), lived(life)
    assert first.events == second.events
    assert first.handed_over == second.handed_over


@given(LIVES)
@settings(max_examples=60, deadline=None)
def test_a_frame_that_comes_again_as_a_new_record_changes_nothing(life: Life) -> None:
    """Each call of an action with an identity comes once more, right after it."""
    protocol, acts = life
    story = Story(protocol=protocol)
    for act in acts:
        act(story)
        frame = frame_of(story)
        if frame is not None and frame.action in REPEATABLE:
            before = story.state
            again = act(story)
            assert [type(said).__name__ for said in again.events if type(said).__name__ != "LateFact"] == []
            assert story.state == before


@given(LIVES)
@settings(max_examples=60, deadline=None)
def test_every_transaction_starts_once_and_ends_at_most_once(life: Life) -> None:
    events = lived(life).events
    ended = Counter(event.transaction_uid for event in events if isinstance(event, TransactionEnded))
    starts = [event for event in events if isinstance(event, TransactionStarted)]
    real = Counter(event.transaction_uid for event in starts if not event.adopted)
    assert set(ended.values()) | set(real.values()) <= {1}
    assert set(ended) <= {event.transaction_uid for event in starts}


@given(LIVES)
@settings(max_examples=60, deadline=None)
def test_every_command_has_one_outcome_when_its_time_has_run_out(life: Life) -> None:
    story = lived(life)
    for _ in range(3):
        story.wait(hours=1).tick()
    messages = [message for message in story.past if isinstance(message, Message)]
    asked = {message.id for message in messages if message.topic is story.decider.commands}
    given_ = Counter(msgspec.json.encode(event) for event in story.events if isinstance(event, CommandFinished))
    finished = Counter(msgspec.json.decode(outcome)["command_id"] for outcome in given_)
    assert asked <= set(finished)
    assert set(finished.values()) <= {1}
    assert story.state is None or story.state.pending == {}


@given(LIVES)
@settings(max_examples=40, deadline=None)
def test_no_clear_token_gets_into_an_event(life: Life) -> None:
    story = lived(life)
    story.link()
    secret = {"idTag": "SECRET-CARD", "idToken": {"idToken": "SECRET-CARD", "type": "Central"}, "connectorId": 1}
    for action in ("Authorize", "StartTransaction", "StopTransaction", "TransactionEvent"):
        story.call(action, secret, refs={"/idTag": "ref-x", "/idToken/idToken": "ref-x"})
    assert b"SECRET-CARD" not in encoded(story.events)
    assert b"WIRE-1" not in encoded(story.events)


def encoded(events: list[Event]) -> bytes:
    return b"".join(msgspec.json.encode(event) for event in events)
