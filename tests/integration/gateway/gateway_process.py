"""The gateway as a process of its own on a real broker, and what it left in the log."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from volt_contracts import codec
from volt_contracts.envelope import LINK
from volt_contracts.gateway import CloseLink, SendCall
from volt_contracts.message import Outcome
from volt_contracts.network import TenantRow, TenantSettings
from volt_contracts.topics import (
    AUTHORIZATION_COMMANDS,
    AUTHORIZATION_EVENTS,
    GATEWAY_DOWNLINK,
    GATEWAY_FRAMES,
    NETWORK_IDENTITIES,
    NETWORK_ROUTES,
    NETWORK_STATIONS,
    NETWORK_TENANTS,
    SESSION_AUTHORIZATIONS,
    STATION_PROFILES,
    Topic,
)
from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Message
from volt_eventlog.reading import read
from volt_eventlog.records import headers_of, message_of
from volt_eventlog.topics_admin import create_topics
from volt_testkit.polling import eventually
from volt_testkit.stack import free_port

SECRET = "the secret of the integration tests"
TOPICS = (
    GATEWAY_FRAMES, GATEWAY_DOWNLINK, NETWORK_TENANTS, NETWORK_STATIONS, NETWORK_IDENTITIES, NETWORK_ROUTES,
    STATION_PROFILES, SESSION_AUTHORIZATIONS, AUTHORIZATION_COMMANDS, AUTHORIZATION_EVENTS,
)  # fmt: skip
DEMO = TenantSettings(name="Demo", unknown_stations="adopt", security_profile=0)


class Log:
    """A broker with the gateway's topics and the tenant `demo`."""

    def __init__(self, kafka: Kafka, appender: Appender) -> None:
        self.kafka = kafka
        self._appender = appender

    async def put(self, topic: Topic, key: str, body: msgspec.Struct) -> None:
        """Append a row, an outcome or a downlink record."""
        link = body.link_id if isinstance(body, SendCall | CloseLink) else None
        headers = headers_of(
            type(body),
            id="00000000-0000-4000-8000-000000000001",
            source=b"test",
            subject=key.encode(),
            time=datetime.now(UTC),
            command_id=body.command_id if isinstance(body, Outcome) else None,
            extra=() if link is None else ((LINK, link.encode()),),
        )
        await self._appender.know(topic)
        await self._appender.append(topic, key, codec.encode(body), headers)

    async def frames(self) -> list[Message]:
        """Everything in `gateway.frames`, in the order of each partition."""
        found = []
        async for _, records in read(self.kafka, [self.kafka.name(GATEWAY_FRAMES)]):
            found += [message_of(GATEWAY_FRAMES, record) for record in records]
        return found

    async def of(self, message_type: type[msgspec.Struct], count: int = 1) -> list[Message]:
        """The records of one type, once there are so many of them."""

        async def ask() -> list[Message]:
            return [message for message in await self.frames() if type(message.body) is message_type]

        return await eventually(ask, lambda found: len(found) >= count)


@asynccontextmanager
async def log_of(kafka: Kafka) -> AsyncIterator[Log]:
    """The gateway's topics, with the tenant `demo`."""
    await create_topics(kafka, [], topics=TOPICS)
    appender = Appender(kafka)
    await appender.start()
    log = Log(kafka, appender)
    await log.put(NETWORK_TENANTS, "demo/demo", TenantRow(version=1, settings=DEMO))
    try:
        yield log
    finally:
        await appender.stop()


@dataclass
class Process:
    """A running gateway."""

    child: asyncio.subprocess.Process
    port: int
    health: int
    log: Path
    """Its standard error; a file, because a pipe that nobody reads would stop it."""
    said: str = ""
    """What it said there, once it has ended."""

    def kill(self) -> None:
        self.child.kill()

    async def ends(self) -> int:
        """Its exit code."""
        async with asyncio.timeout(30):
            code = await self.child.wait()
        self.said = self.log.read_text()
        self.log.unlink()
        return code

    async def stop(self) -> tuple[int, str]:
        """Ask it to stop; exit code and what it said."""
        self.child.send_signal(signal.SIGTERM)
        code = await self.ends()
        return code, self.said


async def spawn(kafka: Kafka, port: int, **settings: Any) -> Process:
    """Start a gateway, without waiting for it."""
    health = free_port()
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "VOLT_PREFIX": kafka.prefix, "VOLT_TOKEN_SECRET": SECRET,
        "VOLT_GATEWAY_PORT": str(port), "VOLT_HEALTH_PORT": str(health), "VOLT_DRAIN_OVER_S": "0.2",
    } | {f"VOLT_{name.upper()}": str(value) for name, value in settings.items()}  # fmt: skip
    log, name = tempfile.mkstemp(prefix="gateway-")
    try:
        child = await asyncio.create_subprocess_exec(sys.executable, "-m", "volt_gateway", env=environment, stderr=log)
    finally:
        os.close(log)
    return Process(child, port, health, Path(name))


@asynccontextmanager
async def running(kafka: Kafka, port: int | None = None, **settings: Any) -> AsyncIterator[Process]:
    """A gateway that is ready; killed at the end if it still runs."""
    process = await spawn(kafka, port or free_port(), **settings)
    try:
        await ready(process)
        yield process
    finally:
        if process.child.returncode is None:
            process.kill()
            await process.ends()


async def ready(process: Process) -> None:
    """Wait for /readyz."""

    async def ask() -> str:
        if process.child.returncode is not None:
            return process.log.read_text()
        try:
            return await get(process.health, "/readyz")
        except OSError as why:
            return str(why)

    await eventually(ask, lambda said: "200 OK" in said, 30)


async def get(port: int, path: str) -> str:
    """The whole answer to a plain GET."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return (await reader.read()).decode()
    finally:
        writer.close()
        await writer.wait_closed()


def taken_port() -> socket.socket:
    """A port that somebody listens on; close it afterwards."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    holder.listen()
    return holder
