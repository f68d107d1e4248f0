"""A very small HTTP/1.1 server for a handful of JSON routes on loopback: one request per connection."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

LOOPBACK = "127.0.0.1"
MAX_BODY_BYTES = 65_536
REQUEST_TAKES_S = 5.0

Route = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what is written as JSON."""

    status: int
    content: Any


class Problem(Exception):
    """A request that cannot be fulfilled, with one sentence for whoever asked."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


async def serve(port: int, routes: Mapping[Route, Callable[[Any], Answer]]) -> asyncio.Server:
    """Listens on loopback; port 0 takes any. OSError when the port is taken."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_TAKES_S):
                answer = await _answer(reader, routes)
                writer.write(_written(answer))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()

    return await asyncio.start_server(connected, LOOPBACK, port)


def port_of(server: asyncio.Server) -> int:
    """The port that a server listens on."""
    return int(server.sockets[0].getsockname()[1])


async def _answer(reader: asyncio.StreamReader, routes: Mapping[Route, Callable[[Any], Answer]]) -> Answer:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path = _request_line(head[0])
        body = await reader.readexactly(_length(head[1:]))
        act = routes.get((method, path))
        if act is None:
            known = any(route[1] == path for route in routes)
            raise Problem(405, f"{path} does not know {method}") if known else Problem(404, f"there is no {path}")
        return act(_decoded(body))
    except Problem as problem:
        title = HTTPStatus(problem.status).phrase
        return Answer(problem.status, {"title": title, "status": problem.status, "detail": problem.sentence})


def _request_line(line: str) -> Route:
    parts = line.split(" ")
    if len(parts) != 3:
        raise Problem(400, "this is not an HTTP request")
    return parts[0], parts[1].partition("?")[0]


def _length(headers: list[str]) -> int:
    for header in headers:
        name, _, value = header.partition(":")
        if name.strip().lower() == "content-length":
            if not value.strip().isdecimal() or int(value) > MAX_BODY_BYTES:
                raise Problem(413, f"a body has at most {MAX_BODY_BYTES} bytes")
            return int(value)
    return 0


def _decoded(body: bytes) -> Any:
    if not body:
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(400, "the body is not JSON") from None


def _written(answer: Answer) -> bytes:
    content = msgspec.json.encode(answer.content)
    kind = "application/problem+json" if answer.status >= 400 else "application/json"
    head = (
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + content
