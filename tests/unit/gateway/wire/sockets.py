"""What happens below the texts: WebSocket frames that are cut, flooded or forbidden (RFC 6455 §5 and §7)."""

from unit.gateway.wire.framing import GOOD, VENDOR
from unit.gateway.wire.rows import MASK, Row, call, exchanged, frame, octets

_MORE, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_PROTOCOL_ERROR, _NOT_UTF8, _TOO_BIG = 1002, 1007, 1009
_ONE_MORE_THAN_ALLOWED = 131_073
_NOTED = exchanged("DataTransfer")


def _answered(name: str, *frames: bytes) -> Row:
    return Row(name, octets(*frames), ((3, "m1"),), (_NOTED,))


def _closed(name: str, code: int, *frames: bytes) -> Row:
    return Row(name, octets(*frames), closes=code)


def _in_pieces(text: bytes, size: int) -> list[bytes]:
    pieces = [text[begin : begin + size] for begin in range(0, len(text), size)]
    last = len(pieces) - 1
    return [frame(_MORE if place else _TEXT, piece, fin=place == last) for place, piece in enumerate(pieces)]


def _odd_but_read() -> list[Row]:
    pieces = _in_pieces(GOOD, 8)
    split = GOOD.index(b"V") + 1
    letter = call("DataTransfer", '{"vendorId":"\u4e2d"}')
    inside = letter.index("\u4e2d".encode()) + 1
    return [
        _answered("a binary message", frame(_BINARY, GOOD)),
        _answered("two fragments", frame(_TEXT, GOOD[:split], fin=False), frame(_MORE, GOOD[split:])),
        _answered("fragments of one byte", *_in_pieces(GOOD, 1)),
        _answered("a fragment that ends inside a letter", frame(_TEXT, letter[:inside], fin=False),
                  frame(_MORE, letter[inside:])),
        _answered("empty fragments", pieces[0], *[frame(_MORE, fin=False)] * 300, *pieces[1:]),
        _answered("pings and pongs between fragments",
                  *(part for piece in pieces for part in (frame(_PING, b"p"), frame(_PONG), piece))),
        _answered("a thousand pings", *[frame(_PING, b"flood")] * 1000, frame(_TEXT, GOOD)),
        _answered("a thousand pongs that nobody asked for", *[frame(_PONG)] * 1000, frame(_TEXT, GOOD)),
        _answered("a ping of 125 bytes", frame(_PING, b"x" * 125), frame(_TEXT, GOOD)),
        _answered("a ping with a reserved bit", frame(_PING, rsv=4), frame(_TEXT, GOOD)),
        Row("two messages in one packet",
            octets(frame(_TEXT, GOOD), frame(_TEXT, call("DataTransfer", VENDOR, '"m2"'))),
            ((3, "m1"), (3, "m2")), (_NOTED, _NOTED)),
        Row("a message as long as allowed",
            (b'[2,"m1","DataTransfer",{"vendorId":"' + b"x" * (_ONE_MORE_THAN_ALLOWED - 40) + b'"}]',),
            ((3, "m1"),), (exchanged("DataTransfer", "length"),)),
    ]  # fmt: skip


def _forbidden() -> list[Row]:
    text = frame(_TEXT, GOOD)
    return [
        _closed("a fragment without a beginning", _PROTOCOL_ERROR, frame(_MORE, GOOD), text),
        _closed("a message inside another one", _PROTOCOL_ERROR, frame(_TEXT, GOOD[:5], fin=False), text),
        _closed("a compressed message", _PROTOCOL_ERROR, frame(_TEXT, GOOD, rsv=4), text),
        _closed("a message without a mask", _PROTOCOL_ERROR, b"\x81\x05[2,1]", text),
        _closed("a kind of frame that does not exist", _PROTOCOL_ERROR, frame(3), text),
        _closed("a control frame that does not exist", _PROTOCOL_ERROR, frame(11), text),
        _closed("a ping of 126 bytes", _PROTOCOL_ERROR, frame(_PING, b"x" * 126), text),
        _closed("a ping in fragments", _PROTOCOL_ERROR, frame(_PING, fin=False), text),
        _closed("a length of 2 to the 64th less one", _PROTOCOL_ERROR, b"\x81\xff" + b"\xff" * 8 + MASK),
        _closed("a length written longer than needed", _PROTOCOL_ERROR, b"\x81\xfe\x00\x02" + MASK + b"[]"),
        _closed("a message that is too long", _TOO_BIG, frame(_TEXT, b"x" * _ONE_MORE_THAN_ALLOWED)),
        _closed("a length of exabytes", _TOO_BIG, b"\x81\xff" + b"\x7f" * 8 + MASK),
        _closed("fragments that are too long together", _TOO_BIG,
                frame(_TEXT, b"x" * 70_000, fin=False), *[frame(_MORE, b"x" * 70_000, fin=False)] * 3),
        _closed("a close of one byte", _PROTOCOL_ERROR, frame(_CLOSE, b"\x03")),
        _closed("a close with a code that is never sent", _PROTOCOL_ERROR, frame(_CLOSE, (1005).to_bytes(2, "big"))),
        _closed("a close whose reason is no UTF-8", _NOT_UTF8, frame(_CLOSE, b"\x03\xe8\xff\xfe")),
        _closed("a close without a code", 1000, frame(_CLOSE)),
        _closed("a close with a code of its own", 4321, frame(_CLOSE, (4321).to_bytes(2, "big"))),
        _closed("a call after the close", 1000, frame(_CLOSE, b"\x03\xe8"), text),
    ]  # fmt: skip


SOCKETS: list[Row] = [*_odd_but_read(), *_forbidden()]
"""The rows of every version; what is below the texts does not know versions."""
