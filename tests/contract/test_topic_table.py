"""The topic table: one writer for each topic, and every decider and view is entered where it reads and writes."""

from importlib.metadata import entry_points
from typing import Any

import pytest

from volt_contracts import codec
from volt_contracts.message import Command, Event, Outcome, Row
from volt_contracts.topics import BY_NAME, FOREVER, RUNNER_EVENTS, TOPICS, Topic
from volt_contracts.upcasts import UPCASTS
from volt_eventlog.decider import Decider
from volt_eventlog.topics_admin import settings_of
from volt_eventlog.view import View


def loaded(group: str) -> list[Any]:
    """Everything that services bring under this entry point."""
    return [entry.load() for entry in sorted(entry_points(group=group), key=lambda entry: entry.name)]


DECIDERS: list[Decider] = loaded("voltlog.deciders")
VIEWS: list[View] = loaded("voltlog.views")


def of_kind(*kinds: str) -> list[Topic]:
    """The topics of these kinds."""
    return [topic for topic in TOPICS if topic.kind in kinds]


def lane(decider: Decider) -> str:
    """A decider's name in a test's id."""
    return decider.lane


def name(topic: Topic) -> str:
    """A topic's name in a test's id."""
    return topic.name


def test_there_are_deciders_and_views() -> None:
    assert {"station.station", "session.session", "session.authorization", "network.tenant"} <= set(map(lane, DECIDERS))
    assert len(VIEWS) >= 2
    assert len({view.name for view in VIEWS}) == len(VIEWS)


def test_names_are_unique_and_begin_with_their_owner() -> None:
    assert len(BY_NAME) == len(TOPICS)
    for topic in TOPICS:
        assert topic.name.split(".")[0] == topic.owner or topic.name == "gateway.downlink"


@pytest.mark.parametrize("topic", of_kind("events", "state", "rows", "frames", "dead", "records"), ids=name)
def test_it_has_one_writer(topic: Topic) -> None:
    assert "," not in topic.writer
    if topic.kind != "records":
        assert topic.writer == topic.owner


@pytest.mark.parametrize("topic", of_kind("commands"), ids=name)
def test_commands_have_one_reader_their_owner(topic: Topic) -> None:
    assert topic.readers == (topic.owner,)
    assert all(issubclass(kind, Command) for kind in topic.types)


@pytest.mark.parametrize("topic", of_kind("state"), ids=name)
def test_state_is_private(topic: Topic) -> None:
    assert topic.readers == (topic.owner,)
    assert topic.compacted
    assert topic.types == ()


@pytest.mark.parametrize("topic", of_kind("events"), ids=name)
def test_events_are_kept_for_ever(topic: Topic) -> None:
    assert topic.retention_ms == FOREVER
    assert not topic.compacted
    assert all(issubclass(kind, Event) for kind in topic.types)
    assert set(RUNNER_EVENTS) <= set(topic.types)


@pytest.mark.parametrize("topic", of_kind("rows"), ids=name)
def test_rows_are_compacted(topic: Topic) -> None:
    assert topic.compacted
    assert all(issubclass(kind, Row) for kind in topic.types)


@pytest.mark.parametrize("topic", TOPICS, ids=name)
def test_every_topic_is_append_time_and_says_what_it_holds(topic: Topic) -> None:
    for environment in ("local", "production"):
        settings = settings_of(topic, environment)
        assert settings["message.timestamp.type"] == "LogAppendTime"
        assert settings["cleanup.policy"] == ("compact" if topic.compacted else "delete")
        assert topic.compacted or settings["retention.ms"] == str(topic.retention_ms)
    assert settings_of(topic, "production")["min.insync.replicas"] == "2"
    assert topic.meaning


