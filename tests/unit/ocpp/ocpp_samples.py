"""Makes payloads from the published schemas: the smallest and the fullest valid one, and every way to spoil it."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from volt_ocpp.actions import actions_from_csms, actions_from_station
from volt_ocpp.schemas import load_schema
from volt_ocpp.versions import Version

Json = Any

MESSAGES = [
    (version, action, response)
    for version in Version
    for action in sorted(actions_from_station(version) | actions_from_csms(version))
    for response in (False, True)
]
"""Every (version, action, response) that the `ocpp` package has a schema of its own naming for."""


def smallest(version: Version, action: str, response: bool = False) -> Json:
    """A valid payload with the required fields only."""
    schema = load_schema(version, action, response)
    return _instance(schema, schema, full=False, depth=0)


def fullest(version: Version, action: str, response: bool = False) -> Json:
    """A valid payload with every field of the first levels."""
    schema = load_schema(version, action, response)
    return _instance(schema, schema, full=True, depth=0)


def spoiled(payload: dict[str, Json]) -> Iterator[dict[str, Json]]:
    """The payload with one thing wrong at a time: extra field, missing field, other type, unknown word, long text."""
    yield {**payload, "noSuchField": 1}
    for key, value in payload.items():
        yield {name: deepcopy(item) for name, item in payload.items() if name != key}
        yield {**payload, key: None}
        yield {**payload, key: 5 if isinstance(value, str | list | dict) else "five"}
        if isinstance(value, str):
            yield {**payload, key: "x" * 20_000}
        if isinstance(value, list):
            yield {**payload, key: []}
        if isinstance(value, dict):
            yield {**payload, key: {**value, "noSuchField": 1}}


def _instance(root: dict[str, Json], node: dict[str, Json], *, full: bool, depth: int) -> Json:
    if "$ref" in node:
        node = root["definitions"][node["$ref"].rpartition("/")[2]]
    if "enum" in node:
        return node["enum"][0]
    match node.get("type"):
        case "object":
            return _object(root, node, full=full, depth=depth)
        case "array":
            item = _instance(root, node["items"], full=full, depth=depth + 1)
            return [deepcopy(item) for _ in range(max(1, node.get("minItems", 1)))]
        case "string":
            return "2026-11-22T10:00:00Z"[: node.get("maxLength", 100)]
        case "integer":
            return max(1, int(node.get("minimum", 1)))
        case "number":
            return min(1.5, node.get("maximum", 1.5))
        case "boolean":
            return True
        case _:
            return "anything"


def _object(root: dict[str, Json], node: dict[str, Json], *, full: bool, depth: int) -> Json:
    required = node.get("required", [])
    fields = node.get("properties", {})
    names = [name for name in fields if name in required or (full and depth < 3)]
    return {name: _instance(root, fields[name], full=full, depth=depth + 1) for name in names}
