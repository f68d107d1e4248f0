"""What is written from the code: the AsyncAPI document of all topics, and the topic table of the README.

AsyncAPI 3.0.0 with the Kafka binding 0.5.0. `make catalogue` writes; a test compares.
"""

import sys
from pathlib import Path
from typing import Any

import msgspec
import yaml

from volt_cli.topics import table
from volt_contracts import codec
from volt_contracts.topics import TOPICS, Topic

DOCUMENT = Path("deploy/asyncapi.yaml")
README = Path("README.md")
BEGIN, END = "<!-- topics: written by make catalogue -->", "<!-- end of topics -->"

ENVELOPE = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "description": "The record's own id; derived from its cause, never drawn."},
        "ce_type": {"type": "string", "description": "owner.fact.vN"},
        "ce_source": {"type": "string"},
        "ce_subject": {"type": "string", "description": "The record's key."},
        "ce_time": {"type": "string", "format": "date-time", "description": "When it happened."},
        "ce_correlationid": {"type": "string", "description": "The record that a chain began with."},
        "ce_causationid": {"type": "string", "description": "The record that caused this one."},
        "command_id": {"type": "string", "description": "On commands and on their outcomes."},
        "traceparent": {"type": "string", "description": "W3C trace context."},
        "volt_deadline": {"type": "string", "description": "Caused by time and no record: deadline and time."},
    },
}


def document() -> dict[str, Any]:
    """The AsyncAPI document."""
    types = codec.all_types()
    shown = [_documented(message_type) for message_type in types.values()]
    (_, schemas) = msgspec.json.schema_components(shown, ref_template="#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Voltlog",
            "version": "0.1.0",
            "description": "Every topic and every message of the event log. Written by `make catalogue`.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {name: operation for topic in TOPICS for name, operation in _operations(topic).items()},
        "components": {
            "messages": {tag: _message(tag, message_type) for tag, message_type in sorted(types.items())},
            "messageTraits": {"envelope": {"headers": ENVELOPE}},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _documented(message_type: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The type itself, or where a raw payload may be left out, one whose schema can say so."""
    fields = msgspec.structs.fields(message_type)
    if not any(isinstance(field.default, msgspec.Raw) for field in fields):
        return message_type
    shown: list[Any] = [
        (field.name, field.type) if field.required else (field.name, field.type, field.default) for field in fields
    ]
    shown = [
        (name, dict[str, Any], msgspec.field(default_factory=dict))
        if kind is msgspec.Raw and rest
        else (name, kind, *rest)
        for name, kind, *rest in shown
    ]
    config = message_type.__struct_config__
    made = msgspec.defstruct(message_type.__name__, shown, kw_only=True, tag_field=config.tag_field, tag=config.tag)
    made.__doc__ = message_type.__doc__
    return made


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": topic.meaning,
        "messages": {tag: {"$ref": f"#/components/messages/{tag}"} for tag in codec.types_of(topic)},
        "bindings": {
            "kafka": {
                "bindingVersion": "0.5.0",
                "topic": topic.name,
                "topicConfiguration": {
                    "cleanup.policy": ["compact"] if topic.compacted else ["delete"],
                    "retention.ms": topic.retention_ms,
                },
            }
        },
        "x-key": topic.key,
        "x-owner": topic.owner,
    }


def _operations(topic: Topic) -> dict[str, Any]:
    channel = {"$ref": f"#/channels/{topic.name}"}
    found = {}
    for writer in topic.writer.split(", "):
        found[f"{writer}.sends.{topic.name}"] = {"action": "send", "channel": channel, "x-service": writer}
    for reader in topic.readers:
        found[f"{reader}.receives.{topic.name}"] = {"action": "receive", "channel": channel, "x-service": reader}
    return found


def _message(tag: str, message_type: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        "name": tag,
        "title": message_type.__name__,
        "summary": (message_type.__doc__ or "").strip().splitlines()[0],
        "payload": {"$ref": f"#/components/schemas/{message_type.__name__}"},
        "traits": [{"$ref": "#/components/messageTraits/envelope"}],
    }


def as_yaml() -> str:
    """The document as it stands in the repository."""
    return yaml.safe_dump(msgspec.to_builtins(document()), sort_keys=False, allow_unicode=True, width=120)


def with_topics(readme: str) -> str:
    """The README with today's topic table between its marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(markdown=True)}\n{END}{after}"


def main() -> None:
    """Write both."""
    DOCUMENT.write_text(as_yaml(), encoding="utf-8")
    README.write_text(with_topics(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT} and the topic table of {README} are current\n")


if __name__ == "__main__":
    main()
