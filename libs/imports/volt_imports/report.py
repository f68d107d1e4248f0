"""What became of an import, for people and for programs."""

import csv
from collections.abc import Iterator
from typing import Literal, TextIO

import msgspec

from volt_contracts.message import OutcomeWord
from volt_imports.rows import Fault, place

State = Literal["faulty", "checked", "unchanged", "imported", "imported_before"]
"""`faulty`: rows are wrong; `checked`: a dry run; `unchanged`: everything is so already. Of these nothing was sent."""


class Refusal(msgspec.Struct, frozen=True):
    """A row whose command was not accepted."""

    line: int
    outcome: OutcomeWord
    sentence: str


class Outcomes(msgspec.Struct):
    """What the owners said. `stopped`: why nobody waited for the rest."""

    expected: int = 0
    counts: dict[OutcomeWord, int] = {}
    refusals: list[Refusal] = []
    lines: list[int] = []
    """Of accepted rows."""
    stopped: str | None = None

    @property
    def answered(self) -> int:
        """How many rows have their outcome."""
        return sum(self.counts.values())

    @property
    def complete(self) -> bool:
        """Whether every row was accepted."""
        return self.counts.get("accepted", 0) == self.expected


class Report(msgspec.Struct, kw_only=True):
    """An import. `rows` by kind, `commands` by type, `unchanged` by kind; `outcomes` null when nobody waited."""

    state: State
    import_id: str
    name: str
    sha256: str = ""
    rows: dict[str, int] = {}
    commands: dict[str, int] = {}
    unchanged: dict[str, int] = {}
    ignored: dict[str, tuple[str, ...]] = {}
    faults: list[Fault] = []
    outcomes: Outcomes | None = None
    seconds: dict[str, float] = {}
    """How long each step took."""

    @property
    def sound(self) -> bool:
        """Whether there is nothing that somebody has to look at."""
        return self.state != "faulty" and (self.outcomes is None or self.outcomes.complete)


def write_csv(report: Report, file: TextIO) -> None:
    """The report row by row: faults when there are any, else the outcome of every row that was sent."""
    writer = csv.writer(file)
    writer.writerow(("line", "row", "column", "outcome", "sentence"))
    writer.writerows(_lines(report))


def _lines(report: Report) -> Iterator[tuple[int, str, str, str, str]]:
    for fault in report.faults:
        yield fault.line, place(fault.line), fault.column, "faulty", fault.sentence
    if report.outcomes is not None:
        refused = [(one.line, place(one.line), "", str(one.outcome), one.sentence) for one in report.outcomes.refusals]
        accepted = [(line, place(line), "", "accepted", "") for line in report.outcomes.lines]
        yield from sorted([*refused, *accepted])
