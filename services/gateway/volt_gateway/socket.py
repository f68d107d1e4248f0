"""One WebSocket of a station: picows' frames become whole messages, and what is sent becomes frames (RFC 6455)."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Literal, Protocol, cast

from picows import WSFrame, WSListener, WSMsgType, WSTransport
from picows.picows import WSCloseHandshake

PROTOCOL_ERROR = 1002
TOO_BIG = 1009
_CONTINUATION, _TEXT, _BINARY = WSMsgType.CONTINUATION, WSMsgType.TEXT, WSMsgType.BINARY
_PING, _PONG, _CLOSE = WSMsgType.PING, WSMsgType.PONG, WSMsgType.CLOSE
_NORMAL = 1000
_LONGEST_REASON = 123
_NO_CODE = 1005
_GONE = 1006
_NEVER_SENT = (0, _NO_CODE, _GONE)


class Hold(IntFlag):
    """Why a socket is not read at the moment; it is read again when no reason is left."""

    OPENING = 1
    """Its link is not on record yet, and it has said much already."""
    RATE = 2
    IN_FLIGHT = 4
    """Too many of its calls wait for Kafka."""
    WRITING = 8
    """The station does not read its answers."""


@dataclass(frozen=True, slots=True)
class Closing:
    """How a socket ended: by whom, with which close code and word (RFC 6455 §7.4)."""

    by: Literal["station", "gateway", "network"]
    code: int
    reason: str | None = None


class Receiver(Protocol):
    """Who is told what comes in."""

    def connected(self, socket: "StationSocket") -> None:
        """The upgrade is done; frames follow."""

    def receive(self, message: bytes) -> None:
        """A whole message, text or binary."""

    def heard(self, pong: bool) -> None:
        """A ping, a pong or a part of a message: a sign of life."""

    def unread(self) -> None:
        """The station does not read what is sent to it."""

    def disconnected(self, closing: Closing) -> None:
        """The socket is gone; said once."""


class StationSocket(WSListener):
    """Joins fragments up to a bound, answers pings and closes, and can stop reading for a while."""

    __slots__ = ("_held", "_limit", "_part", "_plain", "_receiver", "_transport")

    def __init__(self, receiver: Receiver, max_message_bytes: int) -> None:
        self._receiver = receiver
        self._limit = max_message_bytes
        self._transport: WSTransport | None = None
        self._held = 0
        self._part: bytearray | None = None
        self._plain = True
        """Neither in the middle of a fragmented message nor closing."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """picows: the upgrade is done."""
        self._transport = transport
        self._receiver.connected(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """picows: a frame is there; its payload is gone when this returns."""
        if transport.is_close_frame_sent:
            self._plain = False  # picows hands over the very frame that it closes for, and what came behind it
        if frame.msg_type is _TEXT and self._plain and frame.fin and not frame.rsv1:
            self._receiver.receive(frame.get_payload_as_bytes())
        else:
            self._take(transport, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """picows: the connection is gone."""
        self._plain, self._part = False, None
        self._receiver.disconnected(_closing(transport))

    def pause_writing(self) -> None:
        """picows: the station takes its answers too slowly, so it may not ask on."""
        self.hold(Hold.WRITING)
        self._receiver.unread()

    def resume_writing(self) -> None:
        """picows: the station has caught up."""
        self.release(Hold.WRITING)

    @property
    def is_open(self) -> bool:
        """Whether what is sent now can still arrive."""
        transport = self._transport
        return transport is not None and not transport.is_close_frame_sent and not transport.is_disconnected

    @property
    def is_held(self) -> bool:
        """Whether it is not read at the moment."""
        return self._held != 0

    def is_held_by(self, why: Hold) -> bool:
        """Whether it is not read for one of these reasons."""
        return bool(self._held & why)

    def send(self, text: bytes) -> None:
        """Send a text message; nothing happens when the socket is closing."""
        if self._transport is not None:
            self._transport.send(_TEXT, text)

    def ping(self) -> None:
        """Ask for a pong (RFC 6455 §5.5.2)."""
        if self._transport is not None:
            self._transport.send_ping(b"")

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake; `abort` is for stations that do not answer it."""
        if self._transport is not None and self.is_open:
            self._plain, self._part = False, None
            self._transport.send_close(code, close_reason(reason))  # type: ignore[arg-type]  # any code is taken
            self._read_again()

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    def hold(self, why: Hold) -> None:
        """Stop reading; TCP slows the station down, and nothing it sent is lost."""
        if not self._held and self._transport is not None and self.is_open:
            self._transport.underlying_transport.pause_reading()
        self._held |= why

    def release(self, why: Hold) -> None:
        """This reason is gone."""
        if self._held:
            self._held &= ~why
            if not self._held:
                self._read_again()

    def _read_again(self) -> None:
        self._held = 0
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.underlying_transport.resume_reading()

    def _take(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind is _CLOSE:
            self._answer_close(transport, frame)
        elif kind is _PING:
            transport.send_pong(frame.get_payload_as_bytes())
            self._receiver.heard(pong=False)
        elif kind is _PONG:
            self._receiver.heard(pong=True)
        elif not self.is_open:
            return
        elif frame.rsv1:
            self.close(PROTOCOL_ERROR, "compressed frames were not agreed on")
        else:
            self._join(kind, frame)

    def _join(self, kind: WSMsgType, frame: WSFrame) -> None:
        """picows does not join fragments (RFC 6455 §5.4)."""
        if (kind is _CONTINUATION) is (self._part is None):
            self.close(PROTOCOL_ERROR, "a fragment without its beginning, or a message inside another one")
            return
        part = self._part = bytearray() if self._part is None else self._part
        part += frame.get_payload_as_bytes()
        if len(part) > self._limit:
            self.close(TOO_BIG, f"a message may have {self._limit} bytes")
        elif frame.fin:
            self._plain, self._part = True, None
            self._receiver.receive(bytes(part))
        else:
            self._plain = False
            self._receiver.heard(pong=False)

    def _answer_close(self, transport: WSTransport, frame: WSFrame) -> None:
        code = int.from_bytes(frame.get_payload_as_bytes()[:2], "big")
        self._plain = False
        if not transport.is_close_frame_sent:
            transport.send_close(_NORMAL if code in _NEVER_SENT else code, b"")  # type: ignore[arg-type]  # any code is taken
        transport.disconnect()


def close_reason(sentence: str) -> bytes:
    """As much of a sentence as fits into a close frame, never half a letter (RFC 6455 §5.5 and §5.5.1)."""
    return sentence.encode()[:_LONGEST_REASON].decode(errors="ignore").encode()


def _closing(transport: WSTransport) -> Closing:
    handshake = cast("WSCloseHandshake | None", transport.close_handshake)
    if handshake is None:
        return Closing("network", _GONE)
    first, by = (handshake.recv, "station") if handshake.recv_then_sent else (handshake.sent, "gateway")
    if first is None:
        return Closing("network", _GONE)
    code = int(first.code)  # type: ignore[call-overload]  # an integer, whatever picows' stub says
    return Closing("station" if by == "station" else "gateway", code or _NO_CODE, first.reason or None)
