"""One statement for many rows: `INSERT … SELECT unnest(…) ON CONFLICT`, coalesced and sorted by key.

Every group of columns that one kind of fact writes is guarded by the offset of that fact: an older one changes nothing,
so a batch can be cut anywhere, applied again, or come after another topic's batch, and the rows stay the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from volt_eventlog.message import Message
from volt_eventlog.view import Statement

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Group:
    """Columns of `table` that one kind of fact writes together. `guard` is the bigint column of its offset.

    `key` and `columns` map a column to its Postgres type. `fixed` columns never change in the life of a row.
    """

    table: str
    key: Mapping[str, str]
    columns: Mapping[str, str]
    guard: str
    fixed: Mapping[str, str]

    def upsert(self, rows: Iterable[Row]) -> list[Statement]:
        """The statement that writes `rows`, or none where there are no rows."""
        newest = sorted(self._newest(rows).items())
        if not newest:
            return []
        names = [*self.key, *self.fixed, *self.columns, self.guard]
        return [Statement(self._sql(), {name: [storable(row.get(name)) for _, row in newest] for name in names})]

    def _newest(self, rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
        newest: dict[tuple[Any, ...], Row] = {}
        for row in rows:
            key = tuple(row[name] for name in self.key)
            known = newest.get(key)
            if known is None or row[self.guard] >= known[self.guard]:
                newest[key] = row
        return newest

    def _sql(self) -> str:
        types = {**self.key, **self.fixed, **self.columns, self.guard: "bigint"}
        return insert(self.table, types) + (
            f" ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET "
            + ", ".join(f"{name} = excluded.{name}" for name in (*self.columns, self.guard))
            + f" WHERE row.{self.guard} IS NULL OR row.{self.guard} < excluded.{self.guard}"
        )


def insert(table: str, types: Mapping[str, str]) -> str:
    """`INSERT … SELECT unnest(…)` into `table`, an array for each column; the target is called `row`."""
    arrays = ", ".join(f"%({name})s::{kind}[]" for name, kind in types.items())
    return f"INSERT INTO {{{table}}} AS row ({', '.join(types)}) SELECT * FROM unnest({arrays})"


def place(message: Message, guard: str, **values: Any) -> dict[str, Any]:
    """The columns of a row that every station-keyed message gives, and `values`."""
    return {"tenant": message.tenant, "station_uid": message.entity, guard: message.offset, **values}


def storable(value: Any) -> Any:
    """The value; in a text, what Postgres cannot store (NUL, lone surrogates) is replaced by U+FFFD."""
    if not isinstance(value, str) or (value.isascii() and "\x00" not in value):
        return value
    return value.encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")


def json_text(values: tuple[Any, ...]) -> str:
    """JSON for a jsonb column, which takes no NUL either."""
    return msgspec.json.encode(values).decode().replace("\\u0000", "\\ufffd")
