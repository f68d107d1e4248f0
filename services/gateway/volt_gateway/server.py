"""The listening socket, and the orderly ways to stop: drain at a restart, send away when Kafka is gone."""

import asyncio
import socket
import ssl
from collections.abc import Callable

from volt_gateway.connection import Connection
from volt_gateway.gate import Gate
from volt_gateway.links import SERVICE_RESTART, Links
from volt_gateway.parking import Parking
from volt_gateway.settings import GatewaySettings
from volt_runtime.log import logger
from volt_runtime.run import StartError

_SETTLE_S = 2.0
_CUT_OFF_S = 1.0
_STEP_S = 0.02


class Server:
    """Listens for stations."""

    def __init__(self, settings: GatewaySettings, gate: Gate, links: Links, parking: Parking) -> None:
        self._settings = settings
        self._gate = gate
        self._links = links
        self._parking = parking
        self._server: asyncio.Server | None = None
        self.port = settings.port
        """The port that is listened on; another one when the settings say 0."""
        self._log = logger("gateway")

    async def start(self) -> None:
        """Listen.

        Raises:
            StartError: the port is taken, or certificate or key cannot be read.
        """
        settings = self._settings
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._connection,
                settings.host,
                settings.port,
                ssl=_tls(settings),
                reuse_port=settings.workers > 1,
                backlog=4096,
            )
            for listening in self._server.sockets:  # inherited by what is accepted; picows' own buffer grows with it
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, settings.receive_buffer_bytes)
        except OSError as why:
            raise StartError(f"cannot listen on {settings.host}:{settings.port}: {why}") from why
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._log.info(f"stations connect to ws://{settings.host}:{self.port}/ocpp/{{tenant}}/{{station}}")

    async def drain(self) -> None:
        """Let nobody in any more, answer what is in flight, and close the links in batches with 1012."""
        if self._server is not None:
            self._server.close()
        await _until(lambda: not (self._parking.waiting or self._links.in_flight()), _SETTLE_S)
        await self._links.close_all(SERVICE_RESTART, "the gateway restarts", self._settings.drain_over_s)
        await self._gone()

    async def _gone(self) -> None:
        """Wait for the stations' side of the closing handshake; who does not answer is cut off."""
        await _until(lambda: not self._links.by_id, self._settings.close_timeout_s)
        self._links.cut_off(float("inf"))
        await _until(lambda: not self._links.by_id, _CUT_OFF_S)

    def _connection(self) -> Connection:
        settings = self._settings
        gate = self._gate
        return Connection(
            gate.upgrade, gate.unasked, gate.tarpit.delay_s, settings.max_message_bytes, settings.handshake_timeout_s
        )


async def _until(done: Callable[[], bool], patience_s: float) -> None:
    for _ in range(int(patience_s / _STEP_S)):
        if done():
            return
        await asyncio.sleep(_STEP_S)


def _tls(settings: GatewaySettings) -> ssl.SSLContext | None:
    if settings.tls_certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as why:
        raise StartError(f"the TLS certificate {settings.tls_certificate} or its key cannot be used: {why}") from why
    return context
