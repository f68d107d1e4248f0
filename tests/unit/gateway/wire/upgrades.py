"""Upgrade requests that are no good, and those that try to carry something else past the gateway (RFC 6455 §4.2.1)."""

from dataclasses import dataclass

KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
VERSION = b"Sec-WebSocket-Version: 13"
WANTED = b"Upgrade: websocket"
CONNECTION = b"Connection: Upgrade"
PROTOCOL = b"Sec-WebSocket-Protocol: ocpp1.6"
CLOSE = b"\x88\x82\x00\x00\x00\x00\x03\xe8"
GOOD = (WANTED, CONNECTION, KEY, VERSION, PROTOCOL)


@dataclass(frozen=True)
class Upgrade:
    """One line: the request as it is, and the status of the answer; None where the connection is cut off.

    `reason`: why it is refused, on record; without one, nothing is on record, for nobody could be named.
    `opened`: the identities of the links that it opens.
    """

    name: str
    request: bytes
    status: int | None
    reason: str | None = None
    opened: tuple[str, ...] = ()


def get(*headers: bytes, path: bytes = b"/ocpp/demo/CP1") -> bytes:
    """A GET request with these headers."""
    return b"\r\n".join((b"GET " + path + b" HTTP/1.1", b"Host: x", *headers)) + b"\r\n\r\n"


def _at(path: bytes) -> bytes:
    return get(*GOOD, path=path) + CLOSE


UPGRADES: list[Upgrade] = [
    Upgrade("a good one", get(*GOOD) + CLOSE, 101, None, ("CP1",)),
    Upgrade("with a body", get(*GOOD, b"Content-Length: 8") + CLOSE, 400),
    Upgrade("with two lengths", get(*GOOD, b"Content-Length: 0", b"Content-Length: 8") + CLOSE, 400),
    Upgrade("with a chunked body", get(*GOOD, b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
    Upgrade("with another request behind it", get(*GOOD) + get(*GOOD, path=b"/ocpp/demo/CP2"), 101, None, ("CP1",)),
    Upgrade("behind another request", get() + get(*GOOD), 400, "malformed_upgrade"),
    Upgrade("with a folded header", get(b"X-Odd: a\r\n b", *GOOD), 400),
    Upgrade("with a NUL in a header", get(b"X-Odd: a\x00b", *GOOD), 400),
    Upgrade("with a blank before a colon", get(b"Upgrade : websocket", *GOOD), 400),
    Upgrade("with a bare line end in a header", get(b"X-Odd: a\nUpgrade: h2c", *GOOD), 400),
    Upgrade("with a header of 200,000 bytes", get(b"X-Odd: " + b"a" * 200_000, *GOOD), None),
    Upgrade("with five thousand headers", get(*[b"X-Odd: a"] * 5000, *GOOD), None),
    Upgrade("with line ends of its own", get(*GOOD).replace(b"\r\n", b"\n"), None),
    Upgrade("that never ends", get(*GOOD)[:-2], None),
    Upgrade("that is TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    Upgrade("as a POST", get(*GOOD).replace(b"GET", b"POST", 1), 400),
    Upgrade("in HTTP/1.0", get(*GOOD).replace(b"HTTP/1.1", b"HTTP/1.0"), 400),
    Upgrade("in HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    Upgrade("to something else", get(b"Upgrade: h2c", CONNECTION, KEY, VERSION), 400, "malformed_upgrade"),
    Upgrade("in a version of the future", get(WANTED, KEY, b"Sec-WebSocket-Version: 99"), 400, "malformed_upgrade"),
    Upgrade("without a key", get(WANTED, CONNECTION, VERSION, PROTOCOL), 400, "malformed_upgrade"),
    Upgrade("with half a key", get(WANTED, VERSION, KEY[:-6]), 400, "malformed_upgrade"),
    Upgrade("for a URL", _at(b"http://elsewhere/ocpp/demo/CP1"), 404, "bad_path"),
    Upgrade("for a path that climbs", _at(b"/ocpp/other/../demo/CP1"), 404, "bad_path"),
    Upgrade("for a path with too many parts", _at(b"/ocpp/demo/CP1/CP2"), 404, "bad_path"),
    Upgrade("for no identity", _at(b"/ocpp/demo/"), 404, "bad_path"),
    Upgrade("for an identity with a line end", _at(b"/ocpp/demo/a%0d%0aX:%20y"), 404, "bad_path"),
    Upgrade("for an identity with a NUL", _at(b"/ocpp/demo/a%00b"), 404, "bad_path"),
    Upgrade("for an identity with a slash", _at(b"/ocpp/demo/a%2fb"), 404, "bad_path"),
    Upgrade("for an identity that is no UTF-8", _at(b"/ocpp/demo/%ff%fe"), 404, "bad_path"),
    Upgrade("for an identity of raw bytes", _at(b"/ocpp/demo/\xff\xfe"), 404, "bad_path"),
    Upgrade("for an identity that is too long", _at(b"/ocpp/demo/" + b"x" * 49), 404, "identity_too_long"),
    Upgrade("for a path of 5,000 bytes", _at(b"/ocpp/demo/" + b"x" * 5000), 404, "identity_too_long"),
    Upgrade("for a tenant that climbs", _at(b"/ocpp/%2e%2e/CP1"), 404, "bad_path"),
    Upgrade("for a tenant that nobody has", _at(b"/ocpp/nowhere/CP1"), 404, "unknown_tenant"),
    Upgrade("with a query", _at(b"/ocpp/demo/CP1?station=CP2"), 101, None, ("CP1",)),
    Upgrade("for an identity in percent signs", _at(b"/ocpp/demo/%43P1"), 101, None, ("CP1",)),
    Upgrade("of a version that is no letters", get(*GOOD[:-1], b"Sec-WebSocket-Protocol: x" + b"\xf6" * 90), 101,
            "wrong_version"),
    Upgrade("without a version", get(*GOOD[:-1]), 101, "no_subprotocol"),
    Upgrade("with a thousand versions",
            get(*GOOD[:-1], b"Sec-WebSocket-Protocol: " + b"x," * 1000 + b"ocpp1.6") + CLOSE, 101,
             None, ("CP1",)),
]  # fmt: skip
