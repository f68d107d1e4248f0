"""Old versions of messages, each changed into the next from its raw dict; chained until today's type is reached."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Upcast:
    """One step: the tag it leads to and the pure change of the raw dict."""

    to: str
    change: Callable[[dict[str, Any]], dict[str, Any]]


UPCASTS: Mapping[str, Upcast] = {}
"""Tag of the old version → its step. Empty while every type is at its first version."""
