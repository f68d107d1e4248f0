"""Records as text: one JSON object, or one line for people."""

import re
from typing import Any

import msgspec

from volt_contracts.envelope import EnvelopeError, from_headers
from volt_contracts.topics import Topic
from volt_eventlog.records import moment

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
        "key": record.key.decode(),
    }
    try:
        envelope = from_headers(record.headers)
    except EnvelopeError as wrong:
        found["error"] = str(wrong)
        found["data"] = (record.value or b"").decode(errors="replace")
        return _encoder.encode(found).decode()
    tenant, _, entity = found["key"].partition("/")
    found |= {"tenant": tenant, "entity": entity, "type": envelope.type, "id": envelope.id, "time": envelope.time}
    found |= {
        "source": envelope.source,
        "causation_id": envelope.causation_id,
        "correlation_id": envelope.correlation_id,
        "command_id": envelope.command_id,
        "trace_id": envelope.traceparent[3:35].decode() if envelope.traceparent else None,
        "data": msgspec.Raw(record.value),
    }
    return _encoder.encode(found).decode()


def as_sentence(topic: Topic, record: Any) -> str:
    """One line: time, topic, type, station, and what the event says."""
    at = moment(record.timestamp).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    headers = dict(record.headers)
    tag = headers.get("ce_type", b"?").decode()
    what = _said(record.value)
    place = f"{topic.name}-{record.partition}@{record.offset}"
    return f"{at}  {place:<28} {tag:<36} {record.key.decode()}  {what}"


def _said(value: bytes) -> str:
    try:
        data = msgspec.json.decode(value)
    except msgspec.MsgspecError:
        return value[:_WIDTH].decode(errors="replace")
    if not isinstance(data, dict):
        return str(data)[:_WIDTH]
    shown = {key: content for key, content in data.items() if key not in _HIDDEN}
    return _NOISE.sub("", _encoder.encode(shown).decode())[:_WIDTH]
