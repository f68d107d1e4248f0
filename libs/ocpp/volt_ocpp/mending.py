"""The slow way to read a frame: what firmware sends instead of clean JSON is read with stated tolerance.

Whatever comes out is clean: UTF-8, no lone surrogates, nested no deeper than `DEEPEST`, so that it can be stored
inside a JSON record and read again by anybody.
"""

import json
import re
from math import isfinite
from typing import Any

import msgspec
from msgspec import Raw, Struct

from volt_ocpp.actions import REVENUE
from volt_ocpp.violations import Kind, Violation

DEEPEST = 64
"""Levels of nesting in a frame. No schema of any version needs more than a dozen."""

_LONGEST_INTEGER = 40
_ALL_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_TOO_MANY_DIGITS = b"0" * (_LONGEST_INTEGER + 1)
_SMALLEST_ID, _LARGEST_ID = -(2**63), 2**64 - 1
_MESSAGE_TYPES = range(1, 10_000)
_NO_SKELETON = bytes(set(range(256)) - set(b'[]{}"\\'))
_SURROGATES = re.compile("[\ud800-\udfff]")
_HEAD = re.compile(
    r"""\s*\[\s*"?([2-6])"?\s*            # message type
    ,\s*("(?:[^"\\\x00-\x1f]|\\.){0,255}"|-?[0-9]{1,18})\s*  # message id
    (?:,\s*"([A-Za-z0-9]{1,64})"\s*,)?    # action
    """,
    re.VERBOSE,
)

_elements = msgspec.json.Decoder(list[Raw]).decode
_scalar = msgspec.json.Decoder(str | int | float | bool | None).decode
_EMPTY = Raw(b"{}")

_SENTENCES = {
    Kind.ENCODING: "the text holds bytes that are no UTF-8 or half a surrogate pair, read as U+FFFD",
    Kind.SYNTAX: "the text is not clean JSON (a byte order mark, NUL, NaN or a raw control character)",
    Kind.NUMBER: "a number is beyond every range and was read as null",
    Kind.DEPTH: f"the text is nested deeper than {DEEPEST} levels and was read as null from there on",
}


class Hopeless(Struct, frozen=True, gc=False):
    """A text that is no JSON array; its head, as far as that could be told."""

    sentence: str
    message_type: int | None = None
    message_id: str | int | None = None
    action: str | None = None


class Elements(Struct, frozen=True):
    """The elements of a frame's array, each as clean JSON text, and what was tolerated to get at them."""

    items: list[Raw]
    tolerated: tuple[Violation, ...]

    def _scalar(self, index: int) -> str | int | float | bool | None:
        try:
            value: str | int | float | bool | None = _scalar(self.items[index])
        except (ValueError, IndexError):
            return None
        return value

    def message_type(self) -> int | None:
        """The message type; a number written as text counts."""
        value = self._scalar(0)
        if isinstance(value, str) and re.fullmatch("[0-9]{1,4}", value):
            return int(value)
        return int(value) if isinstance(value, int | float) and value in _MESSAGE_TYPES else None

    def message_id(self) -> str | int | float | None:
        """The message id; None for what is neither text nor a number of 64 bits, with or without a sign."""
        value = self._scalar(1)
        if isinstance(value, bool) or (isinstance(value, int) and not _SMALLEST_ID <= value <= _LARGEST_ID):
            return None
        return value

    def text(self, index: int) -> str | None:
        """The text at that place, None for anything else."""
        value = self._scalar(index)
        return value if isinstance(value, str) else None

    def payload(self, index: int, action: str) -> tuple[Raw | None, tuple[Violation, ...]]:
        """The payload and what was tolerated. A revenue call without one gets an empty payload: it is never refused."""
        if index < len(self.items):
            return self.items[index], self.tolerated
        if action not in REVENUE:
            return None, self.tolerated
        return _EMPTY, (*self.tolerated, Violation("", Kind.FRAME, "the call has no payload"))


def is_plain(text: bytes | str) -> bool:
    """Whether a text that was decoded once can be stored as it is: valid UTF-8, not nested too deep, and no number in
    it that other readers cannot take.
    """
    data = text.encode() if isinstance(text, str) else text
    if not data.isascii() and not _is_utf8(data):
        return False
    if len(data) > _LONGEST_INTEGER and _TOO_MANY_DIGITS in data.translate(_ALL_ZEROS):
        return False  # in a text they do no harm; `rescue` tells
    return len(data) < 2 * DEEPEST or _opening_brackets(data) <= DEEPEST or _is_shallow(data)


