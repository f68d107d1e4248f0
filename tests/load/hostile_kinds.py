"""The kinds of connections that misbehave: how many there are of each, what they send, and how often.

The unit tests' table of the hostile wire (`tests/unit/gateway/wire`) says what each of these gets. Streams are made
once: sending them costs next to nothing, so that the gateway is tested and not the sender.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from secrets import token_hex

from unit.gateway.wire.framing import BROKEN, DEEP, GOOD, NO_FRAMES, NO_ID, TYPES
from unit.gateway.wire.rows import call, frame

TEXT, MORE, PING, PONG = 1, 0, 9, 10
LONGEST = 131_072
"""The gateway's limit on a message (`VOLT_MAX_MESSAGE_BYTES`)."""
CHOSEN = "CHOSEN-PASSWORD"
"""The station whose password is argon2: wrong ones are tried on it."""

Stream = tuple[bytes, int]
"""Bytes, and how many frames they are."""

BOOT: Stream = (frame(TEXT, call("BootNotification", '{"chargePointVendor":"Load","chargePointModel":"L1"}')), 1)
HEARTBEAT: Stream = (frame(TEXT, call("Heartbeat", "{}")), 1)
BEGINNING: Stream = (frame(TEXT, b"[2", fin=False), 1)
ANSWERS = [("a result", b'[3,"m1",{}]'), ("an error", b'[4,"m1","GenericError","",{}]')]


@dataclass(frozen=True)
class Kind:
    """`count` connections of this kind. Each writes one of its streams every `every_s`, and all it is said to be."""

    name: str
    count: int
    streams: Sequence[Stream] = ()
    every_s: float = 1.0
    path: Callable[[str], str] = "/ocpp/demo/{}".format
    """The path of a connection, by its identity."""
    header: Callable[[], tuple[bytes, ...]] = tuple
    shared: int = 1
    """So many connections have one identity."""
    at_once: Stream | None = None
    """Written together with the upgrade request."""
    reads: bool = True
    lives_s: float | None = None
    """It is gone after so long, and comes again at once; None: it stays as long as it is let."""
    half: bool = False
    """Its upgrade request never ends: a header line every `every_s`."""


def _texts(rows: Sequence[tuple[str, bytes]]) -> list[Stream]:
    """The short ones of a table: those that are nested deeply are a kind of their own."""
    return [(frame(TEXT, text), 1) for _, text in rows if len(text) < 1000]


def _many(stream: bytes, count: int) -> list[Stream]:
    return [(stream * count, count)]


def _calls(action: str, payload: str, count: int) -> Stream:
    return b"".join(frame(TEXT, call(action, payload, f'"h{n}"')) for n in range(count)), count


def _one_byte_each(text: bytes) -> list[Stream]:
    inside = (frame(MORE, text[at : at + 1], fin=False) for at in range(1, len(text) - 1))
    return [(b"".join((frame(TEXT, text[:1], fin=False), *inside, frame(MORE, text[-1:]))), len(text))]


def _samples(count: int) -> str:
    sample = '{"value":"1","measurand":"Power.Active.Import","unit":"W"}'
    many = ",".join([sample] * count)
    return f'{{"connectorId":1,"meterValue":[{{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[{many}]}}]}}'


def _long(size: int) -> bytes:
    head, tail = b'[2,"m1","DataTransfer",{"vendorId":"V","data":"', b'"}]'
    return frame(TEXT, head + b"x" * (size - len(head) - len(tail)) + tail)


def _wrong_password() -> tuple[bytes, ...]:
    return (b"Authorization: Basic " + b64encode(f"{CHOSEN}:{token_hex(8)}".encode()),)


def _somebody_new(_identity: str) -> str:
    return f"/ocpp/nowhere/{token_hex(8)}"


def _unknown_tokens() -> list[Stream]:
    return [(frame(TEXT, call("Authorize", f'{{"idTag":"{token_hex(8)}"}}', f'"a{n}"')), 1) for n in range(200)]


KINDS: tuple[Kind, ...] = (
    Kind("floods of calls", 40, [_calls("DataTransfer", '{"vendorId":"V"}', 100)], 0.1),
    Kind("floods of readings", 20, [_calls("MeterValues", _samples(1), 100)], 0.1),
    Kind("floods of pings", 40, _many(frame(PING, b"x" * 20), 100), 0.1),
    Kind("floods of pongs", 20, _many(frame(PONG), 100), 0.1),
    Kind("fragments of one byte", 30, _one_byte_each(GOOD), 0.05),
    Kind("messages as long as allowed", 15, [(_long(LONGEST), 1)], 0.5),
    Kind("messages that are too long", 15, [(_long(LONGEST + 1), 1)], 0.5),
    Kind("huge arrays", 15, [(frame(TEXT, call("MeterValues", _samples(2000))), 1)], 0.5),
    Kind("deep nesting", 15, [(frame(TEXT, DEEP), 1), (frame(TEXT, call("DataTransfer", DEEP[:60_000])), 1)], 0.5),
    Kind("no JSON", 30, _texts([*NO_FRAMES, *BROKEN]), 0.02),
    Kind("unknown actions", 30, [_calls("SelfDestruct", "{}", 1)], 0.02),
    Kind("wrong ids and types", 20, _texts([*NO_ID, *TYPES]), 0.02),
    Kind("answers to nothing", 20, _texts(ANSWERS), 0.02),
    Kind("unknown tokens", 10, _unknown_tokens(), 0.1),
    Kind("answers never read", 30, _many(frame(PING, b"x" * 125), 100), 0.1, reads=False),
    Kind("handshakes that never end", 30, [(b"X-Slow: 1\r\n", 0)], 1.0, half=True),
    Kind("messages that never end", 30, [(frame(MORE, b"x", fin=False), 1)], 0.5, at_once=BEGINNING),
    Kind("half open", 30, reads=False),
    Kind("early talkers", 10, at_once=_calls("DataTransfer", '{"vendorId":"V"}', 40), lives_s=1.0),
    Kind("upgrades of nobody", 15, path=_somebody_new, lives_s=0.2),
    Kind("wrong passwords", 15, path=lambda _identity: f"/ocpp/demo/{CHOSEN}", header=_wrong_password, lives_s=0.2),
    Kind("reconnect loops", 10, at_once=BOOT, lives_s=0.2),
    Kind("two for one identity", 10, [HEARTBEAT], 0.2, shared=2, at_once=BOOT, lives_s=2.0),
)  # fmt: skip
