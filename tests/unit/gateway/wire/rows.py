"""The language of the wire table: what a station sends, what it must hear, and what must be on record afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass

from volt_ocpp.versions import Version

MASK = b"\x00\x00\x00\x00"
"""RFC 6455 §5.1 wants a mask on what a station sends; this one changes nothing, so that rows can be read."""


@dataclass(frozen=True)
class Octets:
    """Bytes for the TCP stream, as they are: WebSocket frames that no library would send."""

    stream: bytes


Sent = bytes | Octets
"""Plain bytes are a whole message in one text frame."""

Answer = tuple[int, object] | tuple[int, object, str]
"""(3, id), or (4, id, code), or (5, id, code)."""


@dataclass(frozen=True)
class Exchanged:
    """A `gateway.exchange` record. `error`: the code of the CALLERROR; `kinds`: what it was flagged with."""

    action: str
    error: str | None = None
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NotRead:
    """A `gateway.unreadable` record."""

    error: str


Record = Exchanged | NotRead


@dataclass(frozen=True)
class Row:
    """One line of the table. `heard` and `recorded` are in order, and all there may be.

    `closes`: the code of the gateway's close; without one, the link must go on working.
    """

    name: str
    sent: tuple[Sent, ...]
    heard: tuple[Answer, ...] = ()
    recorded: tuple[Record, ...] = ()
    closes: int | None = None


@dataclass(frozen=True)
class Words:
    """What the versions call the same thing (OCPP-J 1.6 §4.2.3, OCPP 2.0.1 and 2.1 part 4 §4.3)."""

    version: Version
    bad_frame: str
    """The array around the payload cannot be read."""
    bad_payload: str
    """Head read, payload broken or no object."""
    missing: str
    silent: bool
    """1.6 has no id for "I could not read yours" and ignores types that it does not know (§4.1.3)."""

    def nobody(self, code: str) -> tuple[Answer, ...]:
        """The answer to a text whose id cannot be read (OCPP 2.0.1 part 4 §4.2.3)."""
        return () if self.silent else ((4, "-1", code),)


V16 = Words(Version.V16, "FormationViolation", "FormationViolation", "OccurenceConstraintViolation", silent=True)
V201 = Words(Version.V201, "RpcFrameworkError", "FormatViolation", "OccurrenceConstraintViolation", silent=False)
V21 = Words(Version.V21, "RpcFrameworkError", "FormatViolation", "OccurrenceConstraintViolation", silent=False)


def exchanged(action: str, *kinds: str, error: str | None = None) -> Exchanged:
    """A call on record, with what it was flagged with."""
    return Exchanged(action, error, frozenset(kinds))


def accepted(name: str, sent: bytes, action: str, *kinds: str, message_id: object = "m1") -> Row:
    """A call that is answered with a CALLRESULT, with flags if it was odd."""
    return Row(name, (sent,), ((3, message_id),), (exchanged(action, *kinds),))


def refused(name: str, sent: bytes, action: str, code: str, *kinds: str) -> Row:
    """A call that is answered with a CALLERROR and on record with it."""
    return Row(name, (sent,), ((4, "m1", code),), (exchanged(action, *kinds, error=code),))


def call(action: str, payload: bytes | str, message_id: str = '"m1"') -> bytes:
    """The text of a CALL; nothing is escaped."""
    body = payload.encode() if isinstance(payload, str) else payload
    return b'[2,%b,"%b",%b]' % (message_id.encode(), action.encode(), body)


Flaw = tuple[str, str, Sequence[str]]
"""Name, payload as it is sent, and the kinds of violation that it is flagged with."""


def revenue(action: str, flaws: Sequence[Flaw]) -> list[Row]:
    """Calls that carry energy: whatever is wrong with them, they get their CALLRESULT."""
    return [accepted(f"{action}: {name}", call(action, payload), action, *kinds) for name, payload, kinds in flaws]


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """A masked WebSocket frame (RFC 6455 §5.2)."""
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65536:
        length = b"\xfe" + size.to_bytes(2, "big")
    else:
        length = b"\xff" + size.to_bytes(8, "big")
    return head + length + MASK + payload


def octets(*frames: bytes) -> tuple[Sent, ...]:
    """Frames for the stream, in one write."""
    return (Octets(b"".join(frames)),)
