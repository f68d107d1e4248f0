"""Which files were imported, and what became of each row? Rows are kept for 30 days, imports and their sums for ever.

An outcome says itself which import and line it answers (`volt_contracts.imports`); others are passed over.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from volt_console.views.upsert import Group, json_text, storable
from volt_contracts import drivers, eventlog, imports, network
from volt_contracts.codec import type_name
from volt_contracts.ids import entity_key
from volt_contracts.message import Outcome
from volt_contracts.topics import (
    DRIVERS_TOKEN_EVENTS,
    NETWORK_IMPORT_EVENTS,
    NETWORK_LOCATION_EVENTS,
    NETWORK_ORGANISATION_EVENTS,
    NETWORK_STATION_EVENTS,
    MessageTypes,
)
from volt_eventlog.message import Message
from volt_eventlog.view import Statement, View

KEPT = timedelta(days=30)
"""How long a row is kept, by the log's own time."""

KINDS: Mapping[str, str] = {
    NETWORK_ORGANISATION_EVENTS.name: "organisations",
    NETWORK_LOCATION_EVENTS.name: "locations",
    NETWORK_STATION_EVENTS.name: "stations",
    DRIVERS_TOKEN_EVENTS.name: "tokens",
}
"""Where the outcome of a row stands → what kind of row it is."""

IMPORTS = """
    tenant text NOT NULL,
    import_id text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    rows bigint NOT NULL,
    commands jsonb NOT NULL,
    expected bigint NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    recorded_offset bigint NOT NULL,
    PRIMARY KEY (tenant, import_id)
"""

ROWS = """
    tenant text NOT NULL,
    import_id text NOT NULL,
    line bigint NOT NULL,
    log_place text NOT NULL,
    kind text NOT NULL,
    entity text NOT NULL,
    outcome text NOT NULL,
    sentence text,
    at timestamptz NOT NULL,
    row_offset bigint NOT NULL,
    PRIMARY KEY (tenant, import_id, line)
"""

SUMS = """
    tenant text NOT NULL,
    import_id text NOT NULL,
    log_place text NOT NULL,
    outcome text NOT NULL,
    count bigint NOT NULL,
    last_offset bigint NOT NULL,
    PRIMARY KEY (tenant, import_id, log_place, outcome)
"""

RECORDED = Group(
    "imports",
    {"tenant": "text", "import_id": "text"},
    {
        "name": "text",
        "sha256": "text",
        "rows": "bigint",
        "commands": "jsonb",
        "expected": "bigint",
        "actor": "text",
        "at": "timestamptz",
    },
    "recorded_offset",
    fixed={},
)
ANSWERED = Group(
    "import_rows",
    {"tenant": "text", "import_id": "text", "line": "bigint"},
    {"kind": "text", "entity": "text", "outcome": "text", "sentence": "text", "at": "timestamptz"},
    "row_offset",
    fixed={"log_place": "text"},
)

_SUM_TYPES = {
    "tenant": "text",
    "import_id": "text",
    "log_place": "text",
    "outcome": "text",
    "log_offset": "bigint",
}
_SUM_KEY = "tenant, import_id, log_place, outcome"
_ADD_UP = (
    f"INSERT INTO {{import_sums}} AS row ({_SUM_KEY}, count, last_offset)"
    f" SELECT {_SUM_KEY}, count(*), max(new.log_offset)"
    f" FROM unnest({', '.join(f'%({name})s::{kind}[]' for name, kind in _SUM_TYPES.items())})"
    f" AS new ({', '.join(_SUM_TYPES)}) LEFT JOIN {{import_sums}} AS known USING ({_SUM_KEY})"
    " WHERE known.last_offset IS NULL OR known.last_offset < new.log_offset"
    f" GROUP BY {_SUM_KEY} ORDER BY {_SUM_KEY}"
    f" ON CONFLICT ({_SUM_KEY}) DO UPDATE SET count = row.count + excluded.count, last_offset = excluded.last_offset"
)
"""An outcome whose offset the sum already has is passed over, so that a second reading adds nothing."""
_FORGET = (
    "DELETE FROM {import_rows} AS old USING unnest(%(places)s::text[], %(before)s::timestamptz[]) AS kept (place, at)"
    " WHERE old.log_place = kept.place AND old.at < kept.at"
)

