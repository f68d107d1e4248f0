"""What does every connector do now, and since when? Table `live_connectors` of the view `live_stations`."""

from collections.abc import Iterator, Sequence
from typing import Any

from volt_console.views.upsert import Group, insert, place, storable
from volt_contracts import station
from volt_contracts.fact import Fact
from volt_contracts.topics import MessageTypes
from volt_eventlog.message import Message
from volt_eventlog.view import Statement

CONNECTORS = """
    tenant text NOT NULL,
    station_uid text NOT NULL,
    evse bigint NOT NULL,
    connector bigint NOT NULL,
    status text,
    status_as_sent text,
    since timestamptz,
    error_code text,
    vendor_error_code text,
    info text,
    status_offset bigint,
    charging_state text,
    charging_offset bigint,
    PRIMARY KEY (tenant, station_uid, evse, connector)
"""

COMPARED = (
    "tenant, station_uid, evse, connector, status, status_as_sent, since, error_code, vendor_error_code, info,"
    " charging_state"
)

INDEXES = (
    "CREATE INDEX IF NOT EXISTS live_connectors_faulted_g{g} ON {live_connectors} (tenant, station_uid)"
    " WHERE status = 'Faulted'",
    "CREATE INDEX IF NOT EXISTS live_connectors_free_g{g} ON {live_connectors} (tenant, station_uid)"
    " WHERE status = 'Available' AND evse > 0",
)

_KEY = {"tenant": "text", "station_uid": "text", "evse": "bigint", "connector": "bigint"}

STATUS_TYPES = {
    **_KEY,
    "status": "text",
    "status_as_sent": "text",
    "since": "timestamptz",
    "error_code": "text",
    "vendor_error_code": "text",
    "info": "text",
    "status_offset": "bigint",
}

CHARGING = Group("live_connectors", _KEY, {"charging_state": "text"}, "charging_offset", {})

_NEWER = "row.status_offset IS NULL OR row.status_offset < excluded.status_offset"

_NEWER_STATUS = (
    " ON CONFLICT (tenant, station_uid, evse, connector) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in STATUS_TYPES if name not in {*_KEY, "since"})
    + ", since = excluded.since"
    + f" WHERE {_NEWER}"
)

_KEPT_STATUS = _NEWER_STATUS.replace(
    "since = excluded.since", "since = CASE WHEN row.status = excluded.status THEN row.since ELSE excluded.since END"
)


TYPES: MessageTypes = (
    station.ConnectorStatusChanged,
    station.TransactionStarted,
    station.TransactionUpdated,
    station.TransactionEnded,
)


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Fold statuses and charging states of connectors."""
    return _statuses(batch) + CHARGING.upsert(_charging(batch))


def _statuses(batch: Sequence[Message]) -> list[Statement]:
    """`since` is where the present run of one status began.

    A run that fills all of the batch may have begun before it: then the row's own `since` stays.
    """
    runs: dict[tuple[Any, ...], tuple[dict[str, Any], bool]] = {}
    for message in batch:
        body = message.body
        if not isinstance(body, station.ConnectorStatusChanged) or not body.live:
            continue
        row = _status_row(message, body)
        key = tuple(row[name] for name in _KEY)
        known = runs.get(key)
        if known is None:
            runs[key] = row, True
        elif known[0]["status"] == row["status"]:
            runs[key] = {**row, "since": known[0]["since"]}, known[1]
        else:
            runs[key] = row, False
    ordered = [run for _, run in sorted(runs.items())]
    kept = [row for row, whole in ordered if whole]
    begun = [row for row, whole in ordered if not whole]
    return [*_write(kept, _KEPT_STATUS), *_write(begun, _NEWER_STATUS)]


def _write(rows: list[dict[str, Any]], conflict: str) -> Iterator[Statement]:
    if rows:
        params = {name: [storable(row[name]) for row in rows] for name in STATUS_TYPES}
        yield Statement(insert("live_connectors", STATUS_TYPES) + conflict, params)


def _status_row(message: Message, body: station.ConnectorStatusChanged) -> dict[str, Any]:
    return place(
        message,
        "status_offset",
        evse=body.evse,
        connector=body.connector,
        status=body.status,
        status_as_sent=body.status_as_sent,
        since=body.time.at,
        error_code=body.error_code,
        vendor_error_code=body.vendor_error_code,
        info=body.info,
    )


def _charging(batch: Sequence[Message]) -> Iterator[dict[str, Any]]:
    """1.6 tells the charging state with the status, 2.x with the transaction; a free connector has none.

    What happened while the station was offline is history and says nothing about now.
    """
    for message in batch:
        body = message.body
        if not isinstance(body, Fact) or body.time.offline in {"reported", "inferred"}:
            continue
        match body:
            case station.ConnectorStatusChanged(live=True) as changed:
                if changed.charging_state is not None or changed.status in {"Available", "Unavailable"}:
                    yield _charging_row(message, changed.evse, changed.connector, changed.charging_state)
            case station.TransactionStarted() as started if started.charging_state is not None and started.evse > 0:
                yield _charging_row(message, started.evse, started.connector, started.charging_state)
            case station.TransactionUpdated(
                evse=int() as evse, connector=int() as connector, charging_state=str() as now
            ):
                yield _charging_row(message, evse, connector, now)
            case station.TransactionEnded() as ended if ended.evse > 0:
                yield _charging_row(message, ended.evse, ended.connector, None)


def _charging_row(message: Message, evse: int, connector: int, state: str | None) -> dict[str, Any]:
    return place(message, "charging_offset", evse=evse, connector=connector, charging_state=state)
