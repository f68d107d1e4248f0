"""Cursors: the sort key of a row at the edge of a page, as an opaque text. They stay right while rows come and go."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Generic, Literal, TypeVar

import msgspec
from pydantic import BaseModel, Field

T = TypeVar("T")


class BadCursor(ValueError):
    """A cursor that no page of this list gave out."""


class Page(BaseModel, Generic[T]):
    """Some rows, and the cursors of the rows behind and before them."""

    items: list[T]
    next: str | None = Field(default=None, description="Give it as `cursor` to go on; null on the last page.")
    prev: str | None = Field(
        default=None,
        description="Give it as `cursor` to go back; null on the first page, and where a list has no way back.",
    )


def after(*key: str | int | datetime) -> str:
    """The cursor behind the row with this sort key."""
    return urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def before(*key: str | int | datetime) -> str:
    """The cursor of the rows before the row with this sort key."""
    return f"{BACK}{after(*key)}"


BACK = "~"
"""How a cursor begins that leads back; no base64 has it."""


def text_key(cursor: str) -> tuple[str, str]:
    """The sort key of a list that is ordered by name.

    Raises:
        BadCursor: it is none.
    """
    return key_in(cursor, tuple[str, str])


def time_key(cursor: str) -> tuple[datetime, str]:
    """The sort key of a list that is ordered by time and id. Raises BadCursor."""
    return key_in(cursor, tuple[datetime, str])


def log_key(cursor: str) -> tuple[datetime, int, int]:
    """The sort key of a timeline: append time, rank of the topic, offset. Raises BadCursor."""
    return key_in(cursor, tuple[datetime, int, int])


def line_key(cursor: str) -> int:
    """The sort key of a list that is ordered by the lines of a file. Raises BadCursor."""
    _, line = key_in(cursor, tuple[Literal["line"], int])
    return line


def key_in(cursor: str, shape: type[T]) -> T:
    """The sort key of that shape in a cursor. Raises BadCursor."""
    try:
        return msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as wrong:
        raise BadCursor(f"`{cursor[:40]}` is no cursor of this list") from wrong
