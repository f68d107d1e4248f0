"""Load for a gateway on this machine: stations that keep to the rules, on pre-encoded OCPP 1.6 frames.

    .venv/bin/python tests/load/gateway_load.py --mode meter --stations 100 --seconds 10

Every station has one call out at a time. An unanswered call is sent again, on the same socket after `--answer-timeout`
and on a new one after a reconnect, with the same message id: what a charger does, so the script can be pointed at a
gateway that is being killed. Bounded in time and count; it talks to this machine only.

    --url URL              ws://127.0.0.1:9000/ocpp/demo, without the station
    --stations N           how many connect
    --seconds S            how long calls are made; answers are awaited for up to --answer-timeout after it
    --frames N             stop after so many acknowledged calls (0: no such bound)
    --mode MODE            meter | heartbeat | charge | idle
                           charge: StartTransaction, --readings MeterValues, StopTransaction, again and again
    --rate R               calls a second over all stations, evenly spread (0: closed loop, as fast as answers come)
    --readings N           MeterValues in a charge
    --tokens A,B,…         idTags, station by station in turn
    --identity PREFIX      stations are PREFIX0, PREFIX1, …
    --acks FILE            one JSON line per acknowledged call that is stored (all but heartbeats): at, station, id,
                           action, and of a charge also transaction, register; of a start token and timestamp too
    --answer-timeout S     then a call is sent again
    --connect-per-s N      upgrades a second at the beginning
    --pid PID              also report this process's CPU and resident memory (the gateway's)

Prints one JSON object: frames, seconds, per_s, p50_ms, p99_ms, max_ms, connected, reconnects, resent, refused
(CALLERROR by code), and with --pid cpu_s, cpu_us_per_frame, rss_kib, rss_kib_before (before anybody connected). Exit
code 1 when nobody was connected at the end.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import msgspec
import psutil
import uvloop
from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

LOOPBACK = ("127.0.0.1", "localhost", "::1")
RECONNECT_S = (0.05, 2.0)
BOOT = b'{"chargePointVendor":"Load","chargePointModel":"L1","firmwareVersion":"1"}'
METER = (
    b'{"connectorId":1,"transactionId":%d,"meterValue":[{"timestamp":"%b","sampledValue":['
    b'{"value":"%d","measurand":"Energy.Active.Import.Register","unit":"Wh","context":"Sample.Periodic"},'
    b'{"value":"10980.0","measurand":"Power.Active.Import","unit":"W"},'
    b'{"value":"15.9","measurand":"Current.Import","unit":"A","phase":"L1"},'
    b'{"value":"15.8","measurand":"Current.Import","unit":"A","phase":"L2"},'
    b'{"value":"16.0","measurand":"Current.Import","unit":"A","phase":"L3"}]}]}'
)
METER_OUTSIDE = METER.replace(b'"transactionId":%d,', b"")
START = b'{"connectorId":1,"idTag":"%b","meterStart":%d,"timestamp":"%b"}'
STOP = b'{"transactionId":%d,"meterStop":%d,"timestamp":"%b","reason":"EVDisconnected"}'
STEP_WH = 183
STEP_S = 0.02


@dataclass
class Options:
    """What the command line asks for."""

    url: str
    stations: int
    seconds: float
    frames: int
    mode: str
    rate: float
    readings: int
    tokens: list[str]
    identity: str
    acks: Path | None
    answer_timeout: float
    connect_per_s: float
    pid: int


@dataclass
class Tally:
    """What happened."""

    acks: IO[bytes] | None
    frames: int = 0
    connected: int = 0
    reconnects: int = 0
    resent: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    counting: bool = False


class Charger(WSListener):
    """One station: a call out, its answer in, the next call."""

    def __init__(self, options: Options, tally: Tally, number: int, run_name: str) -> None:
        self._options = options
        self._tally = tally
        self.identity = f"{options.identity}{number}"
        self._prefix = f"{self.identity}-{run_name}-".encode()
        self._token = options.tokens[number % len(options.tokens)].encode()
        self._count = 0
        self._register = 1000 * (number + 1)
        self._transaction = 0
        self._left = 0
        self._said: dict[str, object] = {}
        self._call: tuple[bytes, str, bytes] | None = None
        self._sent_at = 0.0
        self.transport: WSTransport | None = None
        self.booted = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Repeat what was not answered, or begin."""
        self.transport = transport
        self._tally.connected += 1
        if self._call is not None:
            self._tally.resent += 1
            self._put()
        elif not self.booted:
            self._say("BootNotification", BOOT)

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """The keeper connects again."""
        self.transport = None
        self._tally.connected -= 1

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """An answer."""
        kind = frame.msg_type
        if kind is WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif kind is WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()
        elif kind is WSMsgType.TEXT:
            self._answered(frame.get_payload_as_bytes())

    def step(self) -> None:
        """Make the next call of the mode, if none is out."""
        if self._call is not None or self.transport is None or not self._tally.counting:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if self._options.mode == "heartbeat":
            self._say("Heartbeat", b"{}")
        elif self._options.mode == "meter":
            self._register += STEP_WH
            self._say("MeterValues", METER_OUTSIDE % (now.encode(), self._register))
        elif self._options.mode == "charge":
            self._charge(now)

    def repeat_late(self, now: float) -> None:
        """A call that was not answered in time is sent again."""
        if self._call is not None and self.transport is not None and now - self._sent_at > self._options.answer_timeout:
            self._tally.resent += 1
            self._put()

    def leave(self) -> None:
        """Drop the socket."""
        if self.transport is not None:
            self.transport.disconnect(graceful=False)

    @property
    def waits(self) -> bool:
        """Whether an answer is still to come."""
        return self._call is not None

    def _charge(self, now: str) -> None:
        if not self._transaction:
            self._left = self._options.readings
            begun: dict[str, object] = {"token": self._token.decode(), "timestamp": now, "register": self._register}
            self._say("StartTransaction", START % (self._token, self._register, now.encode()), begun)
            return
        self._register += STEP_WH
        said: dict[str, object] = {"register": self._register}
        if self._left > 0:
            self._left -= 1
            self._say("MeterValues", METER % (self._transaction, now.encode(), self._register), said)
        else:
            self._say("StopTransaction", STOP % (self._transaction, self._register, now.encode()), said)

    def _say(self, action: str, payload: bytes, said: dict[str, object] | None = None) -> None:
        self._count += 1
        name = self._prefix + b"%d" % self._count
        self._said = said or {}
        self._call = (name, action, b'[2,"%b","%b",%b]' % (name, action.encode(), payload))
        self._put()

    def _put(self) -> None:
        if self._call is not None and self.transport is not None:
            self._sent_at = time.perf_counter()
            self.transport.send(WSMsgType.TEXT, self._call[2])

    def _answered(self, text: bytes) -> None:
        call = self._call
        if call is None or text[4 : 4 + len(call[0]) + 1] != call[0] + b'"':
            return
        took, self._call = time.perf_counter() - self._sent_at, None
        if text[1:2] != b"3":
            self._tally.refused[str(msgspec.json.decode(text)[2])] += 1
        else:
            self._accepted(call[0], call[1], text, took)
        if self._options.rate <= 0:
            self.step()

    def _accepted(self, name: bytes, action: str, text: bytes, took: float) -> None:
        tally, transaction = self._tally, self._transaction
        if action == "BootNotification":
            self.booted = True
        elif action == "StartTransaction":
            transaction = self._transaction = msgspec.json.decode(text)[2]["transactionId"]
        elif action == "StopTransaction":
            self._transaction = 0
        if tally.counting and action != "BootNotification":
            tally.frames += 1
            tally.latencies.append(took)
        if tally.acks is not None and action != "Heartbeat":
            said: dict[str, object] = {
                "at": datetime.now(UTC).isoformat(), "station": self.identity, "id": name.decode(), "action": action,
            }  # fmt: skip
            if transaction:
                said["transaction"] = transaction
            tally.acks.write(json.dumps(said | self._said).encode() + b"\n")