TYPES: MessageTypes = (
    imports.ImportRecorded,
    network.NetworkCommandFinished,
    drivers.DriversCommandFinished,
    eventlog.CommandRefused,
)

_IMPORT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def row_of(message: Message) -> tuple[str, int] | None:
    """Import and line that an outcome answers, if it answers any."""
    if not isinstance(message.body, Outcome) or message.topic.name not in KINDS:
        return None
    named = imports.row_of(message.body.command_id)
    return named if named is not None and _IMPORT_ID.fullmatch(named[0]) else None


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Note imports and outcomes of their rows, add them up, and forget rows before `KEPT`."""
    recorded, answered = [], []
    for message in batch:
        if isinstance(message.body, imports.ImportRecorded):
            recorded.append(_recorded(message, message.body))
        else:
            named = row_of(message)
            if named is not None:
                answered.append(_answered(message, message.body, *named))
    statements = RECORDED.upsert(recorded) + ANSWERED.upsert(answered)
    if answered:
        columns = {name: [storable(row[_FROM.get(name, name)]) for row in answered] for name in _SUM_TYPES}
        statements.append(Statement(_ADD_UP, columns))
    return statements + _forget(answered)


_FROM = {"log_offset": "row_offset"}


def _recorded(message: Message, body: imports.ImportRecorded) -> dict[str, Any]:
    return {
        "tenant": message.tenant,
        "import_id": body.import_id,
        "name": body.file.name,
        "sha256": body.file.sha256,
        "rows": body.file.rows,
        "commands": json_text(tuple(sorted(body.file.commands.items()))),
        "expected": sum(body.file.commands.values()),
        "actor": body.actor,
        "at": body.at,
        "recorded_offset": message.offset,
    }


def _answered(message: Message, body: Outcome, import_id: str, line: int) -> dict[str, Any]:
    return {
        "tenant": message.tenant,
        "import_id": import_id,
        "line": line,
        "log_place": f"{message.topic.name}-{message.partition}",
        "kind": KINDS[message.topic.name],
        "entity": message.entity,
        "outcome": body.outcome,
        "sentence": body.sentence,
        "at": message.at,
        "row_offset": message.offset,
    }


def _forget(rows: Iterable[Mapping[str, Any]]) -> list[Statement]:
    """Times of a partition never run back: the newest day of a batch says what is old, however the log is cut."""
    newest: dict[str, datetime] = {}
    for row in rows:
        day = row["at"].astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        newest[row["log_place"]] = max(day, newest.get(row["log_place"], day))
    if not newest:
        return []
    return [Statement(_FORGET, {"places": list(newest), "before": [day - KEPT for day in newest.values()]})]


def changed_imports(batch: Sequence[Message]) -> list[str]:
    """What pages are told: the imports that a batch touched, not the half a million things in them."""
    touched: set[str] = set()
    for message in batch:
        named = row_of(message)
        if named is not None:
            touched.add(entity_key(message.tenant, named[0]))
        elif isinstance(message.body, imports.ImportRecorded):
            touched.add(message.key)
    return sorted(touched)


IMPORTED = View(
    name="imports",
    schema="console",
    generation=1,
    topics=(
        NETWORK_IMPORT_EVENTS,
        NETWORK_ORGANISATION_EVENTS,
        NETWORK_LOCATION_EVENTS,
        NETWORK_STATION_EVENTS,
        DRIVERS_TOKEN_EVENTS,
    ),
    tables={"imports": IMPORTS, "import_rows": ROWS, "import_sums": SUMS},
    types=frozenset(map(type_name, TYPES)),
    indexes=(
        "CREATE INDEX IF NOT EXISTS imports_latest_g{g} ON {imports} (tenant, at DESC, import_id DESC)",
        "CREATE INDEX IF NOT EXISTS import_rows_age_g{g} ON {import_rows} (log_place, at)",
        "CREATE INDEX IF NOT EXISTS import_rows_refused_g{g} ON {import_rows} (tenant, import_id, line)"
        " WHERE outcome <> 'accepted'",
    ),
    apply=apply,
    notifies=changed_imports,
    compared={
        "imports": "tenant, import_id, name, sha256, rows, commands, expected, actor, at",
        "import_rows": "tenant, import_id, line, kind, entity, outcome, sentence, at",
        "import_sums": "tenant, import_id, log_place, outcome, count",
    },
)