def _opening_brackets(data: bytes) -> int:
    # replace() finds single bytes twice as fast as count(), and this runs for every frame.
    return len(data) - len(data.replace(b"{", b"").replace(b"[", b""))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_shallow(data: bytes) -> bool:
    """Peel the innermost brackets until nothing is left.

    Texts without brackets and escapes leave a pair of quotes, which goes first. Of the first text with a bracket at
    least one quote stays: then "no" is said, and the exact way of `rescue` decides.
    """
    brackets = data.translate(None, _NO_SKELETON).replace(b'""', b"")
    if b'"' in brackets or b"\\" in brackets:
        return False
    for _ in range(DEEPEST):
        peeled = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not peeled:
            return True
        if len(peeled) == len(brackets):
            break
        brackets = peeled
    return False


def mend(text: bytes | str) -> Elements | Hopeless:
    """Read the array of a frame with every tolerance there is; never raises."""
    data, kinds = _as_utf8(text)
    as_sent = _read_elements(data)
    if as_sent is not None and is_plain(data):
        return Elements(as_sent, violations_of(kinds))
    try:
        clean, damage = rescue(data)
    except (ValueError, RecursionError):
        return _hopeless(data)
    if as_sent is not None and not damage:
        return Elements(as_sent, violations_of(kinds))
    items = _read_elements(clean)
    return _hopeless(data) if items is None else Elements(items, violations_of([*kinds, *(damage or [Kind.SYNTAX])]))


def _read_elements(data: bytes) -> list[Raw] | None:
    try:
        return _elements(data)
    except (ValueError, RecursionError):
        return None


def violations_of(kinds: list[Kind]) -> tuple[Violation, ...]:
    """One violation of the whole for each kind of damage."""
    return tuple(Violation("", kind, _SENTENCES[kind]) for kind in dict.fromkeys(kinds))


def _as_utf8(text: bytes | str) -> tuple[bytes, list[Kind]]:
    kinds: list[Kind] = []
    try:
        data = text.encode() if isinstance(text, str) else text
        data.decode()
    except UnicodeError:
        kinds.append(Kind.ENCODING)
        known = text if isinstance(text, str) else text.decode(errors="replace")
        data = _SURROGATES.sub("\ufffd", known).encode()
    bare = data.removeprefix(b"\xef\xbb\xbf").rstrip(b"\x00")
    if len(bare) != len(data):
        kinds.append(Kind.SYNTAX)
    return bare, kinds


def rescue(data: bytes) -> tuple[bytes, list[Kind]]:
    """Clean JSON with the same content, and the kinds of damage that were repaired.

    Raises ValueError or RecursionError where even the tolerant reader finds no JSON.
    """
    reader = _TolerantReader()
    value = reader.read(data.decode(errors="replace"))
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    clean = _SURROGATES.sub("\ufffd", text)
    if clean != text:
        reader.kinds.append(Kind.ENCODING)
    return clean.encode(), reader.kinds


class _TolerantReader:
    """Python's own JSON reader with control characters allowed and impossible numbers read as null."""

    def __init__(self) -> None:
        self.kinds: list[Kind] = []

    def read(self, text: str) -> Any:
        """The value of a JSON text; what was tolerated stands in `kinds`. Raises ValueError or RecursionError."""
        decoder = json.JSONDecoder(
            parse_float=self._float, parse_int=self._integer, parse_constant=self._constant, strict=False
        )
        return self._pruned(decoder.decode(text), 0)

    def _float(self, literal: str) -> float | None:
        value = float(literal)
        if isfinite(value):
            return value
        self.kinds.append(Kind.NUMBER)
        return None

    def _integer(self, literal: str) -> int | None:
        if len(literal) <= _LONGEST_INTEGER:
            return int(literal)
        self.kinds.append(Kind.NUMBER)
        return None

    def _constant(self, _literal: str) -> None:
        self.kinds.append(Kind.SYNTAX)

    def _pruned(self, value: Any, depth: int) -> Any:
        if not isinstance(value, dict | list):
            return value
        if depth >= DEEPEST:
            self.kinds.append(Kind.DEPTH)
            return None
        if isinstance(value, list):
            return [self._pruned(item, depth + 1) for item in value]
        return {key: self._pruned(item, depth + 1) for key, item in value.items()}


def _hopeless(data: bytes) -> Hopeless:
    text = data[:1024].decode(errors="replace")
    sentence = "the frame is empty" if not text.strip() else "the frame is no JSON array"
    head = _HEAD.match(text)
    if head is None:
        return Hopeless(sentence)
    return Hopeless(sentence, int(head[1]), _id_of(head[2]), head[3])


def _id_of(literal: str) -> str | int | None:
    try:
        value = _scalar(literal)
    except ValueError:
        return None
    return value if isinstance(value, str) or type(value) is int else None