async def keep_connected(charger: Charger, options: Options, tally: Tally, stopping: asyncio.Event) -> None:
    """Connect, and connect again, until the run is over."""
    pause, first = RECONNECT_S[0], True
    while not stopping.is_set():
        try:
            transport, _ = await ws_connect(
                lambda: charger,
                f"{options.url}/{charger.identity}",
                extra_headers={"Sec-WebSocket-Protocol": "ocpp1.6"},
                read_buffer_init_size=2048,
                enable_auto_pong=False,
            )
        except (OSError, WSError, TimeoutError):
            await asyncio.sleep(pause)
            pause = min(pause * 2, RECONNECT_S[1])
            continue
        tally.reconnects += 0 if first else 1
        pause, first = RECONNECT_S[0], False
        with suppress(OSError, WSError):
            await transport.wait_disconnected()


async def take_turns(chargers: list[Charger], rate: float) -> None:
    """Open loop: the stations call one after the other, `rate` a second in all."""
    begin, done = time.perf_counter(), 0
    while True:
        due = int((time.perf_counter() - begin) * rate)
        for number in range(done, min(due, done + 10 * len(chargers))):
            chargers[number % len(chargers)].step()
        done = due
        await asyncio.sleep(0.001)


async def repeat_late_calls(chargers: list[Charger]) -> None:
    """The stations' patience."""
    while True:
        await asyncio.sleep(0.25)
        now = time.perf_counter()
        for charger in chargers:
            charger.repeat_late(now)


