"""Which stations were not let in, why, how often, and did they get in afterwards?

One row for each day, so that what has expired can be forgotten by whole rows and a rebuild counts the same. A refusal
before anybody knew the tenant has tenant `-`; whom the station meant is read from the path that it asked for.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from volt_console.views.changes import changed_keys
from volt_console.views.upsert import Group, place, storable
from volt_contracts import gateway, network
from volt_contracts.codec import type_name
from volt_contracts.ids import station_uid
from volt_contracts.topics import GATEWAY_FRAMES, NETWORK_STATION_EVENTS, MessageTypes
from volt_eventlog.message import Message
from volt_eventlog.view import Statement, View

KEPT = timedelta(days=30)
"""How long a refusal is listed, by the log's own time; `gateway.frames` keeps them longer."""

REFUSED = """
    tenant text NOT NULL,
    station_uid text NOT NULL,
    reason text NOT NULL,
    day timestamptz NOT NULL,
    log_partition integer NOT NULL,
    aimed_tenant text,
    aimed_uid text,
    identity text NOT NULL,
    path text NOT NULL,
    remote_address text NOT NULL,
    sentence text NOT NULL,
    count bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    last_offset bigint NOT NULL,
    PRIMARY KEY (tenant, station_uid, reason, day)
"""

LET_IN = """
    tenant text NOT NULL,
    station_uid text NOT NULL,
    log_partition integer NOT NULL,
    day timestamptz NOT NULL,
    opened_at timestamptz NOT NULL,
    opened_offset bigint NOT NULL,
    PRIMARY KEY (tenant, station_uid)
"""

REGISTERED = """
    tenant text NOT NULL,
    station_uid text NOT NULL,
    identity text NOT NULL,
    security_profile integer NOT NULL,
    registration text NOT NULL,
    has_password boolean NOT NULL,
    registered_offset bigint NOT NULL,
    PRIMARY KEY (tenant, station_uid)
"""

_STATION = {"tenant": "text", "station_uid": "text"}
OPENED = Group(
    "let_in_stations",
    _STATION,
    {"day": "timestamptz", "opened_at": "timestamptz"},
    "opened_offset",
    fixed={"log_partition": "integer"},
)
KNOWN = Group(
    "registered_stations",
    _STATION,
    {"identity": "text", "security_profile": "integer", "registration": "text", "has_password": "boolean"},
    "registered_offset",
    fixed={},
)

_KEY = ("tenant", "station_uid", "reason", "day")
_TYPES = {
    "tenant": "text",
    "station_uid": "text",
    "reason": "text",
    "day": "timestamptz",
    "log_partition": "integer",
    "aimed_tenant": "text",
    "aimed_uid": "text",
    "identity": "text",
    "path": "text",
    "remote_address": "text",
    "sentence": "text",
    "count": "bigint",
    "at": "timestamptz",
    "log_offset": "bigint",
}
_LATEST = ("aimed_tenant", "aimed_uid", "identity", "path", "remote_address", "sentence")
"""Columns that the newest refusal of a day writes."""


def _counting() -> str:
    """Adds up refusals; one whose offset the row already has is passed over, so that a second reading adds nothing."""
    latest = ", ".join(f"(array_agg(new.{name} ORDER BY new.log_offset DESC))[1]" for name in _LATEST)
    arrays = ", ".join(f"%({name})s::{kind}[]" for name, kind in _TYPES.items())
    return (
        f"INSERT INTO {{refused_stations}} AS row ({', '.join(_KEY)}, log_partition, {', '.join(_LATEST)},"
        " count, first_at, last_at, last_offset)"
        f" SELECT {', '.join(_KEY)}, min(new.log_partition), {latest}, sum(new.count), min(new.at), max(new.at),"
        f" max(new.log_offset) FROM unnest({arrays}) AS new ({', '.join(_TYPES)})"
        f" LEFT JOIN {{refused_stations}} AS known USING ({', '.join(_KEY)})"
        " WHERE known.last_offset IS NULL OR known.last_offset < new.log_offset"
        f" GROUP BY {', '.join(_KEY)} ORDER BY {', '.join(_KEY)}"
        f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in (*_LATEST, "last_offset"))
        + ", count = row.count + excluded.count, first_at = least(row.first_at, excluded.first_at),"
        " last_at = greatest(row.last_at, excluded.last_at)"
    )


