"""The health port: three pages, and an answer or a closed door for whatever else is said to it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from volt_runtime.health import HealthServer, Readiness
from volt_runtime.metrics import Metrics
from volt_testkit.stack import free_port


@dataclass
class Probed:
    """A served process."""

    port: int
    readiness: Readiness
    metrics: Metrics

    async def say(self, request: bytes) -> bytes:
        """Send bytes and read until the door closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            writer.write_eof()
            async with asyncio.timeout(10):
                return await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()

    async def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page."""
        answer = await self.say(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head
        return int(head.split(b" ")[1]), body.decode()


@pytest_asyncio.fixture
async def probed() -> AsyncIterator[Probed]:
    """A health port on loopback."""
    made = Probed(free_port(), Readiness(), Metrics())
    server = HealthServer(made.readiness, made.metrics)
    await server.start("127.0.0.1", made.port)
    yield made
    await server.stop()


async def test_a_living_process_is_healthy(probed: Probed) -> None:
    assert await probed.get("/healthz") == (200, "ok\n")


async def test_it_is_ready_when_every_check_says_so(probed: Probed) -> None:
    assert await probed.get("/readyz") == (200, "ready\n")
    why: list[str | None] = ["restores partitions [3]"]
    probed.readiness.add("station.station", lambda: why[0])
    probed.readiness.add("tables", lambda: None)
    assert await probed.get("/readyz") == (503, "station.station: restores partitions [3]\n")
    why[0] = None
    assert await probed.get("/readyz") == (200, "ready\n")


async def test_metrics_are_shown(probed: Probed) -> None:
    probed.metrics.counter("c_total", "h", text="é").add()
    status, body = await probed.get("/metrics")
    assert status == 200
    assert 'c_total{text="é"} 1' in body


@pytest.mark.parametrize("path", ["/", "/secret", "/healthz/../etc/passwd", "/%00", "*", "/metrics/x"])
async def test_nothing_else_is_served(probed: Probed, path: str) -> None:
    assert (await probed.get(path))[0] == 404


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"",
        b"\r\n\r\n",
        b"GET",
        b"nonsense\r\n\r\n",
        b"\x00\xff\xfe\r\n\r\n",
        b"GET /healthz",
        b"G" * 20_000,
        b"\x16\x03\x01",
    ],
    ids=["nothing", "blank", "half a word", "nonsense", "binary", "no end", "endless", "TLS"],
)
async def test_a_bad_request_hurts_nobody(probed: Probed, request_bytes: bytes) -> None:
    try:
        answer = await probed.say(request_bytes)
    except ConnectionError:
        answer = b""
    assert answer == b"" or answer.startswith(b"HTTP/1.1 404 ")
    assert await probed.get("/healthz") == (200, "ok\n")


async def test_whoever_leaves_at_once_hurts_nobody(probed: Probed) -> None:
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", probed.port)
        writer.transport.abort()
    assert await probed.get("/healthz") == (200, "ok\n")


async def test_a_check_that_fails_is_a_reason_not_to_be_ready(probed: Probed) -> None:
    def broken() -> str | None:
        raise RuntimeError("the check itself is broken")

    probed.readiness.add("broken", broken)
    status, body = await probed.get("/readyz")
    assert status == 503
    assert "broken: " in body


async def test_a_gauge_that_fails_does_not_hide_the_others(probed: Probed) -> None:
    def broken() -> float:
        raise RuntimeError("the gauge itself is broken")

    probed.metrics.gauge("g", "h", broken)
    probed.metrics.counter("c_total", "h").add()
    status, body = await probed.get("/metrics")
    assert status == 200
    assert "c_total 1" in body


async def test_a_taken_port_is_an_os_error(probed: Probed) -> None:
    with pytest.raises(OSError, match="in use"):
        await HealthServer(Readiness(), Metrics()).start("127.0.0.1", probed.port)
