"""The console's tables as a large network would have filled them: stations, connectors and visits of a year, by SQL.

What a view would have folded is written into its tables as they are. Visits lie in the order in which they came. The
tables are not logged, which makes filling them faster and reading them no different.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.sql import SQL

from volt_console.views import LIVE_SESSIONS, LIVE_STATIONS, VIEWS
from volt_eventlog import generations
from volt_eventlog.view import View

OURS, THEIRS = "demo", "other"
"""Two tenants: of five stations four are ours."""
PER_LOCATION = 50
YEAR = "interval '365 days'"

_STATION = f"md5('station ' || n)::uuid::text AS uid, CASE WHEN n %% 5 < 4 THEN '{OURS}' ELSE '{THEIRS}' END AS tenant"

_STATIONS = f"""
    INSERT INTO {{live_stations}} (tenant, station_uid, link_identity, protocol, remote_address, gateway_id,
      security_profile, link_id, up_at, up_offset, lost_link_id, lost_at, lost_cause, lost_offset, vendor, model,
      serial, firmware, boot_reason, booted_at, boot_offset, registration, registration_offset, known_identity, adopted,
      location, network_version, known_offset, suspect, suspect_at, suspect_offset)
    SELECT tenant, uid, name, CASE WHEN n %% 20 = 0 THEN 'ocpp2.1' WHEN n %% 3 = 0 THEN 'ocpp2.0.1' ELSE 'ocpp1.6' END,
      '10.0.0.1', 'gateway-0', 1, uid, now() - n %% 90000 * interval '1 minute', n,
      CASE WHEN n %% 33 = 0 THEN uid END, CASE WHEN n %% 33 = 0 THEN now() - n %% 5000 * interval '1 minute' END,
      CASE WHEN n %% 33 = 0 THEN 'closed' END, CASE WHEN n %% 33 = 0 THEN n + 1 END,
      (ARRAY['ABB', 'Alpitronic', 'Kempower', 'Siemens', 'Volterra', 'Wallbox', 'Compleo', 'Mennekes'])[1 + n %% 8],
      'Duo ' || 11 * (1 + n %% 3), 'SN-' || lpad((n * 7919 %% 1000000)::text, 6, '0'), '4.' || n %% 12 || '.' || n %% 3,
      'PowerUp', now() - n %% 90000 * interval '1 minute', n,
      CASE WHEN n %% 1000 = 7 THEN 'pending' ELSE 'accepted' END, n, name, false,
      (ARRAY['Depot', 'Car park', 'Rest area', 'Hotel', 'Retail park'])[1 + n / {PER_LOCATION} %% 5] || ' '
        || lpad((n / {PER_LOCATION})::text, 4, '0'), 1, n,
      CASE WHEN n %% 200 = 3 THEN '["time_in_future"]'::jsonb END,
      CASE WHEN n %% 200 = 3 THEN now() - n %% 14 * interval '1 day' END, CASE WHEN n %% 200 = 3 THEN n END
    FROM (SELECT n, 'CP-' || lpad(n::text, 6, '0') AS name, {_STATION}
          FROM generate_series(1, %(stations)s) AS n) AS made
"""

_CONNECTORS = f"""
    INSERT INTO {{live_connectors}}
      (tenant, station_uid, evse, connector, status, status_as_sent, since, status_offset, charging_state, error_code)
    SELECT tenant, uid, evse, 1, status, status, now() - n %% 3000 * interval '1 minute', n,
      CASE WHEN status = 'Occupied' THEN 'Charging' END, CASE WHEN status = 'Faulted' THEN 'GroundFailure' END
    FROM (SELECT n, evse, {_STATION}, CASE WHEN (n * 2 + evse) %% 211 = 0 THEN 'Faulted'
            WHEN (n * 2 + evse) %% 17 < 2 THEN 'Occupied' ELSE 'Available' END AS status
          FROM generate_series(1, %(stations)s) AS n, generate_series(1, 2) AS evse) AS made
"""

_VISIT = f"""
    SELECT i, n, {_STATION}, md5('visit ' || i)::uuid::text AS id, now() - i / %(sessions)s::float8 * {YEAR} AS opened,
      i <= %(running)s AS runs
    FROM (SELECT i, 1 + (i * 7919 %% %(stations)s)::integer AS n
          FROM generate_series(%(last)s, %(first)s, -1::bigint) AS i) AS numbered
