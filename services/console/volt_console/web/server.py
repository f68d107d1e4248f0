"""Uvicorn inside a process that has its own signals and its own end."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from volt_runtime.run import StartError

GRACE_S = 3


class Server(uvicorn.Server):
    """A server that leaves signals to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


def listening(host: str, port: int) -> socket.socket:
    """A bound socket.

    Raises:
        StartError: the address is taken, or is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off where it sees that a socket is TCP's; else answers wait 40 ms for an ACK.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host.strip("[]"), port))
    except OSError as why:
        found.close()
        raise StartError(f"the console cannot listen on {host}:{port}: {why.strerror}") from why
    return found


async def serve(app: ASGIApp, bound: socket.socket, stopping: asyncio.Event, closing: Callable[[], None]) -> None:
    """Serve until `stopping`; `closing` ends the streams, which would otherwise hold their connections open."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        ws="none",
    )
    server = Server(config)
    work = asyncio.create_task(server.serve(sockets=[bound]), name="http")
    ended = asyncio.create_task(stopping.wait(), name="stopping")
    await asyncio.wait({work, ended}, return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    closing()
    server.should_exit = True
    await work
