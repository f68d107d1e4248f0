"""docker-compose.yml as compose reads it: YAML with its merges, and variables filled in."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
SERVICES = frozenset(folder.parent.name for folder in (ROOT / "services").glob("*/pyproject.toml"))
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?P<kind>:[-?])(?P<text>[^}]*)\}")


def document() -> dict[str, Any]:
    """The file, with nothing filled in."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def services() -> dict[str, dict[str, Any]]:
    """Everything that runs: services of the house, what they stand on, and the command."""
    found: dict[str, dict[str, Any]] = document()["services"]
    return found


def filled(text: str, given: Mapping[str, str]) -> str:
    """What compose makes of a value. Raises KeyError for a variable that must be given and is not."""

    def value(found: re.Match[str]) -> str:
        name = found["name"]
        if given.get(name):
            return given[name]
        if found["kind"] == ":?":
            raise KeyError(name)
        return found["text"]

    return VARIABLE.sub(value, text)


def texts(node: Any) -> Iterator[str]:
    """Every text in the file, keys left out."""
    if isinstance(node, dict):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)
    elif isinstance(node, str):
        yield node


def seconds(duration: str) -> float:
    """A duration in compose's spelling, of seconds or minutes."""
    number, unit = duration[:-1], duration[-1]
    return float(number) * {"s": 1, "m": 60}[unit]
