"""A loopback HTTP port with /healthz, /readyz and /metrics; nothing else is served there."""

import asyncio
from collections.abc import Callable

from volt_runtime.metrics import Metrics

Check = Callable[[], str | None]


class Readiness:
    """Named checks; a process is ready when each of them answers None. Otherwise it answers why not yet."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Ask this one as well from now on."""
        self._checks[name] = check

    def missing(self) -> dict[str, str]:
        """What is not ready, and why."""
        return {name: why for name, check in self._checks.items() if (why := _answer(check)) is not None}


def _answer(check: Check) -> str | None:
    try:
        return check()
    except Exception as wrong:  # a check that fails says that something is not ready; the port must still answer
        return f"the check failed: {wrong!r}"


class HealthServer:
    """Serves one process's health; small enough to need no framework in processes that have none."""

    def __init__(self, readiness: Readiness, metrics: Metrics) -> None:
        self._readiness = readiness
        self._metrics = metrics
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        self._server = await asyncio.start_server(self._serve, host, port, limit=8192)

    async def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(5):
                request = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(request.split(b" ", 2)))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # whoever asked is gone or talks nonsense; there is nobody to tell
        finally:
            writer.close()

    def _answer(self, words: list[bytes]) -> bytes:
        path = words[1].decode("latin-1") if len(words) > 1 else ""
        if path == "/healthz":
            return _response("200 OK", "ok\n")
        if path == "/readyz":
            missing = self._readiness.missing()
            text = "".join(f"{name}: {why}\n" for name, why in missing.items())
            return _response("503 Service Unavailable", text) if missing else _response("200 OK", "ready\n")
        if path == "/metrics":
            return _response("200 OK", self._metrics.text())
        return _response("404 Not Found", "there is /healthz, /readyz and /metrics\n")


def _response(status: str, text: str) -> bytes:
    body = text.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
