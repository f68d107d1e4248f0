"""A figure: what was measured, what it cost, and the target it is held against. Targets are shown, never asserted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Target:
    """What the design promises, and whether this run shows it."""

    text: str
    met: bool


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    `values` are named with their unit (`per_s`, `p99_ms`, `kib_per_connection`); `shown` is the sentence of the table.
    `cpu_us` is CPU time in microseconds per message by process, user and system, measured over the same window.
    """

    group: str
    name: str
    shown: str
    values: Mapping[str, Any] = field(default_factory=dict)
    cpu_us: Mapping[str, float] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()


class NotMeasured(Exception):
    """A figure could not be measured; its text is the sentence that the table shows instead."""


def at_most(value: float, limit: float, what: str) -> Target:
    """The target that a value stays within a limit."""
    return Target(f"{what} ≤ {limit:g}", value <= limit)


def at_least(value: float, limit: float, what: str) -> Target:
    """The target that a value reaches a limit."""
    return Target(f"{what} ≥ {limit:,g}", value >= limit)


def percentile(values: list[float], part: float) -> float:
    """The value below which `part` of them lie; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0
