"""The link of a station: one socket at a time, opened again with back-off and jitter, one outstanding call."""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

from volt_simulator import frames
from volt_simulator.counters import Counters
from volt_simulator.exchange import Exchange
from volt_simulator.outbox import Outbox

LOGGER = logging.getLogger("volt.simulator.link")
MAX_FRAME_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Address:
    """Where and as whom a station dials in; `password` is that of basic authentication (security profile 1)."""

    url: str
    station: str
    subprotocol: str
    password: str | None

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the upgrade request."""
        if self.password is None:
            return {}
        return {"Authorization": "Basic " + b64encode(f"{self.station}:{self.password}".encode()).decode()}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a station waits, all in seconds: for answers, and between attempts to connect (doubled, with jitter)."""

    call_timeout_s: float = 10.0
    backoff_s: float = 0.5
    backoff_max_s: float = 8.0
    ping_s: float = 30.0


class LinkListener(Protocol):
    """What a link tells its station."""

    def link_up(self) -> None:
        """A socket opened."""

    def link_down(self) -> None:
        """The socket is gone."""


Commanded = Callable[[frames.Call], Awaitable[tuple[str, Callable[[], None]] | None]]


class Link:
    """Keeps a station connected until it is cancelled."""

    def __init__(
        self,
        address: Address,
        patience: Patience,
        outbox: Outbox,
        exchange: Exchange,
        commanded: Commanded,
        listener: LinkListener,
        counters: Counters,
        dice: Random,
    ) -> None:
        self._address = address
        self._patience = patience
        self._outbox = outbox
        self._exchange = exchange
        self._commanded = commanded
        self._listener = listener
        self._counters = counters
        self._dice = dice
        self._socket: ClientConnection | None = None
        self._stay_away_s = 0.0
        self._failures = 0
        self._told_refusal: str | None = None
        self._hurry = asyncio.Event()

    async def run(self) -> None:
        """Connects, talks, and connects again."""
        while True:
            try:
                await self._exchange.awake.wait()
                await self._talk_once()
            except InvalidHandshake as problem:
                self._refused(str(problem))
            except (OSError, WebSocketException, TimeoutError) as problem:
                self._counters.links_refused += 1
                LOGGER.debug("%s cannot connect: %s", self._address.station, problem)
            await self._stay_away(self._pause_s())

    async def _stay_away(self, seconds: float) -> None:
        self._hurry.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            return

    def hurry(self) -> None:
        """Whatever keeps it away is over: it connects now."""
        self._stay_away_s = 0.0
        self._hurry.set()

    def freeze(self) -> None:
        """The socket stays open, and nobody reads, answers or pings any more."""
        self._exchange.awake.clear()
        if self._socket is not None:
            self._socket.transport.pause_reading()

    def thaw(self) -> None:
        """It reads again, beginning with what lies in the buffers; a socket that died meanwhile is found out now."""
        if not self._exchange.awake.is_set():
            self._exchange.awake.set()
            if self._socket is not None:
                self._socket.transport.resume_reading()

    def drop(self, stay_away_s: float = 0.0) -> None:
        """The cable is cut: no closing handshake; the station stays away for at least that many seconds."""
        self._stay_away_s = stay_away_s
        if self._socket is not None:
            self._socket.transport.abort()

    async def close(self, stay_away_s: float = 0.0) -> None:
        """Says goodbye (a reset, or the end of the fleet) and stays away for that many seconds."""
        self._stay_away_s = stay_away_s
        if self._socket is not None:
            await self._socket.close()

    def _refused(self, why: str) -> None:
        self._counters.links_refused += 1
        if why != self._told_refusal:
            LOGGER.warning("%s is refused: %s", self._address.station, why)
        self._told_refusal = why

    def _pause_s(self) -> float:
        away, self._stay_away_s = self._stay_away_s, 0.0
        self._failures += 1
        longest = min(self._patience.backoff_max_s, self._patience.backoff_s * 2 ** min(self._failures - 1, 10))
        return away if away else longest * self._dice.uniform(0.5, 1.0)

    async def _talk_once(self) -> None:
        async with connect(
            self._address.url,
            subprotocols=[Subprotocol(self._address.subprotocol)],
            additional_headers=self._address.headers,
            compression=None,
            proxy=None,
            open_timeout=self._patience.call_timeout_s,
            close_timeout=2,
            ping_interval=None,
            max_size=MAX_FRAME_BYTES,
        ) as socket:
            if socket.subprotocol != self._address.subprotocol:
                raise OSError(f"the other side does not speak {self._address.subprotocol}")
            self._socket = socket
            if not self._exchange.awake.is_set():
                self.freeze()
            self._failures = 0
            self._counters.links_opened += 1
            try:
                await self._talk(socket)
            except asyncio.CancelledError:
                # The library would say 1011, internal error, for what is an orderly end of the fleet.
                await socket.close()
                raise
            finally:
                self._socket = None
                self._counters.links_lost += 1
                self._outbox.link_down()
                self._listener.link_down()

    async def _talk(self, socket: ClientConnection) -> None:
        self._outbox.link_up()
        self._listener.link_up()
        reader = asyncio.create_task(self._read(socket))
        sender = asyncio.create_task(self._exchange.run(socket.send))
        pinger = asyncio.create_task(self._ping(socket))
        tasks = (reader, sender, pinger)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for problem in ended:
            if isinstance(problem, Exception) and not isinstance(problem, ConnectionClosed):
                raise problem

    async def _ping(self, socket: ClientConnection) -> None:
        """Ends when a ping finds nobody; the library's own pings would go on while the station is frozen."""
        while True:
            await asyncio.sleep(self._patience.ping_s)
            await self._exchange.awake.wait()
            try:
                async with asyncio.timeout(self._patience.ping_s):
                    await (await socket.ping())
            except TimeoutError:
                if self._exchange.awake.is_set():
                    return

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            await self._exchange.awake.wait()
            match frames.read(text):
                case frames.Call() as call:
                    await self._obey(socket, call)
                case frames.Answer(message_id, payload):
                    self._exchange.answered(message_id, payload)
                case frames.Refusal(message_id, code):
                    self._exchange.refused(message_id, code)
                case frames.Unreadable(reason):
                    self._counters.bad_frames += 1
                    LOGGER.warning("%s got a frame it cannot read: %s", self._address.station, reason)

    async def _obey(self, socket: ClientConnection, call: frames.Call) -> None:
        reply = await self._commanded(call)
        if reply is None:
            return
        text, afterwards = reply
        await self._exchange.awake.wait()
        await socket.send(text)
        afterwards()
