"""Which visits run, which have ended, with what energy? All from `session.events`, a row for each visit."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from volt_console.views import session_revisions, session_transactions
from volt_console.views.changes import changed_keys
from volt_console.views.upsert import Group, json_text, place
from volt_contracts import session
from volt_contracts.topics import SESSION_EVENTS
from volt_eventlog.message import Message
from volt_eventlog.view import Statement, View

SESSIONS = """
    tenant text NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    station_uid text NOT NULL,
    evse bigint,
    connector bigint,
    plug_offset bigint,
    opened_by text,
    opened_at timestamptz,
    first_plugged_at timestamptz,
    opened_offset bigint,
    location text,
    evse_id text,
    place_offset bigint,
    token_ref text,
    verdict text,
    source text,
    refused boolean,
    token_at timestamptz,
    token_rank bigint,
    metered_wh numeric,
    metered_at timestamptz,
    power_w numeric,
    metered_rank bigint,
    first_energy_at timestamptz,
    first_energy_rank bigint,
    soc_percent numeric,
    soc_rank bigint,
    charging_state text,
    suspended_by text,
    charging_since timestamptz,
    charging_rank bigint,
    state text NOT NULL DEFAULT 'running',
    complete boolean,
    missing jsonb,
    state_offset bigint,
    closed_by text,
    closed_offset bigint,
    curve jsonb,
    curve_offset bigint,
    revision integer,
    revision_offset bigint,
    final_wh numeric,
    plugged_at timestamptz,
    authorized_at timestamptz,
    energy_started_at timestamptz,
    energy_ended_at timestamptz,
    transaction_ended_at timestamptz,
    unplugged_at timestamptz,
    ended_at timestamptz,
    stop_reason text,
    suspect jsonb,
    summary_offset bigint,
    energy_wh numeric GENERATED ALWAYS AS (coalesce(final_wh, metered_wh, 0)) STORED,
    closed_at timestamptz GENERATED ALWAYS AS (
        CASE WHEN state <> 'running'
             THEN coalesce(ended_at, unplugged_at, transaction_ended_at, metered_at, opened_at) END
    ) STORED,
    closed_wh numeric GENERATED ALWAYS AS (
        CASE WHEN state <> 'running' THEN coalesce(final_wh, metered_wh, 0) END
    ) STORED,
    charges boolean GENERATED ALWAYS AS (
        CASE WHEN state = 'running' AND charging_state = 'Charging' THEN true END
    ) STORED,
    reasons text[] GENERATED ALWAYS AS (
        CASE WHEN suspect <> '[]' THEN string_to_array(translate(suspect::text, '[]" ', ''), ',') END
    ) STORED,
    PRIMARY KEY (tenant, session_id)
"""


def _group(guard: str, **columns: str) -> Group:
    return Group(
        "live_sessions", {"tenant": "text", "session_id": "text"}, columns, guard, fixed={"station_uid": "text"}
    )


OPENED = _group("opened_offset", opened_by="text", opened_at="timestamptz", first_plugged_at="timestamptz")
PLUG = _group("plug_offset", evse="bigint", connector="bigint")
PLACE = _group("place_offset", location="text", evse_id="text")
TOKEN = _group("token_rank", token_ref="text", verdict="text", source="text", refused="boolean", token_at="timestamptz")
MOST_ENERGY = (1 << 31) - 1
"""Hundredths of a Wh; the total of a visit does not fall, so that the larger one is the later, whatever clocks say."""
METERED = _group("metered_rank", metered_wh="numeric", metered_at="timestamptz", power_w="numeric")
FIRST_ENERGY = _group("first_energy_rank", first_energy_at="timestamptz")
SOC = _group("soc_rank", soc_percent="numeric")
CHARGING = _group("charging_rank", charging_state="text", suspended_by="text", charging_since="timestamptz")
STATE = _group("state_offset", state="text", complete="boolean", missing="jsonb")
CLOSED = _group("closed_offset", closed_by="text")
CURVE = _group("curve_offset", curve="jsonb")
REVISION = _group("revision_offset", revision="integer")
SUMMARY = _group(
    "summary_offset",
    final_wh="numeric",
    plugged_at="timestamptz",
    authorized_at="timestamptz",
    energy_started_at="timestamptz",
    energy_ended_at="timestamptz",
    transaction_ended_at="timestamptz",
    unplugged_at="timestamptz",
    ended_at="timestamptz",
    stop_reason="text",
    suspect="jsonb",
)

GROUPS = (OPENED, PLUG, PLACE, TOKEN, METERED, FIRST_ENERGY, SOC, CHARGING, STATE, CLOSED, CURVE, REVISION, SUMMARY)

ACCEPTED = 1 << 61
"""Added to the offset of an accepted token: a refused one never takes its place.

