"""Which keys of which deciders stand still after a failure, and who took them up again?"""

from collections.abc import Iterator, Sequence
from typing import Any

from volt_console.views.changes import changed_keys
from volt_console.views.upsert import Group
from volt_contracts import eventlog
from volt_contracts.codec import type_name
from volt_contracts.topics import RUNNER_EVENTS, TOPICS, MessageTypes
from volt_eventlog.message import Message
from volt_eventlog.view import Statement, View

COLUMNS = """
    tenant text NOT NULL,
    lane text NOT NULL,
    entity text NOT NULL,
    parked_at timestamptz,
    error text,
    message_type text,
    cause text,
    parked_partition integer,
    parked_offset bigint,
    released_by text,
    released_at timestamptz,
    released_offset bigint,
    caught_up_at timestamptz,
    caught_up_offset bigint,
    PRIMARY KEY (tenant, lane, entity)
"""


def _group(guard: str, **columns: str) -> Group:
    return Group("parked_keys", {"tenant": "text", "lane": "text", "entity": "text"}, columns, guard, fixed={})


PARKED = _group(
    "parked_offset", parked_at="timestamptz", error="text", message_type="text", cause="text",
    parked_partition="integer",
)  # fmt: skip
RELEASED = _group("released_offset", released_by="text", released_at="timestamptz")
CAUGHT_UP = _group("caught_up_offset", caught_up_at="timestamptz")

TYPES: MessageTypes = (eventlog.KeyParked, eventlog.KeyReleased, eventlog.KeyCaughtUp)


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Note who stands still, who was released, and who has caught up."""
    rows: dict[Group, list[dict[str, Any]]] = {PARKED: [], RELEASED: [], CAUGHT_UP: []}
    for message in batch:
        for group, row in _facts(message):
            rows[group].append(row)
    return [statement for group, found in rows.items() for statement in group.upsert(found)]


def _facts(message: Message) -> Iterator[tuple[Group, dict[str, Any]]]:
    match message.body:
        case eventlog.KeyParked() as parked:
            told = {"error": parked.error, "message_type": parked.message_type, "cause": parked.cause}
            where = {"parked_at": parked.at, "parked_partition": message.partition}
            yield PARKED, _row(message, PARKED, **told, **where)
        case eventlog.KeyReleased() as released:
            yield RELEASED, _row(message, RELEASED, released_by=released.actor, released_at=released.at)
        case eventlog.KeyCaughtUp() as caught_up:
            yield CAUGHT_UP, _row(message, CAUGHT_UP, caught_up_at=caught_up.at)


def _row(message: Message, group: Group, **values: Any) -> dict[str, Any]:
    lane = message.topic.name.removesuffix(".events")
    return {"tenant": message.tenant, "lane": lane, "entity": message.entity, group.guard: message.offset, **values}


PARKED_KEYS = View(
    name="parked_keys",
    schema="console",
    generation=1,
    topics=tuple(topic for topic in TOPICS if topic.kind == "events" and set(RUNNER_EVENTS) <= set(topic.types)),
    tables={"parked_keys": COLUMNS},
    types=frozenset(map(type_name, TYPES)),
    indexes=(
        "CREATE INDEX IF NOT EXISTS parked_keys_latest_g{g} ON {parked_keys} (tenant, parked_at DESC, lane, entity)",
    ),
    apply=apply,
    notifies=changed_keys,
    compared={
        "parked_keys": "tenant, lane, entity, parked_at, error, message_type, cause, released_by, released_at,"
        " caught_up_at"
    },
)
