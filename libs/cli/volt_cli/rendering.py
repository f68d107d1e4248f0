"""Records as text: one JSON object, or one line for people."""

import re
from typing import Any

import msgspec

from volt_contracts.envelope import TYPE, Envelope, EnvelopeError, from_headers, header
from volt_contracts.topics import Topic
from volt_eventlog.records import moment
from volt_eventlog.tracing import context_of

_encoder = msgspec.json.Encoder(decimal_format="string")
_HIDDEN = frozenset({"type", "decoder", "frame", "time"})
_WIDTH = 200
_NOISE = re.compile(r'["{}]')


def as_json(topic: Topic, record: Any) -> str:
    """One NDJSON object: where it lies, its envelope, and its value under `data` as it is in the log."""
    found: dict[str, Any] = {
        "topic": topic.name,
        "partition": record.partition,
        "offset": record.offset,
        "at": moment(record.timestamp),
        "key": _text(record.key),
    }
    tenant, _, entity = found["key"].partition("/")
    found |= {"tenant": tenant, "entity": entity}
    try:
        found |= _envelope(from_headers(record.headers))
    except EnvelopeError as wrong:
        found["error"] = str(wrong)
    found["data"] = _data(record.value, found)
    return _encoder.encode(found).decode()


def as_sentence(topic: Topic, record: Any) -> str:
    """One line: time, topic, type, station, and what the event says."""
    at = moment(record.timestamp).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    tag = _text(header(record.headers, TYPE) or b"?")
    place = f"{topic.name}-{record.partition}@{record.offset}"
    return " ".join(f"{at}  {place:<28} {tag:<36} {_text(record.key)}  {_said(record.value)}".splitlines())


def by_name(value: Any) -> Any:
    """A state with all its fields by their names, also where it is stored as a list to be small."""
    if isinstance(value, msgspec.Struct):
        tag = value.__struct_config__.tag
        fields = {field.encode_name: by_name(getattr(value, field.name)) for field in _told(value)}
        return fields if tag is None else {"type": tag, **fields}
    if isinstance(value, dict):
        return {key: by_name(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [by_name(inner) for inner in value]
    return value


def _told(value: msgspec.Struct) -> list[msgspec.structs.FieldInfo]:
    """The fields that its encoding tells: without defaults, unless their places in a list say what they are."""
    fields, config = msgspec.structs.fields(value), value.__struct_config__
    if config.array_like or not config.omit_defaults:
        return list(fields)
    return [field for field in fields if getattr(value, field.name) != field.default]


def _envelope(envelope: Envelope) -> dict[str, Any]:
    context = context_of(envelope.traceparent)
    return {
        "type": envelope.type,
        "id": envelope.id,
        "time": envelope.time,
        "source": envelope.source,
        "causation_id": envelope.causation_id,
        "correlation_id": envelope.correlation_id,
        "command_id": envelope.command_id,
        "trace_id": None if context is None else f"{context.trace_id:032x}",
    }


def _data(value: bytes | None, found: dict[str, Any]) -> Any:
    """The value as it is where it is JSON; as text, with an `error`, where it is not."""
    if value is None:
        return None
    try:
        msgspec.json.decode(value)
        return msgspec.Raw(msgspec.json.format(value, indent=-1))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as wrong:
        found.setdefault("error", f"the value is no JSON: {wrong}")
        return _text(value)


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode(errors="replace")


def _said(value: bytes | None) -> str:
    try:
        data = msgspec.json.decode(value or b"null")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _text(value)[:_WIDTH]
    if not isinstance(data, dict):
        return str(data)[:_WIDTH]
    shown = {key: content for key, content in data.items() if key not in _HIDDEN}
    return _NOISE.sub("", _encoder.encode(shown).decode())[:_WIDTH]
