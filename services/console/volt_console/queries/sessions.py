"""One visit with its transactions and revisions, and what every visit in a list shows."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from volt_console.queries.database import Database

State = Literal["running", "ended", "finalised"]


class Transaction(BaseModel):
    """A transaction of the station that belongs to a visit. Registers in Wh."""

    transaction_uid: str
    protocol_id: str | None
    started_at: datetime | None
    ended_at: datetime | None
    start_register_wh: Decimal | None
    end_register_wh: Decimal | None
    stop_reason: str | None


class Revision(BaseModel):
    """A later fact changed what was known: the fields that changed, as they were and as they are."""

    revision: int
    at: datetime | None
    reason: str | None
    before: dict[str, Any]
    after: dict[str, Any]


class CurvePoint(BaseModel):
    """Energy since the visit began; between its neighbours when `interpolated`."""

    at: datetime
    energy_wh: Decimal
    interpolated: bool = False


class Curve(BaseModel):
    """The energy curve of a final visit: prices are functions of it."""

    curve: list[CurvePoint]


class Session(BaseModel):
    """A visit from plug to unplug. `energy_wh` is exact; `power_w` and `soc_percent` are the last ones reported."""

    session_id: str
    station_uid: str
    identity: str
    online: bool
    evse: int | None
    connector: int | None
    location: str | None
    evse_id: str | None
    state: State
    opened_by: str | None
    opened_at: datetime
    energy_wh: Decimal
    power_w: Decimal | None
    soc_percent: Decimal | None
    metered_at: datetime | None
    charging_state: str | None
    suspended_by: str | None
    charging_since: datetime | None
    token_ref: str | None
    verdict: str | None
    source: str | None
    refused: bool | None
    plugged_at: datetime | None
    authorized_at: datetime | None
    energy_started_at: datetime | None
    energy_ended_at: datetime | None
    transaction_ended_at: datetime | None
    unplugged_at: datetime | None
    ended_at: datetime | None
    closed_by: str | None
    stop_reason: str | None
    suspect: list[str]
    complete: bool | None
    missing: list[str]
    revision: int
    transactions: list[Transaction] = []
    revisions: list[Revision] = []
    curve: list[CurvePoint] = []


COLUMNS = """
    session_id, visit.station_uid, coalesce(identity, visit.station_uid) AS identity,
    coalesce(online, false) AS online, evse, connector, visit.location, evse_id, state, opened_by, opened_at,
    energy_wh, soc_percent, metered_at, charging_state, suspended_by, charging_since,
    CASE WHEN state = 'running' AND coalesce(charging_state, 'Charging') = 'Charging' THEN power_w END AS power_w,
    token_ref, verdict, source, refused, coalesce(plugged_at, first_plugged_at) AS plugged_at,
    coalesce(authorized_at, CASE WHEN NOT refused THEN token_at END) AS authorized_at,
    coalesce(energy_started_at, first_energy_at) AS energy_started_at,
    energy_ended_at, transaction_ended_at, unplugged_at, closed_at AS ended_at,
    closed_by, stop_reason, coalesce(visit.suspect, '[]') AS suspect, complete, coalesce(missing, '[]') AS missing,
    coalesce(revision, 0) AS revision
"""

STATION = "LEFT JOIN console.live_stations AS station USING (tenant, station_uid)"

_ONE = f"""
    SELECT {COLUMNS} FROM console.live_sessions AS visit {STATION}
    WHERE tenant = %(tenant)s AND opened_at IS NOT NULL AND session_id = %(session_id)s
"""

_ENDED = f"""
    SELECT {COLUMNS} FROM (
      SELECT * FROM console.live_sessions
      WHERE tenant = %(tenant)s AND opened_at IS NOT NULL AND state <> 'running'
      ORDER BY closed_at DESC, session_id DESC LIMIT %(limit)s
    ) AS visit {STATION} ORDER BY closed_at DESC, session_id DESC
"""

_CURVE = """
    SELECT coalesce(curve, '[]') AS curve FROM console.live_sessions
    WHERE tenant = %(tenant)s AND session_id = %(session_id)s
"""

_TRANSACTIONS = """
    SELECT transaction_uid, protocol_id, started_at, ended_at, start_register_wh, end_register_wh, stop_reason
    FROM console.session_transactions WHERE tenant = %(tenant)s AND session_id = %(session_id)s
    ORDER BY started_at, transaction_uid
"""


_REVISIONS = """
    SELECT revision, at, reason, before, after FROM console.session_revisions
    WHERE tenant = %(tenant)s AND session_id = %(session_id)s ORDER BY revision
"""


async def session(database: Database, tenant: str, session_id: str) -> Session | None:
    """One visit of the tenant, with its transactions, its revisions and, when it is final, its curve."""
    names = {"tenant": tenant, "session_id": session_id}
    found = await database.one(Session, _ONE, names)
    if found is not None:
        found.transactions = await database.all(Transaction, _TRANSACTIONS, names)
        found.revisions = await database.all(Revision, _REVISIONS, names)
        drawn = await database.one(Curve, _CURVE, names)
        found.curve = [] if drawn is None else drawn.curve
    return found


async def lately_ended(database: Database, tenant: str, limit: int = 12) -> list[Session]:
    """The visits that ended last, the latest first."""
    return await database.all(Session, _ENDED, {"tenant": tenant, "limit": limit})
