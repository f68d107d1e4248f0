"""What became of a command? The owner (`station` or `session`) is part of the key: each row has one writing topic.

`import_id`: the import that the command is a row of; its id says so (`volt_contracts.imports`).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from volt_console.views.changes import payloads_of
from volt_console.views.upsert import Group, json_text, place
from volt_contracts import eventlog, imports, session, station
from volt_contracts.codec import type_name
from volt_contracts.ids import entity_key
from volt_contracts.message import Outcome
from volt_contracts.topics import SESSION_EVENTS, STATION_EVENTS, MessageTypes
from volt_eventlog.message import Message
from volt_eventlog.view import Statement, View

COMMANDS = """
    tenant text NOT NULL,
    command_id text NOT NULL,
    owner text NOT NULL,
    station_uid text NOT NULL,
    sent_command text,
    action text,
    actor text,
    sent_at timestamptz,
    sent_offset bigint,
    passed_command text,
    passed_actor text,
    station_command_id text,
    passed_at timestamptz,
    passed_offset bigint,
    finished_command text,
    outcome text,
    status text,
    status_info text,
    sentence text,
    results jsonb,
    lossy jsonb,
    session_id text,
    finished_at timestamptz,
    finished_partition integer,
    finished_offset bigint,
    import_id text GENERATED ALWAYS AS (
        substring(command_id FROM '^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/[0-9]{1,18}$')
    ) STORED,
    command text GENERATED ALWAYS AS (coalesce(finished_command, sent_command, passed_command)) STORED,
    first_at timestamptz GENERATED ALWAYS AS (coalesce(sent_at, passed_at, finished_at)) STORED,
    PRIMARY KEY (tenant, command_id, owner)
"""


def _group(guard: str, **columns: str) -> Group:
    key = {"tenant": "text", "command_id": "text", "owner": "text"}
    return Group("command_outcomes", key, columns, guard, fixed={"station_uid": "text"})


SENT = _group("sent_offset", sent_command="text", action="text", actor="text", sent_at="timestamptz")
PASSED = _group(
    "passed_offset", passed_command="text", passed_actor="text", station_command_id="text", passed_at="timestamptz"
)
FINISHED = _group(
    "finished_offset",
    finished_command="text",
    outcome="text",
    status="text",
    status_info="text",
    sentence="text",
    results="jsonb",
    lossy="jsonb",
    session_id="text",
    finished_at="timestamptz",
    finished_partition="integer",
)


TYPES: MessageTypes = (
    station.CommandSent,
    station.CommandFinished,
    session.SessionCommandAccepted,
    session.SessionCommandFinished,
    eventlog.CommandRefused,
)


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Fold the ways of commands."""
    rows: dict[Group, list[dict[str, Any]]] = {SENT: [], PASSED: [], FINISHED: []}
    for message in batch:
        for group, row in _facts(message):
            rows[group].append(row)
    return [statement for group, found in rows.items() for statement in group.upsert(found)]


def _facts(message: Message) -> Iterator[tuple[Group, dict[str, Any]]]:
    match message.body:
        case station.CommandSent() as sent:
            words = {"sent_command": sent.command, "action": sent.action, "actor": sent.actor, "sent_at": sent.at}
            yield SENT, _row(message, SENT, sent.command_id, **words)
        case session.SessionCommandAccepted() as passed:
            actor = None if passed.actor is None else passed.actor.text
            on = {
                "passed_command": passed.command,
                "station_command_id": passed.station_command_id,
                "passed_actor": actor,
            }
            yield PASSED, _row(message, PASSED, passed.command_id, passed_at=passed.at, **on)
        case station.CommandFinished() | session.SessionCommandFinished() | eventlog.CommandRefused() as finished:
            yield FINISHED, _finished(message, finished)


def _finished(message: Message, body: Outcome) -> dict[str, Any]:
    row = _row(message, FINISHED, body.command_id, outcome=body.outcome, sentence=body.sentence)
    row |= {"finished_at": getattr(body, "at", None), "finished_partition": message.partition}
    match body:
        case station.CommandFinished():
            row |= {"finished_command": body.command, "status": body.status, "status_info": body.status_info}
            row |= {"results": json_text(body.results), "lossy": json_text(body.lossy)}
        case session.SessionCommandFinished():
            row |= {"finished_command": body.command, "status": body.status, "session_id": body.session_id}
    return row


def _row(message: Message, group: Group, command_id: str, **values: Any) -> dict[str, Any]:
    return place(message, group.guard, command_id=command_id, owner=message.topic.owner, **values)


def changed(batch: Sequence[Message]) -> list[str]:
    """What pages are told: the stations of the batch, and the imports that asked for it."""
    finished = (message for message in batch if isinstance(message.body, station.CommandFinished))
    named = ((message.tenant, imports.row_of(message.body.command_id)) for message in finished)
    asking = {entity_key(tenant, row[0]) for tenant, row in named if row is not None}
    return payloads_of({message.key for message in batch} | asking)


COMMAND_OUTCOMES = View(
    name="command_outcomes",
    schema="console",
    generation=2,
    topics=(STATION_EVENTS, SESSION_EVENTS),
    tables={"command_outcomes": COMMANDS},
    types=frozenset(map(type_name, TYPES)),
    indexes=(
        "CREATE INDEX IF NOT EXISTS command_outcomes_latest_g{g} ON {command_outcomes}"
        " (tenant, station_uid, first_at DESC, command_id)",
        "CREATE INDEX IF NOT EXISTS command_outcomes_passed_g{g} ON {command_outcomes}"
        " (tenant, station_uid, station_command_id) WHERE station_command_id IS NOT NULL",
        "CREATE INDEX IF NOT EXISTS command_outcomes_import_g{g} ON {command_outcomes}"
        " (tenant, import_id) WHERE import_id IS NOT NULL",
    ),
    apply=apply,
    notifies=changed,
    compared={
        "command_outcomes": "tenant, command_id, owner, station_uid, command, action, actor, sent_at, passed_actor,"
        " station_command_id, passed_at, outcome, status, status_info, sentence, results, lossy, session_id,"
        " finished_at"
    },
)
