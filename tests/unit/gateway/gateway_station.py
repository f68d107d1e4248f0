"""A gateway on a loopback port with fakes below it, and stations that talk to it over real sockets."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from picows import WSFrame, WSInvalidStatusError, WSListener, WSMsgType, WSTransport, ws_connect
from unit.gateway.gateway_fakes import FakeAsk, FakeLog, FakeTables

from volt_contracts.ids import station_uid
from volt_contracts.network import StationRow, TenantRow, TenantSettings
from volt_contracts.session import Place
from volt_contracts.topics import NETWORK_STATIONS, NETWORK_TENANTS, SESSION_AUTHORIZATIONS, STATION_PROFILES
from volt_gateway.settings import GatewaySettings
from volt_gateway.wire import Wire
from volt_runtime.metrics import Metrics

PATIENCE_S = 5.0
SECRET = "a secret of the tests"
DEMO = TenantSettings(name="Demo", unknown_stations="adopt", security_profile=0, unknown_token="Unknown")


def key_of(identity: str, tenant: str = "demo") -> str:
    """The record key of an unknown station."""
    return f"{tenant}/{station_uid(tenant, identity)}"


async def until(condition: Callable[[], bool]) -> None:
    """Poll until it holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 a condition of another party cannot be an event
            await asyncio.sleep(0.005)


@dataclass
class Gateway:
    """A gateway that runs."""

    wire: Wire
    log: FakeLog
    tables: FakeTables
    ask: FakeAsk
    metrics: Metrics
    spawned: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def port(self) -> int:
        return self.wire.server.port

    def tenant(self, settings: TenantSettings, tenant: str = "demo") -> None:
        self.tables[NETWORK_TENANTS].put(f"{tenant}/{tenant}", TenantRow(version=1, settings=settings))

    def station(self, row: Any, tenant: str = "demo") -> None:
        self.tables[NETWORK_STATIONS].put(f"{tenant}/{row.station_uid}", row)

    def profile(self, key: str, row: Any) -> None:
        self.tables[STATION_PROFILES].put(key, row)

    def authorization(self, row: Any, tenant: str = "demo") -> None:
        self.tables[SESSION_AUTHORIZATIONS].put(f"{tenant}/{row.token_ref}", row)


def accepted_station(gate: Gateway, identity: str) -> str:
    """A station that the network knows, so that 2.x lets it speak before its boot. The key of its records."""
    row = StationRow(
        version=1, station_uid=station_uid("demo", identity), identity=identity, adopted=False, security_profile=0,
        registration="accepted", place=Place(),
    )  # fmt: skip
    gate.station(row)
    return f"demo/{row.station_uid}"


@asynccontextmanager
async def gateway(**settings: Any) -> AsyncIterator[Gateway]:
    """A gateway with tenant `demo`, which adopts stations without a password."""
    log, tables, ask, metrics = FakeLog(), FakeTables(), FakeAsk(), Metrics()
    spawned: set[asyncio.Task[None]] = set()

    def spawn(work: Coroutine[Any, Any, None], name: str) -> object:
        task = asyncio.get_running_loop().create_task(work, name=name)
        spawned.add(task)
        return task

    options: dict[str, Any] = {"port": 0, "token_secret": SECRET, "drain_over_s": 0.05, "close_timeout_s": 0.5}
    options |= settings
    wire = Wire(GatewaySettings(**options), log, ask, tables, metrics, spawn)
    running = Gateway(wire, log, tables, ask, metrics, spawned)
    running.tenant(DEMO)
    await wire.start()
    try:
        yield running
    finally:
        log.holding = False
        log.release()
        await asyncio.gather(*spawned)
        await wire.drain()


class Station(WSListener):
    """A station's end of a socket."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        self.closed: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self.transport: WSTransport | None = None
        self.pings = 0
        self.answers_pings = True
        self.answers_close = True
        self._number = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.TEXT:
            self.heard.put_nowait(msgspec.json.decode(frame.get_payload_as_bytes()))
        elif frame.msg_type is WSMsgType.PING:
            self.pings += 1
            if self.answers_pings:
                transport.send_pong(frame.get_payload_as_bytes())
        elif frame.msg_type is WSMsgType.CLOSE:
            payload = frame.get_payload_as_bytes()
            if not self.closed.done():
                self.closed.set_result((int.from_bytes(payload[:2], "big"), payload[2:].decode()))
            if self.answers_close:
                transport.send_close()
                transport.disconnect()

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        if not self.closed.done():
            self.closed.set_result((1006, ""))

    @property
    def wire(self) -> WSTransport:
        assert self.transport is not None
        return self.transport

    def send(self, text: str | bytes) -> None:
        """Send a text as it is."""
        self.wire.send(WSMsgType.TEXT, text)

    async def hears(self) -> Any:
        """The next message."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.heard.get()

    async def call(self, action: str, payload: Any) -> Any:
        """Send a CALL and return the payload of its CALLRESULT, or the whole CALLERROR."""
        self._number += 1
        message_id = f"m{self._number}"
        self.send(msgspec.json.encode([2, message_id, action, payload]))
        answer = await self.hears()
        assert answer[1] == message_id, answer
        return answer[2] if answer[0] == 3 else answer

    async def ends(self) -> tuple[int, str]:
        """Code and reason of the close."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.closed


@asynccontextmanager
async def station(
    port: int,
    identity: str = "CP1",
    *,
    tenant: str = "demo",
    protocols: str | None = "ocpp1.6",
    password: str | None = None,
    path: str | None = None,
    headers: dict[str, str] | None = None,
) -> AsyncIterator[Station]:
    """A station that is connected."""
    sent = dict(headers or {})
    if protocols is not None:
        sent["Sec-WebSocket-Protocol"] = protocols
    if password is not None:
        sent["Authorization"] = "Basic " + base64.b64encode(f"{identity}:{password}".encode()).decode()
    url = f"ws://127.0.0.1:{port}{path or f'/ocpp/{tenant}/{identity}'}"
    transport, listener = await ws_connect(Station, url, extra_headers=sent, enable_auto_pong=False)
    assert isinstance(listener, Station)
    try:
        yield listener
    finally:
        transport.disconnect(graceful=False)
        await transport.wait_disconnected()


async def refusal(port: int, identity: str = "CP1", **options: Any) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of an upgrade that is not let in."""
    with pytest.raises(WSInvalidStatusError) as refused:
        async with station(port, identity, **options):
            pass
    response = refused.value.response
    assert response is not None
    headers = {name.lower(): value for name, value in response.headers.items()}
    return response.status.value, headers, (refused.value.raw_body or b"").decode()


async def http(port: int, request: bytes) -> bytes:
    """What is answered to a raw HTTP request, until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(PATIENCE_S):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()