async def until(done: Callable[[], bool], seconds: float) -> None:
    """Wait until it holds, for so long at the most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not done():  # noqa: ASYNC110 many stations make it true, none of them knows
                await asyncio.sleep(STEP_S)


async def run(options: Options, acks: IO[bytes] | None) -> dict[str, object]:
    """Connect all, make calls for a while, and say what happened."""
    tally, stopping, gateway = Tally(acks), asyncio.Event(), Watched(options.pid)
    chargers = [Charger(options, tally, number, f"{int(time.time()):x}") for number in range(options.stations)]
    tasks: list[asyncio.Task[None]] = []
    try:
        await connect_all(chargers, options, tally, stopping, tasks)
        gateway.begin()
        begin = time.perf_counter()
        tally.counting = True
        tasks.append(asyncio.create_task(repeat_late_calls(chargers)))
        if options.rate > 0:
            tasks.append(asyncio.create_task(take_turns(chargers, options.rate)))
        else:
            for charger in chargers:
                charger.step()
        await until(lambda: 0 < options.frames <= tally.frames, options.seconds)
        tally.counting = False
        result = _result(tally, time.perf_counter() - begin) | gateway.end(tally.frames)
        await until(lambda: not any(charger.waits for charger in chargers), options.answer_timeout)
    finally:
        stopping.set()
        for task in tasks:
            task.cancel()
        for charger in chargers:
            charger.leave()
        await asyncio.gather(*tasks, return_exceptions=True)
    return result


async def connect_all(
    chargers: list[Charger], options: Options, tally: Tally, stopping: asyncio.Event, tasks: list[asyncio.Task[None]]
) -> None:
    """Bring the stations up, not all at once, and wait until they are booted."""
    together = max(1, int(options.connect_per_s / 100))
    for number, charger in enumerate(chargers):
        tasks.append(asyncio.create_task(keep_connected(charger, options, tally, stopping)))
        if number % together == together - 1:
            await asyncio.sleep(0.01)
    await until(lambda: all(charger.booted for charger in chargers), 30 + options.stations / options.connect_per_s)


class Watched:
    """CPU and memory of the process under load; nothing without a pid."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid) if pid else None
        _, self._empty_kib = self._used()
        self._cpu = 0.0

    def begin(self) -> None:
        """The load begins."""
        self._cpu, _ = self._used()

    def end(self, frames: int) -> dict[str, object]:
        """What the load cost."""
        if self._process is None:
            return {}
        cpu, kib = self._used()
        spent = cpu - self._cpu
        each = round(1e6 * spent / frames, 2) if frames else None
        return {"cpu_s": round(spent, 3), "cpu_us_per_frame": each, "rss_kib": kib, "rss_kib_before": self._empty_kib}

    def _used(self) -> tuple[float, int]:
        if self._process is None:
            return 0.0, 0
        times = self._process.cpu_times()
        return float(times.user + times.system), self._process.memory_info().rss // 1024


def _result(tally: Tally, seconds: float) -> dict[str, object]:
    ordered = sorted(tally.latencies)

    def at(part: float) -> float | None:
        return round(1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))], 3) if ordered else None

    return {
        "frames": tally.frames, "seconds": round(seconds, 3), "per_s": round(tally.frames / seconds, 1),
        "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1.0), "connected": tally.connected,
        "reconnects": tally.reconnects, "resent": tally.resent, "refused": dict(tally.refused),
    }  # fmt: skip


def options_of(arguments: list[str]) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="ws://127.0.0.1:9000/ocpp/demo")
    parser.add_argument("--stations", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--frames", type=int, default=0)
    parser.add_argument("--mode", choices=("meter", "heartbeat", "charge", "idle"), default="meter")
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--readings", type=int, default=5)
    parser.add_argument("--tokens", default="TAG0001", type=lambda text: text.split(","))
    parser.add_argument("--identity", default="LOAD")
    parser.add_argument("--acks", type=Path, default=None)
    parser.add_argument("--answer-timeout", type=float, default=30.0)
    parser.add_argument("--connect-per-s", type=float, default=400.0)
    parser.add_argument("--pid", type=int, default=0)
    options = Options(**vars(parser.parse_args(arguments)))
    if urlsplit(options.url).hostname not in LOOPBACK:
        parser.error("the load goes to this machine only")
    if not (0 < options.stations <= 20_000 and 0 < options.seconds <= 3600):
        parser.error("1 to 20,000 stations, for at most an hour")
    return options


def main() -> int:
    """Run the load and print what happened."""
    options = options_of(sys.argv[1:])
    with open(options.acks or os.devnull, "ab") as acks:
        result = uvloop.run(run(options, acks if options.acks else None))
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["connected"] else 1


if __name__ == "__main__":
    sys.exit(main())
