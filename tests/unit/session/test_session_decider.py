"""The wiring of both deciders: what they hear, what they leave unread, where they write."""

import importlib.util

from unit.session.session_story import KEY, NOON, Rows

from volt_contracts.codec import type_name
from volt_contracts.envelope import Envelope
from volt_contracts.eventlog import ReleaseKey
from volt_contracts.message import Actor
from volt_contracts.topics import SESSION_COMMANDS
from volt_eventlog.message import Message
from volt_session import app
from volt_session.decider import AUTHORIZATION, SESSION
from volt_session.domain.session import SessionState
from volt_session.inbox import AUTHORIZATION_INBOX, SESSION_INBOX
from volt_testkit.deciding import outputs_of


def test_every_type_that_is_heard_comes_in_an_input() -> None:
    for decider, inbox in ((SESSION, SESSION_INBOX), (AUTHORIZATION, AUTHORIZATION_INBOX)):
        assert set(inbox) <= {kind for topic in decider.inputs for kind in topic.types}


def test_what_is_heard_is_not_left_unread_and_no_command_ever_is() -> None:
    for decider, inbox in ((SESSION, SESSION_INBOX), (AUTHORIZATION, AUTHORIZATION_INBOX)):
        assert decider.commands is not None
        heard = {type_name(kind) for kind in (*inbox, *decider.commands.types)}
        assert not decider.ignores & heard
        assert decider.ignores


def test_the_service_says_where_it_is() -> None:
    assert importlib.util.find_spec(f"{app.SERVICE.module}.__main__") is not None
    assert (SESSION.lane, AUTHORIZATION.lane) == ("session.session", "session.authorization")


def test_a_message_that_nobody_listens_to_has_no_outputs() -> None:
    body = ReleaseKey(actor=Actor(kind="operator", id="o"))
    envelope = Envelope(id="c", type=type_name(ReleaseKey), source="t", subject=KEY, time=NOON)
    message = Message(SESSION_COMMANDS, KEY, body, envelope, 0, 0, NOON, SESSION.lane)
    for decider in (SESSION, AUTHORIZATION):
        assert outputs_of(decider, None, message, Rows()) == []
        assert decider.evolve(None, body) is None
        assert decider.deadline(None, NOON) is None
    assert SESSION.evolve(SessionState(), body) is None
