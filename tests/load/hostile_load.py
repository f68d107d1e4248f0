"""Connections that misbehave, many kinds of them at once, each kept up as long as it runs. To this machine only.

    PYTHONPATH=tests .venv/bin/python -m load.hostile_load --url ws://127.0.0.1:9000/ocpp/demo --seconds 30

`hostile_kinds.py` says what they do; `--scale` multiplies how many there are (1: 500). What was closed or refused comes
again after a while, as a broken station does. The process is nice: in truth it would run on other machines. Prints
JSON lines: `{"said": "misbehaving"}` when all have tried once; at SIGTERM or after `--seconds` `{"said": "ended", …}`
with seconds, frames, frames_per_s, octets_per_s, upgrades_per_s, connections (all of them), links (open on average),
cpu_s, and all of it by kind. Bounded in time, count and pace.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle
from urllib.parse import urlsplit

import uvloop
from load.gateway_load import LOOPBACK
from load.hostile_kinds import KINDS, Kind
from load.hostile_socket import SMALL_BUFFER, Count, RawSocket, connected, upgrade

AGAIN_S = 1.0
ANSWER_S = 15.0
LOOK_S = 0.1
NICE = 19


class Offender:
    """One connection of a kind, and the next one when it is closed."""

    def __init__(self, kind: Kind, number: int, where: tuple[str, int], count: Count) -> None:
        self._kind = kind
        self._where = where
        self._count = count
        self._identity = f"BAD-{kind.name.replace(' ', '-')}-{number // kind.shared}"
        self._streams = cycle(kind.streams)
        self.tried = False

    async def run(self) -> None:
        """Connect and misbehave, again and again."""
        while True:
            with suppress(OSError, TimeoutError):
                await self._once()
            self.tried = True
            await asyncio.sleep(AGAIN_S if self._kind.lives_s is None else self._kind.lives_s / 2)

    async def _once(self) -> None:
        kind = self._kind
        socket = await connected(*self._where, self._count, None if kind.reads else SMALL_BUFFER)
        try:
            await self._ask(socket)
            if await asyncio.wait_for(asyncio.shield(socket.status), ANSWER_S) == 101:
                self.tried = True
                await self._misbehave(socket)
        finally:
            socket.drop()

    async def _ask(self, socket: RawSocket) -> None:
        kind = self._kind
        request = upgrade(kind.path(self._identity), *kind.header())
        self._count.asked += 1
        if kind.half:
            self.tried = True
            socket.put(request[:-2], 0)
            await self._say_on(socket)
        early, frames = kind.at_once or (b"", 0)
        socket.put(request + early, frames)

    async def _misbehave(self, socket: RawSocket) -> None:
        if not self._kind.reads:
            socket.deaf()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._kind.lives_s):
                await self._say_on(socket)

    async def _say_on(self, socket: RawSocket) -> None:
        """One stream after the other, at the pace of the kind, for as long as the connection is there."""
        while not socket.gone.done():
            if self._kind.streams and socket.takes_more:
                socket.put(*next(self._streams))
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(socket.gone), self._kind.every_s)


class Crowd:
    """All of them."""

    def __init__(self, url: str, scale: float) -> None:
        parts = urlsplit(url)
        where = (str(parts.hostname), parts.port or 80)
        self.counts = {kind.name: Count() for kind in KINDS}
        self.offenders = list(_offenders(scale, where, self.counts))
        self._open: list[int] = []

    async def run(self, seconds: float) -> None:
        """Until the time is over or the process is asked to end."""
        ending, begin, cpu = asyncio.Event(), time.perf_counter(), _cpu_s()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
        tasks = []
        for offender in self.offenders:
            tasks.append(asyncio.create_task(offender.run()))
            await asyncio.sleep(0.005)
        tasks.append(asyncio.create_task(self._watch()))
        with suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), seconds)
        for task in tasks:
            task.cancel()
        self._report(time.perf_counter() - begin, _cpu_s() - cpu)

    async def _watch(self) -> None:
        while not all(offender.tried for offender in self.offenders):  # noqa: ASYNC110 many of them make it true
            await asyncio.sleep(LOOK_S)
        _say("misbehaving", connections=len(self.offenders))
        while True:
            self._open.append(sum(count.open for count in self.counts.values()))
            await asyncio.sleep(LOOK_S)

    def _report(self, seconds: float, cpu_s: float) -> None:
        counts = self.counts.values()
        frames = sum(count.frames for count in counts)
        _say(
            "ended",
            seconds=round(seconds, 1),
            frames=frames,
            frames_per_s=round(frames / seconds),
            octets_per_s=round(sum(count.octets for count in counts) / seconds),
            upgrades_per_s=round(sum(count.asked for count in counts) / seconds),
            connections=len(self.offenders),
            links=round(sum(self._open) / max(1, len(self._open))),
            cpu_s=round(cpu_s, 2),
            kinds={name: vars(count) for name, count in self.counts.items()},
        )


def _offenders(scale: float, where: tuple[str, int], counts: dict[str, Count]) -> Iterator[Offender]:
    for kind in KINDS:
        for number in range(max(kind.shared, round(kind.count * scale))):
            yield Offender(kind, number, where, counts[kind.name])


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system


def _say(said: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"said": said, **more}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="ws://127.0.0.1:9000/ocpp/demo")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--scale", type=float, default=1.0)
    said = parser.parse_args()
    if urlsplit(said.url).hostname not in LOOPBACK:
        parser.error("the load goes to this machine only")
    if not (0 < said.scale <= 4 and 0 < said.seconds <= 600):
        parser.error("at most four times 500 connections, for at most ten minutes")
    os.nice(NICE)
    uvloop.run(Crowd(said.url, said.scale).run(said.seconds))


if __name__ == "__main__":
    main()
