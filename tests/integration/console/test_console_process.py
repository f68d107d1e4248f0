"""The console as a process of its own, on a real broker and a real database."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import httpx
import pytest
from unit.console.console_log import Log
from unit.console.console_story import Charger, Visit

from volt_console.views import VIEWS
from volt_contracts import codec
from volt_contracts.envelope import to_headers
from volt_contracts.network import TenantRow, TenantSettings
from volt_contracts.station import CommandFinished, Reset
from volt_contracts.topics import (
    DRIVERS_ACCOUNT_COMMANDS,
    DRIVERS_TOKEN_COMMANDS,
    NETWORK_API_KEYS,
    NETWORK_STATION_COMMANDS,
    NETWORK_TENANT_COMMANDS,
    NETWORK_TENANT_EVENTS,
    NETWORK_TENANTS,
    SESSION_COMMANDS,
    STATION_COMMANDS,
    STATION_EVENTS,
    Topic,
)
from volt_eventlog.appender import Appender
from volt_eventlog.kafka import Kafka
from volt_eventlog.records import headers_of, message_of
from volt_eventlog.tail import Tail
from volt_eventlog.topics_admin import create_topics
from volt_testkit.polling import eventually
from volt_testkit.stack import free_port

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

NEEDED = {topic.name: topic for view in VIEWS for topic in view.topics} | {
    topic.name: topic
    for topic in (
        NETWORK_API_KEYS,
        DRIVERS_ACCOUNT_COMMANDS,
        DRIVERS_TOKEN_COMMANDS,
        NETWORK_TENANTS,
        NETWORK_STATION_COMMANDS,
        NETWORK_TENANT_COMMANDS,
        NETWORK_TENANT_EVENTS,
        SESSION_COMMANDS,
        STATION_COMMANDS,
    )
}


@asynccontextmanager
async def console_process(kafka: Kafka, dsn: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`python -m volt_console`, and its address."""
    port = free_port()
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "DATABASE_URL": dsn,
        "VOLT_PREFIX": kafka.prefix,
        "VOLT_CONSOLE_PORT": str(port),
        "VOLT_TOKEN_SECRET": "a secret of the tests",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "volt_console", env=environment)
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _text(client: httpx.AsyncClient, path: str) -> str:
    answer = await _answered(client, path)
    return "" if answer is None else answer.text


async def _answered(client: httpx.AsyncClient, path: str) -> httpx.Response | None:
    try:
        return await client.get(path)
    except httpx.TransportError:
        return None


@asynccontextmanager
async def _appended(kafka: Kafka, log: Log) -> AsyncIterator[Appender]:
    """A broker that holds `log`, and the way to append more."""
    appender = Appender(kafka)
    await appender.start()
    try:
        await _append(appender, log)
        yield appender
    finally:
        await appender.stop()


async def _append(appender: Appender, log: Log) -> None:
    row = TenantRow(version=1, settings=TenantSettings(name="Demo", unknown_stations="adopt", security_profile=0))
    await _put(appender, NETWORK_TENANTS, "demo/demo", row)
    for message in log.messages:
        await appender.know(message.topic)
        value, headers = codec.encode(message.body), to_headers(message.envelope)
        await appender.append(message.topic, message.key, value, headers)


async def _put(appender: Appender, topic: Topic, key: str, body: TenantRow | CommandFinished) -> None:
    headers = headers_of(
        type(body),
        id=f"answer to {getattr(body, 'command_id', key)}",
        source=b"test",
        subject=key.encode(),
        time=datetime.now(UTC),
        command_id=getattr(body, "command_id", None),
    )
    await appender.know(topic)
    await appender.append(topic, key, codec.encode(body), headers)


async def _stations_twin(kafka: Kafka, appender: Appender) -> None:
    """Stands where the station's decider would: every Reset is accepted."""
    tail = Tail(kafka, STATION_COMMANDS)
    await tail.start()
    try:
        async for record in tail:
            asked = message_of(STATION_COMMANDS, record)
            assert isinstance(asked.body, Reset)
            outcome = CommandFinished(
                command_id=asked.id, outcome="accepted", status="Accepted", command="Reset", at=asked.at
            )
            await _put(appender, STATION_EVENTS, asked.key, outcome)
    finally:
        await tail.stop()


async def _reset(client: httpx.AsyncClient, uid: str) -> httpx.Response:
    """On a busy machine a console that has just begun may be asked to be asked again: the same key is one command."""
    return await client.post(f"/api/v1/stations/{uid}/reset", json={}, headers={"Idempotency-Key": "k"})


async def test_the_console_folds_the_log_and_carries_commands(kafka: Kafka, empty_database: str) -> None:
    log = Log()
    charger = Charger(log, "CP-1")
    charger.connect()
    charger.boot()
    visit = Visit(charger)
    visit.plug()
    visit.start()
    visit.meter(6_000, minutes=10)
    uid = log.uid("CP-1")
    await create_topics(kafka, [], topics=tuple(NEEDED.values()))
    async with (
        _appended(kafka, log) as appender,
        console_process(kafka, empty_database) as (process, address),
        httpx.AsyncClient(base_url=address, trust_env=False, timeout=20) as client,
    ):
        twin = asyncio.create_task(_stations_twin(kafka, appender))
        shown = ("CP-1", "1.00", "adopts stations that nobody registered")
        await eventually(lambda: _text(client, "/"), lambda text: all(words in text for words in shown), deadline_s=90)
        answer = await eventually(lambda: _reset(client, uid), lambda said: said.status_code != 503, deadline_s=30)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "accepted")
        said = answer.json()
        path = f"/api/v1/commands/{said['command_id']}?min_position={said['position']}"
        outcome = await client.get(path)
        assert (outcome.status_code, outcome.json()["outcome"]) == (200, "accepted")
        timeline = f"/api/v1/sessions/{visit.id}/timeline"
        await eventually(lambda: _text(client, timeline), lambda text: "StartTransaction" in text and "so far" in text)
        records = (await client.get(timeline)).json()["items"]
        frame = next(record for record in records if record["summary"].startswith("StartTransaction"))
        raw = await client.get(f"/records/{frame['topic']}/{frame['partition']}/{frame['offset']}")
        assert "TAG0001" in raw.text
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 15) == 0
        twin.cancel()
        with suppress(asyncio.CancelledError):
            await twin


async def test_without_a_broker_pages_still_answer_and_commands_say_so(empty_database: str) -> None:
    nowhere = Kafka(f"127.0.0.1:{free_port()}", prefix="none.")
    async with (
        console_process(nowhere, empty_database) as (process, address),
        httpx.AsyncClient(base_url=address, trust_env=False, timeout=20) as client,
    ):
        page = await eventually(lambda: _answered(client, "/api/v1/stations"), lambda got: got is not None, 30)
        assert page is not None
        assert page.status_code in {200, 503}
        assert page.headers["content-type"] in {"application/json", "application/problem+json"}
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0
