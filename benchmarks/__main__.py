"""`make bench`: take the figures, show them with what they cost, write `bench-results.json`."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from benchmarks import backlog, beside, fold, gateway, hostile, imports, lists, log_speed, machine, pipe, report
from benchmarks.figure import Figure, NotMeasured
from benchmarks.plan import QUICK, WHOLE, Plan
from benchmarks.stage import AS_SHIPPED, GATEWAY_ALONE, IMPORTING, UNLIMITED, Stage, standing
from volt_runtime.memory import look_rarely

RESULTS = Path("bench-results.json")

ALONE: Mapping[str, Callable[[Plan], Iterator[Figure]]] = {
    "fold": fold.figures,
    "baseline": beside.figures,
    "lists": lists.figures,
}
"""Figures that need no stack."""

OnStage = Mapping[str, Callable[[Stage, Plan], Iterator[Figure]]]
AT_THE_GATEWAY: OnStage = {"closed": gateway.closed, "open": gateway.open_loop}
"""Figures of a gateway whose records nobody reads."""

AT_ITS_LIMITS: OnStage = {"hostile": hostile.figures}
"""Figures of such a gateway whose limits are in force."""

THROUGH_THE_PIPE: OnStage = {
    "idle": gateway.idle,
    "rest": pipe.rest,
    "calm": pipe.calm,
    "backlog": backlog.figures,
    "views": log_speed.views,
    "pipe": pipe.pipe,
    "replay": log_speed.replay,
}
"""Figures of a whole stack, in this order: later ones read what earlier ones have left in the log."""

OF_A_NETWORK: OnStage = {"imports": imports.figures}
"""Figures of owners and console alone; taken only when asked for, because they take minutes."""

NAMES = (*ALONE, *AT_THE_GATEWAY, *AT_ITS_LIMITS, *THROUGH_THE_PIPE, *OF_A_NETWORK)


class Run:
    """One run: what was measured so far, and why some of it could not be."""

    def __init__(self, plan: Plan, only: tuple[str, ...], console: Console) -> None:
        self.plan = plan
        self.machine = machine.conditions()
        self.figures: list[Figure] = []
        self.failed: dict[str, str] = {}
        self._only = only
        self._console = console

    def take(self) -> None:
        """All that was asked for."""
        for name in self._wanted(ALONE):
            self._measure(name, partial(ALONE[name], self.plan))
        self._on_stage(GATEWAY_ALONE, AT_THE_GATEWAY)
        self._on_stage(GATEWAY_ALONE, AT_ITS_LIMITS, AS_SHIPPED)
        self._on_stage((), THROUGH_THE_PIPE)
        if self._only:
            self._on_stage(IMPORTING, OF_A_NETWORK)
        self.figures += beside.ratios(self.figures)
        self.write()

    def write(self) -> None:
        """Keep what there is."""
        kind = "quick" if self.plan is QUICK else "whole"
        report.write(RESULTS, self.machine, kind, self.figures, self.failed)

    def _on_stage(self, services: tuple[str, ...], table: OnStage, settings: Mapping[str, str] = UNLIMITED) -> None:
        names = self._wanted(table)
        if not names:
            return
        self._say(f"starting {'a whole stack' if not services else ', '.join(services)}")
        try:
            with standing(services, settings) as stage:
                for name in names:
                    self._measure(name, partial(table[name], stage, self.plan))
        except NotMeasured as why:
            self.failed |= {name: str(why) for name in names if name not in self.failed}

    def _measure(self, name: str, figures: Callable[[], Iterator[Figure]]) -> None:
        self._say(f"measuring {name}")
        try:
            for figure in figures():
                self.figures.append(figure)
                self._say(f"  {figure.name}: {figure.shown}")
        except NotMeasured as why:
            self.failed[name] = str(why)
            self._say(f"  not measured: {why}")
        self.write()

    def _wanted(self, table: Mapping[str, object]) -> list[str]:
        return [name for name in table if not self._only or name in self._only]

    def _say(self, sentence: str) -> None:
        self._console.print(sentence, markup=False)


def main(
    only: Annotated[list[str] | None, typer.Option(help=f"Only this one; may be repeated: {', '.join(NAMES)}.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Short windows: to see that all works.")] = False,
) -> None:
    """Measure Voltlog on this machine: about ten minutes, three with --quick. Needs no running stack."""
    console = report.console()
    for name in only or ():
        if name not in NAMES:
            console.print(f"There is no figure {name}; there are: {', '.join(NAMES)}.", markup=False)
            raise typer.Exit(2)
    signal.signal(signal.SIGTERM, _ended)
    look_rarely()  # as every process that is measured here does, and the command that replays
    run = Run(QUICK if quick else WHOLE, tuple(only or ()), console)
    if machine.busy(run.machine):
        console.print("This machine is busy: rates will be too low and latencies too long; compare the CPU.")
    run.take()
    report.show(console, run.machine, run.figures, run.failed)
    console.print(f"Written to {RESULTS}.")
    if run.failed:
        raise typer.Exit(1)


def _ended(_number: int, _frame: object) -> NoReturn:
    """Asked to stop: what was started is stopped on the way out."""
    sys.exit(143)


if __name__ == "__main__":
    typer.run(main)