_COUNT = _counting()
_FORGET = (
    "DELETE FROM {{{table}}} AS old"
    " USING unnest(%(partitions)s::integer[], %(days)s::timestamptz[]) AS kept (log_partition, day)"
    " WHERE old.log_partition = kept.log_partition AND old.day < kept.day"
)

TYPES: MessageTypes = (
    gateway.LinkRefused,
    gateway.LinkOpened,
    network.StationAdopted,
    network.StationRegistered,
)

_AIMED = re.compile(r"/ocpp/([A-Za-z0-9][A-Za-z0-9._-]{0,63})(?:/|$)")
"""The tenant in a path that may otherwise be wrong."""


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Count refusals, note who got in and who is registered, and forget days before `KEPT`."""
    refused, opened, known = [], [], []
    for message in batch:
        match message.body:
            case gateway.LinkRefused() as body:
                refused.append(_refused(message, body))
            case gateway.LinkOpened() as body:
                opened.append(_opened(message, body))
            case network.StationAdopted() | network.StationRegistered() as body:
                known.append(_known(message, body))
    statements = OPENED.upsert(opened) + KNOWN.upsert(known)
    if refused:
        rows = sorted(refused, key=lambda row: (*(row[name] for name in _KEY), row["log_offset"]))
        statements.append(Statement(_COUNT, {name: [storable(row[name]) for row in rows] for name in _TYPES}))
    return statements + _forget([*refused, *opened])


def _forget(rows: Iterable[dict[str, Any]]) -> list[Statement]:
    """Times of a partition never run back: the newest day of a batch says what is old, however the log is cut."""
    newest: dict[int, datetime] = {}
    for row in rows:
        partition = row["log_partition"]
        newest[partition] = max(row["day"], newest.get(partition, row["day"]))
    if not newest:
        return []
    kept = {"partitions": list(newest), "days": [day - KEPT for day in newest.values()]}
    return [Statement(_FORGET.format(table=table), kept) for table in ("refused_stations", "let_in_stations")]


def _refused(message: Message, body: gateway.LinkRefused) -> dict[str, Any]:
    aimed = aimed_tenant(body.path)
    return {
        "tenant": message.tenant,
        "station_uid": message.entity,
        "reason": body.reason,
        "day": _day(message.at),
        "log_partition": message.partition,
        "aimed_tenant": aimed,
        "aimed_uid": message.entity if aimed == message.tenant else _aimed_uid(aimed, body.identity),
        "identity": body.identity,
        "path": body.path,
        "remote_address": body.remote_address,
        "sentence": body.sentence,
        "count": body.count,
        "at": body.at,
        "log_offset": message.offset,
    }


def _opened(message: Message, body: gateway.LinkOpened) -> dict[str, Any]:
    row = place(message, "opened_offset", opened_at=body.opened_at, day=_day(message.at))
    return row | {"log_partition": message.partition}


def _known(message: Message, body: network.StationAdopted | network.StationRegistered) -> dict[str, Any]:
    return place(
        message,
        "registered_offset",
        identity=body.identity,
        security_profile=body.security_profile,
        registration=body.registration,
        has_password=isinstance(body, network.StationRegistered) and body.credential is not None,
    )


def _day(at: datetime) -> datetime:
    """The beginning of its day, UTC."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def aimed_tenant(path: str) -> str | None:
    """The tenant that a station meant, where its path says one."""
    found = _AIMED.match(path)
    return None if found is None else found[1]


def _aimed_uid(tenant: str | None, identity: str) -> str | None:
    return station_uid(tenant, identity) if tenant and identity else None


REFUSED_STATIONS = View(
    name="refused_stations",
    schema="console",
    generation=1,
    topics=(GATEWAY_FRAMES, NETWORK_STATION_EVENTS),
    tables={"refused_stations": REFUSED, "let_in_stations": LET_IN, "registered_stations": REGISTERED},
    types=frozenset(map(type_name, TYPES)),
    indexes=(
        "CREATE INDEX IF NOT EXISTS refused_stations_age_g{g} ON {refused_stations} (log_partition, day)",
        "CREATE INDEX IF NOT EXISTS let_in_stations_age_g{g} ON {let_in_stations} (log_partition, day)",
    ),
    apply=apply,
    notifies=changed_keys,
    compared={
        "refused_stations": ", ".join((*_KEY, "aimed_tenant", "aimed_uid", "identity", "path", "remote_address"))
        + ", sentence, count, first_at, last_at",
        "let_in_stations": "tenant, station_uid, day, opened_at",
        "registered_stations": "tenant, station_uid, identity, security_profile, registration, has_password",
    },
)
