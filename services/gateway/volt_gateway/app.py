"""The gateway's process: its Kafka clients, and the order in which it starts and stops."""

import asyncio
import resource
from dataclasses import dataclass

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
)
from volt_eventlog.appender import Appender
from volt_eventlog.ask import Ask
from volt_eventlog.kafka import Kafka, KafkaError
from volt_eventlog.table import TableSet
from volt_eventlog.tail import Tail
from volt_gateway.settings import GatewaySettings
from volt_gateway.sweep import every_second
from volt_gateway.wire import Wire
from volt_runtime.ending import end
from volt_runtime.run import Runtime, StartError
from volt_runtime.service import Service

SERVICE = Service(
    name="gateway",
    module="volt_gateway",
    workers=2,
    url="ws://127.0.0.1:{port}/ocpp",
    port_env="VOLT_GATEWAY_PORT",
    default_port=9000,
)
TABLES = (
    NETWORK_TENANTS, NETWORK_STATIONS, NETWORK_IDENTITIES, NETWORK_ROUTES, STATION_PROFILES, SESSION_AUTHORIZATIONS,
)  # fmt: skip
_FLUSH_S = 10.0
_TOPICS_S = 5.0


async def main(rt: Runtime[GatewaySettings]) -> None:
    """Serve stations until the process is asked to stop.

    Raises:
        StartError: a setting is missing, the broker or its topics are not there, or the port is taken.
    """
    settings = rt.settings
    if not settings.token_secret.get_secret_value():
        raise StartError("VOLT_TOKEN_SECRET is not set: tokens cannot be referred to without it")
    _allow_many_sockets()
    loading = ["the tables are being read"]
    rt.readiness.add("tables", lambda: loading[0] if loading else None)
    clients = _Clients.of(settings)
    try:
        await clients.start(settings.kafka_bootstrap_servers)
        await _serve(rt, clients, loading)
    finally:
        await clients.stop()


async def _serve(rt: Runtime[GatewaySettings], clients: "_Clients", loading: list[str]) -> None:
    settings = rt.settings
    wire = Wire(settings, clients.appender, clients.ask, clients.tables, rt.metrics, rt.create_task)
    rt.readiness.add("kafka", wire.not_ready)
    tasks = [
        rt.create_task(clients.tables.watch(), "tables"),
        rt.create_task(clients.ask.watch(), "ask"),
        rt.create_task(wire.downlink.run(aiter(clients.tail)), "downlink"),
        rt.create_task(every_second(wire.tick), "sweep"),
    ]
    try:
        await wire.start()
        loading.clear()
        await rt.stopping.wait()
        await wire.drain()
    finally:
        rt.stopping.set()
        await end(*tasks)


@dataclass(frozen=True, slots=True)
class _Clients:
    """The process's ways to and from the log."""

    appender: Appender
    tables: TableSet
    tail: Tail
    ask: Ask

    @classmethod
    def of(cls, settings: GatewaySettings) -> "_Clients":
        kafka = Kafka(settings.kafka_bootstrap_servers, settings.prefix, client_id=settings.gateway_id)
        appender = Appender(kafka)
        ask = Ask(kafka, appender, AUTHORIZATION_COMMANDS, AUTHORIZATION_EVENTS, settings.gateway_id)
        return cls(appender, TableSet(kafka, TABLES), Tail(kafka, GATEWAY_DOWNLINK), ask)

    async def start(self, bootstrap: str) -> None:
        """Read the tables to their end, and the downlink from its end: before any station is let in."""
        try:
            await self.appender.start()
            async with asyncio.timeout(_TOPICS_S):
                await self.appender.know(GATEWAY_FRAMES)
            await asyncio.gather(self.tables.start(), self.tail.start(), self.ask.start())
        except TimeoutError as why:
            raise StartError(f"{GATEWAY_FRAMES.name} is not there: `voltlog topics create` makes the topics") from why
        except KafkaError as why:
            raise StartError(f"the Kafka broker at {bootstrap} cannot be used: {why}") from why

    async def stop(self) -> None:
        """Send what waits. The last records may wait for a broker that is gone; the process does not."""
        try:
            async with asyncio.timeout(_FLUSH_S):
                await self.appender.stop()
        except TimeoutError:
            return
        await asyncio.gather(self.tables.stop(), self.tail.stop(), self.ask.stop())


def _allow_many_sockets() -> None:
    """Each station is an open file; the soft limit is often 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
