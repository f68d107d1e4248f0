"""A TCP connection that keeps no rule: raw bytes out, answers read or not, nothing ever closed in good order."""

import asyncio
import socket
from collections import Counter
from dataclasses import dataclass, field
from typing import cast

from unit.gateway.wire.upgrades import GOOD, get

SMALL_BUFFER = 4096
_HEAD_ENDS = b"\r\n\r\n"


@dataclass
class Count:
    """What the connections of one kind did."""

    frames: int = 0
    """Frames that were written; for upgrade requests, see `asked`."""
    octets: int = 0
    asked: int = 0
    answered: Counter[int] = field(default_factory=Counter)
    """Upgrade requests by the status of their answer; 0: cut off without one."""
    open: int = 0
    ended: int = 0
    heard: int = 0
    """Bytes of answers that were read after the upgrade."""


class RawSocket(asyncio.Protocol):
    """One connection. `status` is there when the upgrade was answered; `gone` when the connection is over."""

    def __init__(self, count: Count) -> None:
        loop = asyncio.get_running_loop()
        self.status: asyncio.Future[int] = loop.create_future()
        self.gone: asyncio.Future[None] = loop.create_future()
        self._count = count
        self._head = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: there is a connection. Whatever waits here is given out piece by piece, as TCP takes it."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """asyncio: the status line first; of answers only their size counts."""
        if self.status.done():
            self._count.heard += len(data)
            return
        self._head += data
        if _HEAD_ENDS in self._head:
            self._answered(int(self._head.split(b" ", 2)[1]))

    def connection_lost(self, _why: Exception | None) -> None:
        """asyncio: it is over."""
        if not self.status.done():
            self._answered(0)
        elif self.status.result() == 101:
            self._count.open -= 1
            self._count.ended += 1
        if not self.gone.done():
            self.gone.set_result(None)

    @property
    def takes_more(self) -> bool:
        """Whether all that was written is on its way: a gateway that does not read is not written to without end."""
        return self._transport is not None and not self._transport.get_write_buffer_size()

    def put(self, stream: bytes, frames: int) -> None:
        """Write bytes."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(stream)
            self._count.frames += frames
            self._count.octets += len(stream)

    def deaf(self) -> None:
        """Read nothing any more."""
        if self._transport is not None:
            self._transport.pause_reading()

    def drop(self) -> None:
        """Be gone without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _answered(self, status: int) -> None:
        self._count.answered[status] += 1
        self._count.open += status == 101
        self.status.set_result(status)


async def connected(host: str, port: int, count: Count, buffer: int | None = None) -> RawSocket:
    """A TCP connection to the gateway, from an address of this machine that no good station has.

    Raises:
        OSError: nobody listens.
    """
    raw = socket.socket()
    raw.setblocking(False)
    if buffer is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(raw, (host, port))
        _, protocol = await loop.create_connection(lambda: RawSocket(count), sock=raw)
    except OSError:
        raw.close()
        raise
    return protocol


def upgrade(path: str, *headers: bytes) -> bytes:
    """An upgrade request to OCPP 1.6 for this path."""
    return get(*GOOD, *headers, path=path.encode())
