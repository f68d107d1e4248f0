"""What every file is read into: rows of texts by column, and faults with the line and column they stand in."""

from collections.abc import Callable
from typing import Literal, NamedTuple

Kind = Literal["organisations", "locations", "stations", "tokens", "transactions"]
KINDS: tuple[Kind, ...] = ("organisations", "locations", "stations", "tokens", "transactions")
"""In the order in which their commands are sent, and in which the sheets of a workbook are counted."""

SHEET = 10_000_000
"""A row of a workbook has the line `SHEET` times the number of its sheet plus its row: lines are unique in a file."""

Progress = Callable[[str, int, int], None]
"""Told the name of a step, how much of it is done and how much there is; the last two in whatever unit fits it."""


class Unreadable(ValueError):
    """The file as a whole cannot be imported; its text says why."""


class Row(NamedTuple):
    """A line of a table, or what stands for one in YAML. `cells`: column → what it says; empty ones are left out."""

    kind: Kind
    line: int
    cells: dict[str, str]


class Fault(NamedTuple):
    """What is wrong with the row that ends at this line. `column` is empty when it is no single one."""

    line: int
    column: str
    sentence: str


def place(line: int) -> str:
    """A line as people find it: `line 12`, or `stations row 12` in a workbook."""
    sheet, row = divmod(line, SHEET)
    return f"{KINDS[sheet - 1]} row {row}" if 0 < sheet <= len(KINDS) else f"line {line}"


def no_progress(_step: str, _done: int, _total: int) -> None:
    """For whoever does not want to know."""
