"""What became of commands: one by its id, or a station's latest.

Those of stations and visits have a view of their own, that shows them on their way. Outcomes of all others are in the
audit trail, except those of an import's rows, which are told by its id and their lines; but a row of a transaction is a
command to a station.
"""

from datetime import datetime

from pydantic import BaseModel

from volt_console.queries.database import Database
from volt_console.views.audit_trail import OF_ONE_COMMAND
from volt_contracts import imports


class CommandState(BaseModel):
    """What became of a command, if anything did. `status` is the station's own word."""

    command_id: str
    command: str | None
    outcome: str | None
    status: str | None
    sentence: str | None
    results: list[dict[str, str]]
    position: str | None
    """Where the outcome lies: `topic:partition:offset`, as `min_position` takes it."""


class CommandRecord(CommandState):
    """A command of a station or a visit, on its way or with its outcome."""

    owner: str
    station_uid: str
    actor: str | None
    sent_at: datetime | None
    finished_at: datetime | None
    status_info: str | None
    lossy: list[str]
    session_id: str | None


_SELECT = """
    SELECT command_id, owner, station_uid, command, coalesce(actor, passed_actor) AS actor,
           coalesce(sent_at, passed_at) AS sent_at, finished_at,
           outcome, status, status_info, sentence, coalesce(results, '[]') AS results, coalesce(lossy, '[]') AS lossy,
           session_id,
           owner || '.events:' || finished_partition || ':' || finished_offset AS position
    FROM console.command_outcomes WHERE tenant = %(tenant)s
"""

_FIELDS = "command_id, command, outcome, status, sentence, results, position"
_ONE = f"""
    SELECT {_FIELDS} FROM (
      SELECT {_FIELDS}, 0 AS place, owner AS source
      FROM ({_SELECT} AND command_id = %(command_id)s) AS on_its_way
      UNION ALL
      SELECT command_id, command, outcome, NULL, sentence, '[]', topic || ':' || log_partition || ':' || log_offset,
             1, topic
      FROM console.audit_trail WHERE tenant = %(tenant)s AND command_id = %(command_id)s AND {OF_ONE_COMMAND}
    ) AS found ORDER BY place, source LIMIT 1
"""

_OF_ROW = """
    SELECT import_id || '/' || line AS command_id, NULL AS command, outcome, NULL AS status, sentence,
           '[]'::jsonb AS results, replace(log_place, '-', ':') || ':' || row_offset AS position
    FROM console.import_rows WHERE tenant = %(tenant)s AND import_id = %(import_id)s AND line = %(line)s
"""

_LATEST = (
    _SELECT
    + """ AND station_uid = %(station_uid)s
    AND NOT EXISTS (
      SELECT FROM console.command_outcomes AS asked WHERE asked.tenant = command_outcomes.tenant
      AND asked.station_uid = command_outcomes.station_uid AND asked.station_command_id = command_outcomes.command_id)
    ORDER BY first_at DESC, command_id LIMIT %(limit)s
"""
)


async def command(database: Database, tenant: str, command_id: str) -> CommandState | None:
    """One command of the tenant."""
    return await database.one(CommandState, _ONE, {"tenant": tenant, "command_id": command_id})


async def command_of_row(database: Database, tenant: str, import_id: str, line: int) -> CommandState | None:
    """The command of one row of the tenant's import, when it has its outcome."""
    row = await database.one(CommandState, _OF_ROW, {"tenant": tenant, "import_id": import_id, "line": line})
    return row or await command(database, tenant, imports.command_id(import_id, line))


async def latest_commands(database: Database, tenant: str, station_uid: str, limit: int = 10) -> list[CommandRecord]:
    """A station's latest commands; the one that carried out a start or stop is not shown beside it."""
    wanted = {"tenant": tenant, "station_uid": station_uid, "limit": limit}
    return await database.all(CommandRecord, _LATEST, wanted)
