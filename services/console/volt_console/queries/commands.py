"""What became of commands: one by its id, or a station's latest."""

from datetime import datetime

from pydantic import BaseModel

from volt_console.queries.database import Database


class CommandRecord(BaseModel):
    """A command on its way, or with its outcome. `status` is the station's own word."""

    command_id: str
    owner: str
    station_uid: str
    command: str | None
    actor: str | None
    sent_at: datetime | None
    finished_at: datetime | None
    outcome: str | None
    status: str | None
    status_info: str | None
    sentence: str | None
    results: list[dict[str, str]]
    lossy: list[str]
    session_id: str | None
    position: str | None
    """Where the outcome lies: `topic:partition:offset`, as `min_position` takes it."""


_SELECT = """
    SELECT command_id, owner, station_uid, command, coalesce(actor, passed_actor) AS actor,
           coalesce(sent_at, passed_at) AS sent_at, finished_at,
           outcome, status, status_info, sentence, coalesce(results, '[]') AS results, coalesce(lossy, '[]') AS lossy,
           session_id,
           owner || '.events:' || finished_partition || ':' || finished_offset AS position
    FROM console.command_outcomes WHERE tenant = %(tenant)s
"""

_ONE = _SELECT + " AND command_id = %(command_id)s ORDER BY owner LIMIT 1"

_LATEST = (
    _SELECT
    + """ AND station_uid = %(station_uid)s
    AND NOT EXISTS (
      SELECT FROM console.command_outcomes AS asked WHERE asked.tenant = command_outcomes.tenant
      AND asked.station_uid = command_outcomes.station_uid AND asked.station_command_id = command_outcomes.command_id)
    ORDER BY first_at DESC, command_id LIMIT %(limit)s
"""
)


async def command(database: Database, tenant: str, command_id: str) -> CommandRecord | None:
    """One command of the tenant."""
    return await database.one(CommandRecord, _ONE, {"tenant": tenant, "command_id": command_id})


async def latest_commands(database: Database, tenant: str, station_uid: str, limit: int = 10) -> list[CommandRecord]:
    """A station's latest commands; the one that carried out a start or stop is not shown beside it."""
    wanted = {"tenant": tenant, "station_uid": station_uid, "limit": limit}
    return await database.all(CommandRecord, _LATEST, wanted)
