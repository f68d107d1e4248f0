"""Addresses of lists: what is wanted, as a query, without what goes without saying."""

from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel


def address(path: str, wanted: BaseModel, **more: Any) -> str:
    """`path` with every part of `wanted` that is not its default, and with `more`."""
    given = {**wanted.model_dump(mode="json", exclude_defaults=True), **more}
    query = urlencode({name: _word(value) for name, value in given.items() if value not in (None, "")})
    return f"{path}?{query}" if query else path


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
