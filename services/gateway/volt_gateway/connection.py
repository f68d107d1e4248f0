"""picows' protocol with what its listener factory is not told: the address of whoever connects.

Built on the constructor of picows 2.3.1 (the version is pinned): `ws_create_server` offers no way to see the peer
before the upgrade is answered, and refusals and limits need it.
"""

import asyncio
import logging
from collections.abc import Callable

from picows import WSAutoPingStrategy, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from volt_runtime.log import logger

_log = logger("gateway")

READ_BUFFER_BYTES = 2048
"""Grows by itself; small, because thousands of idle stations each hold one."""

_silent = logging.LoggerAdapter(logging.getLogger("picows.server"))
"""An adapter, because picows would otherwise make one logger object for each connection."""

Unasked = Callable[[], None]
"""The connection is gone, and no request was ever read from it."""

Delay = Callable[[str], float]
"""(address of the peer) → seconds until its request is read."""

Upgrade = Callable[[WSUpgradeRequest, str, bool], WSUpgradeResponseWithListener]
"""(request, address of the peer, whether by TLS) → response."""


class Connection(WSProtocol):  # type: ignore[misc]
    """One TCP connection; asks `upgrade` what to answer to its HTTP request."""

    __slots__ = ("_delay", "_unasked", "_upgrade")

    def __init__(
        self, upgrade: Upgrade, unasked: Unasked, delay: Delay, max_frame_bytes: int, handshake_timeout_s: float
    ) -> None:
        super().__init__(
            None, None, False, self._asked, _silent, True, handshake_timeout_s, False, 10, 10,
            WSAutoPingStrategy.PING_WHEN_IDLE, False, max_frame_bytes, None, READ_BUFFER_BYTES,
        )  # fmt: skip
        self._upgrade = upgrade
        self._delay = delay
        self._unasked: Unasked | None = unasked

    def connection_made(self, transport: asyncio.Transport) -> None:
        """asyncio: there is a connection; its request may be let wait in the kernel for a while."""
        super().connection_made(transport)
        delay_s = self._delay(_host_of(transport))
        if delay_s:
            loop = asyncio.get_running_loop()
            loop.call_soon(transport.pause_reading)  # an event loop may begin to read only after this
            loop.call_later(delay_s, _read_on, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is gone."""
        super().connection_lost(exc)
        if self._unasked is not None:
            self._unasked()

    def _asked(self, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        self._unasked = None
        try:
            return self._upgrade(request, _host_of(self.transport.underlying_transport), self.transport.is_secure)
        except Exception as wrong:
            # picows would tell the station the text of the error.
            _log.error("an upgrade made the gateway fail", exc=wrong)
            return WSUpgradeResponseWithListener(
                WSUpgradeResponse.create_error_response(500, b"internal error\n"), None
            )


def _read_on(transport: asyncio.Transport) -> None:
    if not transport.is_closing():
        transport.resume_reading()


def _host_of(transport: asyncio.BaseTransport) -> str:
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""


class _ExpectedNoise(logging.Filter):
    """What stations do wrong on the wire is counted and recorded; it is no error of this process."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("WS parser error")


logging.getLogger("picows.server").addFilter(_ExpectedNoise())
