"""Who asked for what, and what came of it? Every outcome of a command is a line; verdicts on tokens are none."""

from collections.abc import Iterator, Sequence
from typing import Any

from volt_console.views.upsert import Group
from volt_contracts import addresses, drivers, eventlog, network, session, station
from volt_contracts.codec import type_name
from volt_contracts.message import Outcome
from volt_contracts.topics import (
    AUTHORIZATION_EVENTS,
    DRIVERS_ACCOUNT_EVENTS,
    DRIVERS_TOKEN_EVENTS,
    NETWORK_API_KEY_EVENTS,
    NETWORK_IDENTITY_EVENTS,
    NETWORK_IMPORT_EVENTS,
    NETWORK_LOCATION_EVENTS,
    NETWORK_ORGANISATION_EVENTS,
    NETWORK_ROUTE_EVENTS,
    NETWORK_STATION_EVENTS,
    NETWORK_TENANT_EVENTS,
    SESSION_EVENTS,
    STATION_EVENTS,
    MessageTypes,
    Topic,
)
from volt_eventlog.message import Message
from volt_eventlog.view import Statement, View

TRAIL = """
    tenant text NOT NULL,
    topic text NOT NULL,
    entity text NOT NULL,
    command_id text NOT NULL,
    entity_kind text NOT NULL,
    command text,
    actor text,
    outcome text,
    sentence text,
    at timestamptz,
    correlation_id text,
    log_partition integer,
    log_offset bigint,
    id text GENERATED ALWAYS AS (topic || '/' || entity || '/' || command_id) STORED,
    PRIMARY KEY (tenant, topic, entity, command_id)
"""

LINE = Group(
    "audit_trail",
    {"tenant": "text", "topic": "text", "entity": "text", "command_id": "text"},
    {
        "command": "text",
        "actor": "text",
        "outcome": "text",
        "sentence": "text",
        "at": "timestamptz",
        "correlation_id": "text",
        "log_partition": "integer",
    },
    "log_offset",
    fixed={"entity_kind": "text"},
)

KINDS: dict[Topic, str] = {
    STATION_EVENTS: "station",
    SESSION_EVENTS: "station",
    NETWORK_STATION_EVENTS: "station",
    NETWORK_TENANT_EVENTS: "tenant",
    NETWORK_LOCATION_EVENTS: "location",
    NETWORK_ORGANISATION_EVENTS: "organisation",
    NETWORK_IDENTITY_EVENTS: "identity",
    NETWORK_ROUTE_EVENTS: "address",
    NETWORK_IMPORT_EVENTS: "import",
    NETWORK_API_KEY_EVENTS: "key",
    DRIVERS_TOKEN_EVENTS: "token",
    DRIVERS_ACCOUNT_EVENTS: "account",
    AUTHORIZATION_EVENTS: "token",
}
"""What the keys of an owner's events name."""

OF_NO_TENANT = "-"
"""The key of an address names no tenant: whose it is, its own events say."""

OF_ONE_COMMAND = "topic NOT IN ('station.events', 'session.events') AND strpos(command_id, '/') = 0"
"""Lines that are looked for by the command's id: the view `command_outcomes` has those of stations and visits, and the
row of an import, whose command's id has a slash, is found by its line."""

TYPES: MessageTypes = (
    station.CommandFinished,
    session.SessionCommandFinished,
    network.NetworkCommandFinished,
    drivers.DriversCommandFinished,
    eventlog.CommandRefused,
    addresses.RouteConfigured,
    addresses.RouteRemoved,
)


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Fold outcomes."""
    return LINE.upsert([row for message in batch for row in _lines(message)])


def _lines(message: Message) -> Iterator[dict[str, Any]]:
    match message.body:
        case addresses.RouteConfigured() | addresses.RouteRemoved() as route:
            asked = addresses.ConfigureRoute if isinstance(route, addresses.RouteConfigured) else addresses.RemoveRoute
            said = {"command": type_name(asked), "actor": route.actor, "outcome": "accepted", "at": route.at}
            yield _row(message, route.tenant, message.envelope.causation_id or message.id, **said)
        case Outcome() as outcome if message.tenant != OF_NO_TENANT:
            said = {"actor": outcome.actor, "outcome": outcome.outcome, "sentence": outcome.sentence}
            said |= {"command": getattr(outcome, "command", None), "at": getattr(outcome, "at", message.at)}
            yield _row(message, message.tenant, outcome.command_id, **said)
        case _:
            return


def _row(message: Message, tenant: str, command_id: str, **said: Any) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "topic": message.topic.name,
        "entity": message.entity,
        "command_id": command_id,
        "entity_kind": KINDS[message.topic],
        "correlation_id": message.envelope.correlation_id,
        "log_partition": message.partition,
        "log_offset": message.offset,
        **said,
    }


AUDIT_TRAIL = View(
    name="audit_trail",
    schema="console",
    generation=1,
    topics=tuple(KINDS),
    tables={"audit_trail": TRAIL},
    types=frozenset(map(type_name, TYPES)),
    indexes=(
        "CREATE INDEX IF NOT EXISTS audit_trail_latest_g{g} ON {audit_trail} (tenant, at DESC, id DESC)",
        "CREATE INDEX IF NOT EXISTS audit_trail_command_g{g} ON {audit_trail} (tenant, command_id)"
        f" WHERE {OF_ONE_COMMAND}",
    ),
    apply=apply,
    compared={
        "audit_trail": "tenant, topic, entity, command_id, entity_kind, command, actor, outcome, sentence, at,"
        " correlation_id, log_offset"
    },
)
