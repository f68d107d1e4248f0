"""Whole lists as CSV (RFC 4180), a part at a time; no cell is a formula to a spreadsheet."""

import csv
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Header
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)

Format = Literal["json", "csv"]
Accept = Annotated[str, Header(include_in_schema=False)]

MEDIA_TYPE = "text/csv"
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "A page, or as CSV the whole list."}
}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A spreadsheet takes a text for a formula that begins so: it gets an apostrophe in front."""

Columns = Mapping[str, Callable[[M], Any]]
"""Header → what stands below it."""


def csv_wanted(wish: Format | None, accept: str) -> bool:
    """Whether the list is asked for as CSV, by `format`, or else by Accept."""
    return wish == "csv" or (wish is None and MEDIA_TYPE in accept)


def sheet(name: str, columns: Columns[M], parts: AsyncIterator[list[M]]) -> StreamingResponse:
    """The answer: a header row, then every row as it comes from the database."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "X-Accel-Buffering": "no"}
    return StreamingResponse(_lines(columns, parts), media_type=f"{MEDIA_TYPE}; charset=utf-8", headers=headers)


async def _lines(columns: Columns[M], parts: AsyncIterator[list[M]]) -> AsyncIterator[str]:
    yield _written([list(columns)])
    async for rows in parts:
        yield _written([[cell(value(row)) for value in columns.values()] for row in rows])


def _written(rows: list[list[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def cell(value: Any) -> str:
    """A value as a cell shows it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case list():
            return cell(", ".join(map(str, value)))
        case str():
            return f"'{value}" if value.startswith(FORMULA) else value
    return str(value)


def fields(*names: str) -> dict[str, Callable[[Any], Any]]:
    """Columns that are called like the fields of their rows."""
    return {name: _field(name) for name in names}


def _field(name: str) -> Callable[[Any], Any]:
    return lambda row: getattr(row, name)
