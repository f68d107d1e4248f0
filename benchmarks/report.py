"""The table for people and `bench-results.json` for machines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, Target
from benchmarks.machine import sentence

WIDTH = 160


def write(
    file: Path, machine: Mapping[str, Any], plan: str, figures: Sequence[Figure], failed: Mapping[str, str]
) -> None:
    """Everything that was measured so far."""
    document = {
        "machine": machine,
        "plan": plan,
        "figures": [asdict(figure) for figure in figures],
        "not_measured": failed,
    }
    file.write_text(json.dumps(document, indent=2) + "\n")


def show(console: Console, machine: dict[str, Any], figures: Sequence[Figure], failed: Mapping[str, str]) -> None:
    """The table."""
    table = Table(title=sentence(machine), title_justify="left", show_lines=True)
    table.add_column("figure", ratio=3)
    table.add_column("measured", ratio=5)
    table.add_column("CPU µs a message", ratio=3)
    table.add_column("target", ratio=3)
    for figure in figures:
        table.add_row(figure.name, figure.shown, _cpu(figure.cpu_us), "\n".join(map(_target, figure.targets)))
    for name, why in failed.items():
        table.add_row(name, f"not measured: {why}", "", "")
    console.print(table)


def _cpu(cpu_us: Mapping[str, float]) -> str:
    parts = [f"{role} {spent:,.0f}" for role, spent in cpu_us.items()]
    return ", ".join(parts)


def _target(target: Target) -> str:
    return f"{target.text}: {'yes' if target.met else 'no'}"


def console() -> Console:
    """Standard output, wide enough for the table also when it is a file."""
    plain = Console(highlight=False)
    return plain if plain.is_terminal else Console(highlight=False, width=WIDTH)
