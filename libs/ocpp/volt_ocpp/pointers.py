"""JSON pointers (RFC 6901) and patterns of them, in which `*` stands for every item of a list."""

from collections.abc import Iterator
from typing import Any

_LONGEST_STEP = 64
Steps = tuple[str, ...]


def escape(step: str | int) -> str:
    """One step as it stands in a pointer. A hostile field name is cut, so that a pointer cannot grow without end."""
    return str(step)[:_LONGEST_STEP].replace("~", "~0").replace("/", "~1")


def pointer(steps: list[str | int] | tuple[str | int, ...]) -> str:
    """The pointer made of these steps; "" for none."""
    return "".join(f"/{escape(step)}" for step in steps)


def compile_pattern(pattern: str) -> Steps:
    """The steps of a pattern such as `/localAuthorizationList/*/idTag`."""
    return tuple(pattern.split("/")[1:])


def find(document: Any, steps: Steps, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every (pointer, value) below `document` that the pattern names; nothing where the shape is another one."""
    if not steps:
        yield prefix, document
        return
    step, rest = steps[0], steps[1:]
    if step == "*":
        if isinstance(document, list):
            for index, item in enumerate(document):
                yield from find(item, rest, f"{prefix}/{index}")
    elif isinstance(document, dict) and step in document:
        yield from find(document[step], rest, f"{prefix}/{step}")


def replaced(document: Any, path: str, value: Any) -> Any:
    """A copy of `document` in which the existing place `path` holds `value`; only the containers on the way are new."""
    if not path:
        return value
    head, _, rest = path[1:].partition("/")
    tail = f"/{rest}" if rest else ""
    if isinstance(document, list):
        index = int(head)
        return [*document[:index], replaced(document[index], tail, value), *document[index + 1 :]]
    key = head.replace("~1", "/").replace("~0", "~")
    return {**document, key: replaced(document[key], tail, value)}
