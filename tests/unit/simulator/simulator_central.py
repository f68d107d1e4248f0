"""Central systems for the simulator's tests, made of the `ocpp` package's own classes over real sockets. They check
every frame against the schemas and keep what they heard."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from ocpp.messages import Call, unpack
from ocpp.routing import on
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

Handler = TypeVar("Handler", bound=Callable[..., Any])

DEADLINE_S = 20.0
SUBPROTOCOLS = [Subprotocol(name) for name in ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")]


@dataclass
class Heard:
    """One call as it arrived, and whether it was answered."""

    station: str
    message_id: str
    action: str
    payload: dict[str, Any]
    text: str
    answered: bool = False


@dataclass
class Orders:
    """How the central system behaves. `swallow` says of a call whether its answer is lost; `errors` come first."""

    swallow: Callable[[Heard], bool] = lambda heard: False
    boot_status: list[str] = field(default_factory=list)
    refused_tokens: frozenset[str] = frozenset()
    refused_starts: frozenset[str] = frozenset()
    interval: int = 300
    errors: dict[str, list[str]] = field(default_factory=dict)


class Central:
    """What all stations of a test said to one central system, and the stations that are connected."""

    def __init__(self, make: Callable[[str, Any, "Central"], Any]) -> None:
        self.orders = Orders()
        self.heard: list[Heard] = []
        self.points: dict[str, Any] = {}
        self.sockets: dict[str, ServerConnection] = {}
        self.started: dict[tuple[str, int], dict[str, Any]] = {}
        self.links: dict[str, int] = {}
        self.port = free_port()
        self._make = make

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ocpp/demo"

    def of(self, action: str, answered: bool | None = None) -> list[Heard]:
        return [one for one in self.heard if one.action == action and answered in (None, one.answered)]

    async def serve_station(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        station = connection.request.path.rsplit("/", 1)[1]
        self.links[station] = self.links.get(station, 0) + 1
        self.sockets[station] = connection
        point = self._make(station, Wiretap(self, station, connection), self)
        self.points[station] = point
        try:
            await point.start()
        except ConnectionClosed:
            return


def hears(action: str) -> Callable[[Handler], Handler]:
    """The package's `on`, with the type it has."""
    decorate: Callable[[Handler], Handler] = on(action)
    return decorate


class Wiretap:
    """A connection as the `ocpp` package wants it, which notes what goes through and loses answers on demand."""

    def __init__(self, central: Central, station: str, connection: ServerConnection) -> None:
        self.subprotocol = connection.subprotocol
        self._central = central
        self._station = station
        self._socket = connection

    async def recv(self) -> str:
        text = str(await self._socket.recv())
        message = unpack(text)
        if isinstance(message, Call):
            heard = Heard(self._station, message.unique_id, message.action, message.payload, text)
            self._central.heard.append(heard)
        return text

    async def send(self, text: str) -> None:
        message = unpack(text)
        if not isinstance(message, Call):
            heard = next(
                one
                for one in self._central.heard
                if one.station == self._station and one.message_id == message.unique_id and not one.answered
            )
            if self._central.orders.swallow(heard):
                return
            errors = self._central.orders.errors.get(heard.action)
            if errors:
                text = json.dumps([4, heard.message_id, errors.pop(0), "", {}])
            heard.answered = True
        await self._socket.send(text)


@asynccontextmanager
async def listening(central: Central, **options: Any) -> AsyncIterator[Central]:
    """Serves until the block ends; it can come back at the same address."""
    async with serve(central.serve_station, "127.0.0.1", central.port, subprotocols=SUBPROTOCOLS, **options):
        yield central


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(condition: Callable[[], Any], what: str) -> None:
    """Polls until something is so; fails with its name after the deadline."""
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"never happened: {what}"
        await asyncio.sleep(0.01)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
