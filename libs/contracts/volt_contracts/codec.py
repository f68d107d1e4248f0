"""Encoding and decoding of record values: JSON by msgspec, tagged `owner.fact.vN`, old versions upcast when read."""

from functools import cache
from typing import Any

import msgspec

from volt_contracts.topics import TOPICS, Topic
from volt_contracts.upcasts import UPCASTS

_encoder = msgspec.json.Encoder(decimal_format="string")


class UnknownType(ValueError):
    """The type of a record is none that its topic may hold."""


class Undecodable(ValueError):
    """A record's value does not fit its type."""


def encode(message: msgspec.Struct) -> bytes:
    """The JSON of a message; times aware UTC, Decimals as strings, defaults left out."""
    return _encoder.encode(message)


def type_name(message_type: type[msgspec.Struct]) -> str:
    """The tag of a message type, such as `station.booted.v1`."""
    return str(message_type.__struct_config__.tag)


@cache
def types_of(topic: Topic) -> dict[str, type[msgspec.Struct]]:
    """Tag → type of all that a topic may hold."""
    return {type_name(message_type): message_type for message_type in topic.types}


@cache
def all_types() -> dict[str, type[msgspec.Struct]]:
    """Tag → type of the whole published language."""
    return {tag: message_type for topic in TOPICS for tag, message_type in types_of(topic).items()}


@cache
def _decoders(topic: Topic) -> dict[str | bytes, msgspec.json.Decoder[Any]]:
    """Tag, as text and as bytes → decoder: one that takes this very type, so that a value of another is no value."""
    found: dict[str | bytes, msgspec.json.Decoder[Any]] = {}
    for tag, message_type in types_of(topic).items():
        found[tag] = found[tag.encode()] = msgspec.json.Decoder(message_type)
    return found


def decode(topic: Topic, tag: str | bytes, value: bytes) -> Any:
    """The message in a record of `topic`; `tag` is its `ce_type`, as text or as it stands in the header.

    Raises:
        UnknownType: the topic holds no such type, in no version.
        Undecodable: the value is no such message.
    """
    try:
        decoder = _decoders(topic).get(tag)
        if decoder is not None:
            return decoder.decode(value)
        return _upcast(topic, _text(tag), value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as wrong:
        raise Undecodable(f"{_text(tag)}: {wrong}") from wrong


def _text(tag: str | bytes) -> str:
    return tag if isinstance(tag, str) else tag.decode(errors="replace")


def leads_to(tag: str, topic: Topic) -> bool:
    """Whether an old version's upcasts end in a type that the topic holds."""
    while tag in UPCASTS:
        tag = UPCASTS[tag].to
    return tag in types_of(topic)


def _upcast(topic: Topic, tag: str, value: bytes) -> Any:
    """Old versions alone pay for this: raw dict through the chain, then into today's type."""
    if not leads_to(tag, topic):
        raise UnknownType(f"{topic.name} holds no {tag}")
    start, raw = tag, msgspec.json.decode(value)
    try:
        while tag not in types_of(topic):
            step = UPCASTS[tag]
            raw, tag = step.change(raw), step.to
        raw["type"] = tag
    except (TypeError, AttributeError, LookupError) as wrong:  # a value that is no such message at all
        raise Undecodable(f"{start} cannot be changed into what is read today: {wrong!r}") from wrong
    return _decoders(topic)[tag].decode(msgspec.json.encode(raw))
