"""Every version of every message that was ever published decodes for ever, into what it meant."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from volt_contracts import codec
from volt_contracts.topics import TOPICS, Topic
from volt_testkit.golden import example, schema_hash

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.json"))


def topic_of(tag: str) -> Topic:
    """A topic that holds this tag, or holds what it is upcast to."""
    return next(topic for topic in TOPICS if tag in codec.types_of(topic) or codec.leads_to(tag, topic))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_decodes_and_says_the_same(file: Path) -> None:
    golden: dict[str, Any] = msgspec.json.decode(file.read_bytes())
    message = codec.decode(topic_of(golden["tag"]), golden["tag"], msgspec.json.encode(golden["value"]))
    if golden["tag"] in codec.all_types():
        assert message == example(codec.all_types()[golden["tag"]]) or has_grown(golden, message)


def has_grown(golden: dict[str, Any], message: msgspec.Struct) -> bool:
    """Fields with defaults may have been added since; what the file says is still what the message says."""
    now = msgspec.json.decode(codec.encode(message))
    return all(now.get(name) == value for name, value in golden["value"].items())


def test_every_type_has_a_golden_file() -> None:
    assert set(codec.all_types()) - {file.stem for file in FILES} == set(), "python -m volt_testkit.golden writes them"


@pytest.mark.parametrize("tag", sorted(codec.all_types()))
def test_a_published_version_only_grows(tag: str) -> None:
    """A field may be added with a default; taking one away or making one required is another version."""
    golden = msgspec.json.decode((GOLDEN / f"{tag}.json").read_bytes())
    if golden["schema"] == schema_hash(codec.all_types()[tag]):
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(codec.all_types()[tag])}
    known = set(golden["value"]) - {"type"}
    assert known <= set(fields), "a field of a published version is gone"
    assert [name for name, field in fields.items() if field.required and name not in known] == []
