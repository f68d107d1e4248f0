"""The AsyncAPI document: valid by the published schema, complete, and as the code says today."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import yaml

from volt_cli import catalogue
from volt_contracts import codec
from volt_contracts.topics import TOPICS
from volt_testkit.golden import example

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((Path(__file__).parent / "vendored" / "asyncapi-3.0.0.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What `make catalogue` would write."""
    found: dict[str, Any] = yaml.safe_load(catalogue.as_yaml())
    return found


def test_it_is_valid_by_the_published_schema(document: dict[str, Any]) -> None:
    errors = [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[:200]}"
        for error in jsonschema_rs.Draft7Validator(SCHEMA).iter_errors(document)
    ]
    assert errors == []


def test_the_one_in_the_repository_is_current() -> None:
    written = (ROOT / catalogue.DOCUMENT).read_text(encoding="utf-8")
    assert written == catalogue.as_yaml(), "`make catalogue` writes it"


def test_the_readmes_topic_table_is_current() -> None:
    readme = (ROOT / catalogue.README).read_text(encoding="utf-8")
    assert catalogue.BEGIN in readme
    assert readme == catalogue.with_topics(readme), "`make catalogue` writes it"


def test_every_topic_and_every_message_is_in_it(document: dict[str, Any]) -> None:
    assert list(document["channels"]) == [topic.name for topic in TOPICS]
    assert set(document["components"]["messages"]) == set(codec.all_types())
    for topic in TOPICS:
        assert set(document["channels"][topic.name]["messages"]) == set(codec.types_of(topic))


def test_every_writer_and_reader_has_its_operation(document: dict[str, Any]) -> None:
    wanted = {
        f"{service}.{verb}.{topic.name}"
        for topic in TOPICS
        for verb, services in (("sends", topic.writer.split(", ")), ("receives", topic.readers))
        for service in services
    }
    assert set(document["operations"]) == wanted


def test_no_reference_leads_nowhere(document: dict[str, Any]) -> None:
    for reference in _references(document):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    return [found for value in node for found in _references(value)] if isinstance(node, list) else []


@pytest.mark.parametrize("tag", sorted(codec.all_types()))
def test_what_is_written_fits_the_schema_that_is_published(document: dict[str, Any], tag: str) -> None:
    """Readers in other languages have only this document."""
    value = msgspec.json.decode(codec.encode(example(codec.all_types()[tag])))
    payload = document["components"]["messages"][tag]["payload"]
    schema = {**payload, "components": document["components"]}
    errors = [error.message for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(value)]
    assert errors == []
