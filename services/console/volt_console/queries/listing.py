"""Pages of a list, forward and back: each page is read from an index at the sort key where the last one ended."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar

from pydantic import BaseModel, model_validator

from volt_console.queries.cursor import BACK, Page, after, before, key_in
from volt_console.queries.database import Database

M = TypeVar("M", bound=BaseModel)


class Wanted(BaseModel):
    """What a list is asked for. A part without a value is as if it were not there: forms send such."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if value != ""}


EXPORTED_AT_ONCE = 2_000
"""Rows of a whole list that are read together: no transaction stays open while a slow reader takes them."""


@dataclass(frozen=True)
class Order:
    """A sort that an index supports. `columns` are SQL with their types, the last one unique; all run the same way."""

    columns: Mapping[LiteralString, LiteralString]
    fields: tuple[str, ...]
    """What the row's model calls them."""
    shape: Any
    """The type of the sort key in a cursor."""
    descending: bool = False

    def behind(self, back: bool) -> LiteralString:
        """The rows behind a sort key, or before it."""
        sign: LiteralString = "<" if self.descending != back else ">"
        values = ", ".join([f"%(key{number})s::{kind}" for number, kind in enumerate(self.columns.values())])
        return f"({', '.join(self.columns)}) {sign} ({values})"

    def by(self, back: bool) -> LiteralString:
        """ORDER BY."""
        way: LiteralString = "DESC" if self.descending != back else "ASC"
        return ", ".join([f"{column} {way}" for column in self.columns])

    def key(self, row: BaseModel) -> tuple[Any, ...]:
        """A row's sort key."""
        return tuple(getattr(row, name) for name in self.fields)


@dataclass(frozen=True)
class Start:
    """Where a page begins: at the list's begin, or behind or before a sort key."""

    key: tuple[Any, ...] | None = None
    back: bool = False

    @classmethod
    def at(cls, cursor: str | None, order: Order) -> "Start":
        """Where a cursor leads in a list of this order. Raises BadCursor."""
        if not cursor:
            return cls()
        back = cursor.startswith(BACK)
        return cls(key_in(cursor.removeprefix(BACK), order.shape), back)

    def where(self, order: Order) -> list[LiteralString]:
        """The condition, if there is one."""
        return [] if self.key is None else [order.behind(self.back)]

    @property
    def params(self) -> dict[str, Any]:
        """What the condition names."""
        return {f"key{number}": value for number, value in enumerate(self.key or ())}


def paged(found: list[M], order: Order, start: Start, limit: int) -> Page[M]:
    """A page of what was found: one row more than `limit` says that there are more."""
    more, found = len(found) > limit, found[:limit]
    if start.back:
        found.reverse()
    if not found:
        return Page(items=[])
    goes_on = more or start.back
    goes_back = start.key is not None and (more or not start.back)
    return Page(
        items=found,
        next=after(*order.key(found[-1])) if goes_on else None,
        prev=before(*order.key(found[0])) if goes_back else None,
    )


async def counted(database: Database, sql: LiteralString, params: Mapping[str, Any], most: int) -> int:
    """How many rows there are, at most one more than `most`."""
    found = await database.one(
        _Count, f"SELECT count(*) AS rows FROM ({sql} LIMIT %(most)s) AS found", {**params, "most": most + 1}
    )
    assert found is not None, "a query of aggregates has one row"
    return found.rows


class _Count(BaseModel):
    rows: int


def conditions(wanted: Sequence[LiteralString]) -> LiteralString:
    """All of them, as they stand behind WHERE."""
    return " AND ".join([f"({one})" for one in wanted])


async def whole(first: Page[M], more: Any) -> AsyncIterator[list[M]]:
    """Every page of a list, from its first on; `more(cursor)` reads the next one."""
    page = first
    while True:
        yield page.items
        if page.next is None:
            return
        page = await more(page.next)