The guard of the first energy is the offset's negative: the earliest counts.
"""


def apply(batch: Sequence[Message]) -> list[Statement]:
    """Fold visits, their transactions and their revisions."""
    rows: dict[Group, list[dict[str, Any]]] = {group: [] for group in GROUPS}
    for message in batch:
        if isinstance(message.body, session.SessionEvent):
            for group, row in _facts(message, message.body):
                rows[group].append(row)
    statements = [statement for group in GROUPS for statement in group.upsert(rows[group])]
    return statements + session_transactions.apply(batch) + session_revisions.apply(batch)


def _facts(message: Message, body: session.SessionEvent) -> Iterator[tuple[Group, dict[str, Any]]]:
    match body:
        case session.SessionStarted() as started:
            yield OPENED, _opened(message, started)
            yield PLUG, _plug(message, body, started.evse, started.connector)
            yield PLACE, _place(message, body, started.place)
        case session.SessionAuthorized() as authorized:
            yield TOKEN, _token(message, authorized)
        case session.TransactionJoined(evse=int() as evse, connector=int() as connector):
            yield PLUG, _plug(message, body, evse, connector)
        case session.SessionMetered() as metered:
            yield from _metered(message, metered)
        case session.ChargingStateChanged() as changed:
            yield CHARGING, _charging(message, changed)
        case session.SessionEnded() as ended:
            yield STATE, _state(message, ended, "ended")
            yield PLUG, _plug(message, body, ended.evse, ended.connector)
            yield CLOSED, _row(message, body, CLOSED, closed_by=ended.closed_by)
            yield SUMMARY, _summary(message, body, ended.summary)
        case session.SessionRevised() as revised:
            yield REVISION, _row(message, body, REVISION, revision=revised.revision)
            yield SUMMARY, _summary(message, body, revised.summary)
            if revised.place is not None:
                yield PLACE, _place(message, body, revised.place)
        case session.SessionFinalised() as finalised:
            yield STATE, _state(message, finalised, "finalised")
            yield CURVE, _row(message, body, CURVE, curve=json_text(finalised.curve))
            yield SUMMARY, _summary(message, body, finalised.summary)


def _row(message: Message, body: session.SessionEvent, group: Group, **values: Any) -> dict[str, Any]:
    return place(message, group.guard, session_id=body.session_id, **values)


def _opened(message: Message, body: session.SessionStarted) -> dict[str, Any]:
    return _row(
        message,
        body,
        OPENED,
        opened_by=body.opened_by,
        opened_at=body.started_at,
        first_plugged_at=body.plugged_at,
    )


def _plug(message: Message, body: session.SessionEvent, evse: int, connector: int) -> dict[str, Any]:
    return _row(message, body, PLUG, evse=evse, connector=connector)


def _place(message: Message, body: session.SessionEvent, found: session.Place) -> dict[str, Any]:
    return _row(message, body, PLACE, location=found.location, evse_id=found.evse_id)


def _token(message: Message, body: session.SessionAuthorized) -> dict[str, Any]:
    shown = body.authorization
    row = _row(
        message,
        body,
        TOKEN,
        token_ref=shown.token_ref,
        verdict=shown.verdict,
        source=shown.source,
        refused=body.refused,
        token_at=shown.at,
    )
    return {**row, "token_rank": message.offset + (0 if body.refused else ACCEPTED)}


def _metered(message: Message, body: session.SessionMetered) -> Iterator[tuple[Group, dict[str, Any]]]:
    energy = min(int(body.energy_wh * 100), MOST_ENERGY) << 32 | message.offset & 0xFFFF_FFFF
    metered = _row(message, body, METERED, metered_wh=body.energy_wh, metered_at=body.at, power_w=body.power_w)
    yield METERED, {**metered, "metered_rank": energy}
    if body.energy_wh > 0:
        first = _row(message, body, FIRST_ENERGY, first_energy_at=body.at)
        yield FIRST_ENERGY, {**first, "first_energy_rank": -message.offset}
    if body.soc_percent is not None:
        yield SOC, {**_row(message, body, SOC, soc_percent=body.soc_percent), "soc_rank": _moment(body.at, message)}


def _charging(message: Message, body: session.ChargingStateChanged) -> dict[str, Any]:
    row = _row(
        message,
        body,
        CHARGING,
        charging_state=body.charging_state,
        suspended_by=body.suspended_by,
        charging_since=body.at,
    )
    return {**row, "charging_rank": _moment(body.at, message)}


def _moment(at: datetime, message: Message) -> int:
    """A rank by when it was, not by when it came: what is told hours later changes nothing of the present."""
    return int(at.timestamp() * 1000) << 22 | message.offset & 0x3F_FFFF


def _state(message: Message, body: session.SessionEnded | session.SessionFinalised, state: str) -> dict[str, Any]:
    return _row(message, body, STATE, state=state, complete=body.complete, missing=json_text(body.missing))


def _summary(message: Message, body: session.SessionEvent, summary: session.Summary) -> dict[str, Any]:
    return _row(
        message,
        body,
        SUMMARY,
        final_wh=summary.energy_wh,
        plugged_at=summary.plugged_at,
        authorized_at=summary.authorized_at,
        energy_started_at=summary.energy_started_at,
        energy_ended_at=summary.energy_ended_at,
        transaction_ended_at=summary.transaction_ended_at,
        unplugged_at=summary.unplugged_at,
        ended_at=summary.ended_at,
        stop_reason=summary.stop_reason,
        suspect=json_text(summary.suspect),
    )


def _index(name: str, columns: str, rest: str = "") -> str:
    return f"CREATE INDEX IF NOT EXISTS live_sessions_{name}_g{{g}} ON {{live_sessions}} ({columns}) {rest}"


_LATEST = "opened_at DESC, session_id DESC"

# No reading of a running visit changes an indexed column, so it touches no index where its page has room for it.
INDEXES = (
    "ALTER TABLE {live_sessions} SET (fillfactor = 85)",
    _index("opened", f"tenant, {_LATEST}"),
    _index("station", f"tenant, station_uid, {_LATEST}"),
    _index("location", f"tenant, location, {_LATEST}", "WHERE location IS NOT NULL"),
    _index("token", f"tenant, token_ref, {_LATEST}", "WHERE token_ref IS NOT NULL"),
    _index("running", f"tenant, {_LATEST}", "WHERE state = 'running'"),
    _index("here", "tenant, station_uid", "WHERE state = 'running'"),
    _index("charging", "tenant, station_uid", "WHERE charges"),
    _index("settling", f"tenant, {_LATEST}", "WHERE state = 'ended'"),
    _index("closed", "tenant, closed_at DESC, session_id DESC", "INCLUDE (closed_wh) WHERE state <> 'running'"),
    _index("revised", f"tenant, {_LATEST}", "WHERE revision > 0"),
    _index("odd", f"tenant, {_LATEST}", "WHERE reasons IS NOT NULL"),
    "CREATE INDEX IF NOT EXISTS live_sessions_reasons_g{g} ON {live_sessions} USING gin (reasons)"
    " WHERE reasons IS NOT NULL",
    *session_transactions.INDEXES,
)

LIVE_SESSIONS = View(
    name="live_sessions",
    schema="console",
    generation=2,
    topics=(SESSION_EVENTS,),
    tables={
        "live_sessions": SESSIONS,
        "session_transactions": session_transactions.TRANSACTIONS,
        "session_revisions": session_revisions.REVISIONS,
    },
    indexes=INDEXES,
    apply=apply,
    notifies=changed_keys,
    compared={
        "live_sessions": "tenant, session_id, station_uid, evse, connector, opened_by, opened_at, first_plugged_at,"
        " location, evse_id, token_ref, verdict, source, refused, token_at, metered_wh, metered_at, power_w,"
        " first_energy_at, soc_percent, charging_state, suspended_by, charging_since, state, complete, missing,"
        " closed_by, curve, revision, final_wh, plugged_at, authorized_at, energy_started_at, energy_ended_at,"
        " transaction_ended_at, unplugged_at, ended_at, stop_reason, suspect",
        "session_transactions": session_transactions.COMPARED,
        "session_revisions": session_revisions.COMPARED,
    },
)
