"""What the console's views write: one statement for many rows, coalesced and sorted, in their own tables only."""

from string import Formatter

import pytest
from msgspec import structs
from unit.console.console_drivers import Card, Person
from unit.console.console_imports import import_in_parts
from unit.console.console_log import Log
from unit.console.console_story import Charger, Visit, command, parked

from volt_console.views import AUDIT_TRAIL, LIVE_SESSIONS, LIVE_STATIONS, STATION_TIMELINE, VIEWS
from volt_console.views.sentences import SENTENCES
from volt_console.views.station_timeline import FORGET_EVERY, KEPT
from volt_console.views.upsert import storable
from volt_contracts import station
from volt_contracts.codec import types_of
from volt_contracts.topics import GATEWAY_FRAMES, NETWORK_STATION_EVENTS, STATION_EVENTS
from volt_eventlog.message import Message
from volt_eventlog.view import Statement, View


def _busy_log() -> Log:
    log = Log()
    for identity in ("CP-B", "CP-A"):
        charger = Charger(log, identity)
        charger.connect()
        charger.boot()
        visit = Visit(charger)
        visit.plug()
        visit.start()
        visit.meter(7_000)
        visit.meter(8_000)
        visit.stop()
        visit.unplug()
        command(charger, "Reset", "accepted")
    log.append(STATION_EVENTS, "CP-A", parked(log))
    Card(log, "a-token").said()
    Person(log, "an-account").registered()
    import_in_parts(log, 1)
    return log


def _batch(view: View, log: Log) -> list[Message]:
    return [message for message in log.messages if message.topic in view.topics]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: str(view.name))
def test_statements_name_only_tables_of_their_view(view: View) -> None:
    statements = view.apply(_batch(view, _busy_log()))
    assert statements
    for statement in statements:
        named = {name for _, name, _, _ in Formatter().parse(statement.sql) if name is not None}
        assert named <= set(view.tables)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: str(view.name))
def test_nothing_is_written_for_an_empty_batch(view: View) -> None:
    assert list(view.apply([])) == []


@pytest.mark.parametrize("view", [view for view in VIEWS if view is not AUDIT_TRAIL], ids=lambda view: str(view.name))
def test_every_record_of_a_views_topics_has_its_sentence(view: View) -> None:
    kinds = {tag: kind for topic in view.topics for tag, kind in types_of(topic).items()}
    folded = {kind for tag, kind in kinds.items() if view.types is None or tag in view.types}
    assert folded <= set(SENTENCES)


def test_old_frames_are_forgotten_at_every_so_many_frames_of_a_partition() -> None:
    """Wherever the batches are cut: at the same frame, by its own time."""
    log = Log()
    charger = Charger(log, "CP-A")
    charger.connect()
    opened = log.messages[-1] if log.messages[-1].topic is GATEWAY_FRAMES else log.messages[0]
    assert opened.topic is GATEWAY_FRAMES
    due = structs.replace(opened, offset=3 * FORGET_EVERY, partition=4)
    not_due = structs.replace(opened, offset=3 * FORGET_EVERY + 1)
    forgets = [one for one in STATION_TIMELINE.apply([not_due, due]) if one.sql.startswith("DELETE")]
    assert [one.params for one in forgets] == [{"partition": 4, "before": due.at - KEPT}]


def _statement(statements: list[Statement], column: str) -> Statement:
    return next(statement for statement in statements if column in statement.params)


def test_the_last_reading_of_a_batch_counts() -> None:
    statements = list(LIVE_SESSIONS.apply(_batch(LIVE_SESSIONS, _busy_log())))
    metered = _statement(statements, "metered_wh")
    assert metered.params["power_w"] == [8_000, 8_000]


def test_rows_are_sorted_by_key_so_that_two_writers_never_wait_for_each_other() -> None:
    statements = list(LIVE_STATIONS.apply(_batch(LIVE_STATIONS, _busy_log())))
    uids = _statement(statements, "vendor").params["station_uid"]
    assert uids == sorted(uids)
    assert len(uids) == 2


def test_a_status_that_came_late_changes_nothing_now() -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    body = station.ConnectorStatusChanged(
        time=log.time(), evse=1, connector=1, status="Faulted", status_as_sent="Faulted", live=False
    )
    late = log.append(STATION_EVENTS, charger.identity, body)
    assert [statement for statement in LIVE_STATIONS.apply([late]) if "status" in statement.params] == []


def test_a_transaction_told_after_the_fact_does_not_charge_now() -> None:
    log = Log()
    body = station.TransactionStarted(
        time=log.time(offline="reported"),
        transaction_uid="t",
        protocol_id="7",
        hardware_epoch=0,
        evse=1,
        connector=1,
        charging_state="Charging",
    )
    assert list(LIVE_STATIONS.apply([log.append(STATION_EVENTS, "CP-1", body)])) == []


def test_texts_that_postgres_cannot_hold_are_mended() -> None:
    assert storable("Vol\x00t") == "Vol\N{REPLACEMENT CHARACTER}t"
    assert storable("Vol\ud800t") == "Vol?t"
    assert storable("Füße") == "Füße"
    assert storable(7) == 7


def _columns(messages: list[Message]) -> set[str]:
    return {name for statement in LIVE_STATIONS.apply(messages) for name in statement.params}


def test_what_the_network_says_and_what_the_link_says_are_columns_of_their_own() -> None:
    log = _busy_log()
    link = [message for message in log.messages if message.topic is STATION_EVENTS]
    network = [message for message in log.messages if message.topic is NETWORK_STATION_EVENTS]
    written = [
        {name for statement in LIVE_STATIONS.apply(messages) for name in statement.params}
        for messages in (link, network)
    ]
    assert written[0] & written[1] == {"tenant", "station_uid"}