@pytest.mark.parametrize("topic", TOPICS, ids=name)
def test_tags_are_owner_fact_version_and_mean_one_type(topic: Topic) -> None:
    for tag, kind in codec.types_of(topic).items():
        owner, fact, version = tag.split(".")
        assert owner in {topic.owner, "eventlog", *(other.owner for other in TOPICS)}
        assert fact.isidentifier()
        assert version.startswith("v")
        assert version[1:].isdigit()
        assert codec.all_types()[tag] is kind
        assert kind.__doc__, "whoever reads the catalogue wants to know what it means"
        assert tag not in UPCASTS, "an old version's tag must not be in use"


@pytest.mark.parametrize("decider", DECIDERS, ids=lane)
def test_a_deciders_topics_are_its_own_and_bear_its_name(decider: Decider) -> None:
    middle = decider.owner if decider.name == decider.owner else f"{decider.owner}.{decider.name}"
    assert (decider.events.name, decider.state.name) == (f"{middle}.events", f"{middle}.state")
    assert decider.commands is not None
    assert decider.commands.name == f"{middle}.commands"
    assert decider.dead.name == f"{decider.owner}.dead"
    for topic in (decider.events, decider.state, decider.dead):
        assert topic.owner == topic.writer == decider.owner
        assert BY_NAME[topic.name] is topic


@pytest.mark.parametrize("decider", DECIDERS, ids=lane)
def test_a_decider_is_entered_where_it_reads_and_writes(decider: Decider) -> None:
    for topic in (*decider.inputs, *decider.tables):
        assert decider.owner in topic.readers, f"{topic.name} does not name {decider.owner} as a reader"
    for topic in decider.writes:
        assert decider.owner in topic.writer.split(", "), f"{topic.name} does not name {decider.owner} as a writer"
    assert decider.commands in decider.inputs


@pytest.mark.parametrize("decider", DECIDERS, ids=lane)
def test_a_deciders_inputs_and_events_have_the_same_partitions_and_key(decider: Decider) -> None:
    assert {topic.scale for topic in decider.inputs} == {decider.events.scale} == {decider.state.scale}
    assert {topic.key for topic in decider.inputs} == {decider.events.key} == {decider.state.key}


@pytest.mark.parametrize("decider", DECIDERS, ids=lane)
def test_a_deciders_events_hold_the_outcomes_of_its_commands(decider: Decider) -> None:
    own = [kind for kind in decider.events.types if issubclass(kind, Outcome) and kind not in RUNNER_EVENTS]
    assert own, "every command gets exactly one outcome"
    assert decider.commands is not None
    assert any(codec.type_name(kind) == "eventlog.release_key.v1" for kind in decider.commands.types)


@pytest.mark.parametrize("decider", DECIDERS, ids=lane)
def test_a_decider_does_not_ignore_what_the_runner_or_its_callers_need(decider: Decider) -> None:
    assert decider.commands is not None
    assert not decider.ignores & set(codec.types_of(decider.commands))
    known = {tag for topic in decider.inputs for tag in codec.types_of(topic)}
    assert decider.ignores <= known


OF_ONE_TOPIC_EACH = frozenset({"audit_trail", "imports", "parked_keys"})
"""Views whose rows name their topic: none is of two topics, whose partitions would have to agree."""


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_is_entered_where_it_reads_and_compares_all_its_tables(view: View) -> None:
    for topic in view.topics:
        assert "console" in topic.readers, f"{topic.name} does not name the console as a reader"
        assert BY_NAME[topic.name] is topic
    assert set(view.compared) == set(view.tables), "a rebuild must be able to compare every table"
    assert len({topic.scale for topic in view.topics}) == 1 or view.name in OF_ONE_TOPIC_EACH


def test_old_versions_lead_to_todays() -> None:
    for tag, step in UPCASTS.items():
        seen = {tag}
        while step.to in UPCASTS:
            assert step.to not in seen, f"{tag} leads back to {step.to}"
            seen.add(step.to)
            step = UPCASTS[step.to]
        assert step.to in codec.all_types()
