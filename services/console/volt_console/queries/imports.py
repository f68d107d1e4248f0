"""Imports, the latest first, and the rows of one with their outcomes.

Those of transactions stand among the outcomes of all commands to stations: they are never many, for they run.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, computed_field, field_validator

from volt_console.queries.cursor import Page, after, line_key, time_key
from volt_console.queries.database import Database
from volt_contracts.message import OutcomeWord
from volt_imports.rows import place


class Imported(BaseModel):
    """An import that is on record. `commands`: how many of each type were sent; `outcomes`: what became of them."""

    id: str
    name: str
    sha256: str
    rows: int
    commands: dict[str, int]
    expected: int
    """Of how many commands there will be an outcome."""
    outcomes: dict[OutcomeWord, int]
    actor: str
    at: datetime

    @field_validator("commands", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        return dict(value) if isinstance(value, list) else value

    @computed_field  # type: ignore[prop-decorator]
    @property
    def answered(self) -> int:
        """How many rows have their outcome."""
        return sum(self.outcomes.values())

    @computed_field  # type: ignore[prop-decorator]
    @property
    def refused(self) -> int:
        """How many were not accepted."""
        return self.answered - self.outcomes.get("accepted", 0)


class ImportedRow(BaseModel):
    """The outcome of one row."""

    line: int
    kind: str
    entity: str
    """The uid of the station, location or organisation, or the reference of the token."""
    outcome: OutcomeWord
    sentence: str | None
    at: datetime

    @computed_field  # type: ignore[prop-decorator]
    @property
    def place(self) -> str:
        """Where the row stands in its file."""
        return place(self.line)


_SELECT = """
    SELECT import_id AS id, name, sha256, rows, commands, expected, actor, at,
           coalesce((SELECT jsonb_object_agg(outcome, count) FROM (
             SELECT outcome, sum(count)::bigint AS count FROM (
               SELECT outcome, count FROM console.import_sums AS sums
               WHERE sums.tenant = imports.tenant AND sums.import_id = imports.import_id
               UNION ALL SELECT outcome, 1 FROM console.command_outcomes AS adopted
               WHERE adopted.tenant = imports.tenant AND adopted.import_id = imports.import_id
                 AND outcome IS NOT NULL
             ) AS all_rows GROUP BY outcome
           ) AS each), '{}') AS outcomes
    FROM console.imports AS imports WHERE tenant = %(tenant)s
"""

_PAGE = (
    _SELECT
    + " AND (%(at)s::timestamptz IS NULL OR (at, import_id) < (%(at)s, %(id)s))"
    + " ORDER BY at DESC, import_id DESC LIMIT %(limit)s"
)

_ONE = _SELECT + " AND import_id = %(id)s"

_ROWS = """
    SELECT * FROM (
      SELECT line, kind, entity, outcome, sentence, at FROM console.import_rows
      WHERE tenant = %(tenant)s AND import_id = %(id)s
      UNION ALL
      SELECT split_part(command_id, '/', 2)::bigint, 'transactions', station_uid, outcome, sentence, finished_at
      FROM console.command_outcomes WHERE tenant = %(tenant)s AND import_id = %(id)s AND outcome IS NOT NULL
    ) AS rows
    WHERE line > %(line)s
      AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s) AND (NOT %(refused)s OR outcome <> 'accepted')
    ORDER BY line LIMIT %(limit)s
"""


async def imports(database: Database, tenant: str, *, cursor: str | None = None, limit: int = 50) -> Page[Imported]:
    """A page of imports, the latest first. Raises BadCursor."""
    at, last = time_key(cursor) if cursor else (None, None)
    found = await database.all(Imported, _PAGE, {"tenant": tenant, "at": at, "id": last, "limit": limit + 1})
    more, found = len(found) > limit, found[:limit]
    return Page(items=found, next=after(found[-1].at, found[-1].id) if more else None)


async def imported(database: Database, tenant: str, import_id: str) -> Imported | None:
    """One import."""
    return await database.one(Imported, _ONE, {"tenant": tenant, "id": import_id})


async def import_rows(
    database: Database,
    tenant: str,
    import_id: str,
    *,
    outcome: OutcomeWord | None = None,
    refused: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ImportedRow]:
    """A page of the rows of one import, by line; `refused`: only those that were not accepted. Raises BadCursor."""
    line = line_key(cursor) if cursor else -1
    wanted = {"tenant": tenant, "id": import_id, "line": line, "outcome": outcome, "refused": refused}
    found = await database.all(ImportedRow, _ROWS, wanted | {"limit": limit + 1})
    more, found = len(found) > limit, found[:limit]
    return Page(items=found, next=after("line", found[-1].line) if more else None)