"""

_SESSIONS = f"""
    INSERT INTO {{live_sessions}} (tenant, session_id, station_uid, evse, connector, plug_offset, opened_by, opened_at,
      first_plugged_at, opened_offset, location, place_offset, token_ref, verdict, source, refused, token_at,
      token_rank, metered_wh, metered_at, power_w, metered_rank, charging_state, charging_rank, state, complete,
      missing, state_offset, closed_by, closed_offset, revision, revision_offset, final_wh, plugged_at, authorized_at,
      energy_started_at, energy_ended_at, transaction_ended_at, unplugged_at, ended_at, stop_reason, suspect,
      summary_offset)
    SELECT tenant, id, uid, 1 + i %% 2, 1, i, 'plugged', opened, opened, i,
      (ARRAY['Depot', 'Car park', 'Rest area', 'Hotel', 'Retail park'])[1 + n / {PER_LOCATION} %% 5] || ' '
        || lpad((n / {PER_LOCATION})::text, 4, '0'), i,
      md5('token ' || i %% 500000), 'Accepted', 'rfid', false, opened, i, i %% 40000, opened + interval '40 minutes',
      CASE WHEN runs THEN 11000 END, i, CASE WHEN runs AND i %% 5 > 0 THEN 'Charging' ELSE 'SuspendedEV' END, i,
      CASE WHEN runs THEN 'running' WHEN i <= 1.5 * %(running)s THEN 'ended' ELSE 'finalised' END, true, '[]', i,
      'station', i, CASE WHEN NOT runs AND i %% 101 = 0 THEN 1 END, CASE WHEN NOT runs AND i %% 101 = 0 THEN i END,
      CASE WHEN NOT runs THEN i %% 40000 END, opened, opened, opened, closed, closed, closed, closed,
      CASE WHEN NOT runs THEN 'EVDisconnected' END,
      CASE WHEN i %% 100003 = 0 THEN '["concurrent"]' WHEN i %% 53 = 0 THEN '["register_went_back"]'
           ELSE '[]' END::jsonb, i
    FROM (SELECT *, CASE WHEN NOT runs THEN opened + (30 + i %% 300) * interval '1 minute' END AS closed
          FROM ({_VISIT}) AS visit) AS made
"""

_TRANSACTIONS = f"""
    INSERT INTO {{session_transactions}} (tenant, session_id, transaction_uid, station_uid, protocol_id, started_at,
      start_register_wh, joined_offset)
    SELECT tenant, id, md5('transaction ' || i)::uuid::text, uid, (i * 2654435761 %% 2147483647)::text, opened, i, i
    FROM ({_VISIT}) AS visit
"""

CHUNK = 500_000


def make(dsn: str) -> None:
    """The schema as the views make it, empty."""

    async def made() -> None:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            for view in VIEWS:
                await generations.prepare(connection, view, view.generation)

    asyncio.run(made())


def fill(dsn: str, stations: int, sessions: int) -> None:
    """Write the rows, then the indexes and statistics."""
    counts = {"stations": stations, "sessions": sessions, "running": max(1, min(stations // 8, sessions // 10))}
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET synchronous_commit = off")
        with _without_indexes(connection, LIVE_STATIONS):
            for statement in (_STATIONS, _CONNECTORS):
                connection.execute(_sql(LIVE_STATIONS, statement), counts)
        with _without_indexes(connection, LIVE_SESSIONS):
            for first, last in _chunks(sessions):
                for statement in (_SESSIONS, _TRANSACTIONS):
                    connection.execute(_sql(LIVE_SESSIONS, statement), {**counts, "first": first, "last": last})
        connection.execute("VACUUM (ANALYZE)")


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    """The oldest visits have the highest numbers, and come first."""
    for last in range(count, 0, -CHUNK):
        yield max(1, last - CHUNK + 1), last


@contextmanager
def _without_indexes(connection: psycopg.Connection, view: View) -> Iterator[None]:
    for table in generations.names(view, view.generation).values():
        connection.execute(SQL(f"ALTER TABLE {table} SET UNLOGGED"))
    found = connection.execute(
        "SELECT schemaname || '.' || indexname FROM pg_indexes WHERE schemaname = %s AND indexname LIKE ANY(%s)"
        " AND indexname NOT LIKE '%%_pkey'",
        [view.schema, [f"{table}\\_%" for table in view.tables]],
    ).fetchall()
    for (index,) in found:
        connection.execute(SQL(f"DROP INDEX {index}"))
    yield
    for index in view.indexes:
        connection.execute(_sql(view, index))


def _sql(view: View, statement: str) -> SQL:
    return SQL(statement.format(**generations.names(view, view.generation), g=view.generation))
