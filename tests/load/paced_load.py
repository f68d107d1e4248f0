"""Load with a marked window, for measurements: it says when the calls that count begin and when they have ended.

    PYTHONPATH=tests .venv/bin/python -m load.paced_load --mode visit --stations 500 --rate 3000 --seconds 30

The stations of `gateway_load` with two longer stories: `charge` (BootNotification, Authorize, StartTransaction,
`--readings` MeterValues, StopTransaction) and `visit` (StatusNotifications around the same without the boot). What
starts in a warm-up is not counted. Prints JSON lines: `{"said": "connected"}`, `{"said": "begun"}` and
`{"said": "ended", …}` with frames, seconds, per_s, p50_ms, p99_ms, max_ms, skipped (turns of the open loop whose
station was still waiting for an answer), resent and refused. With `--windows` there are several, and each but the first
begins when a line comes in; the calls go on between them. Bounded in time and count; it talks to this machine only.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import uvloop
from load.gateway_load import BOOT, LOOPBACK, METER, START, STOP, Charger, Options, Tally, connect_all, until

STATUS = b'{"connectorId":1,"errorCode":"NoError","status":"%b","timestamp":"%b"}'
STEP_WH = 3
PATIENCE_S = 30.0
STORIES = ("charge", "visit")

Said = tuple[str, bytes]
"""Action and payload of a call."""


class StoryTeller(Charger):
    """A station that tells a longer story, call by call, again and again."""

    def __init__(self, options: Options, tally: Tally, number: int, run_name: str) -> None:
        super().__init__(options, tally, number, run_name)
        self._story = self._told(options.mode == "charge")
        # Not all stations are at the same point of their charge.
        self._first = 1 + number % max(1, options.readings)

    def step(self) -> None:
        """Make the next call of the story, if none is out."""
        if self._call is None and self.transport is not None and self._tally.counting:
            self._say(*next(self._story))

    def _told(self, boots: bool) -> Iterator[Said]:
        while True:
            yield from self._begin(boots)
            readings, self._first = self._first or self._options.readings, 0
            for _ in range(readings):
                self._register += STEP_WH
                yield "MeterValues", METER % (self._transaction, _now(), self._register)
            yield "StopTransaction", STOP % (self._transaction, self._register, _now())
            if not boots:
                yield "StatusNotification", STATUS % (b"Finishing", _now())
                yield "StatusNotification", STATUS % (b"Available", _now())

    def _begin(self, boots: bool) -> Iterator[Said]:
        if boots:
            yield "BootNotification", BOOT
        else:
            yield "StatusNotification", STATUS % (b"Preparing", _now())
        yield "Authorize", b'{"idTag":"%b"}' % self._token
        yield "StartTransaction", START % (self._token, self._register, _now())
        if not boots:
            yield "StatusNotification", STATUS % (b"Charging", _now())


class Pace:
    """The open loop: stations take turns, `rate` calls a second in all; `skipped` counts those who still waited."""

    def __init__(self, chargers: list[Charger], rate: float) -> None:
        self._chargers = chargers
        self._rate = rate
        self.skipped = 0

    async def run(self) -> None:
        """Until it is cancelled; turns that come late because this process was held up are made up for."""
        begin, done = time.perf_counter(), 0
        while True:
            due = int((time.perf_counter() - begin) * self._rate)
            for number in range(done, due):
                charger = self._chargers[number % len(self._chargers)]
                self.skipped += charger.waits
                charger.step()
            done = due
            await asyncio.sleep(0.001)


async def run(options: Options, warm_up_s: float, windows: int) -> None:
    """Connect all, warm up, make calls for a while, and say what happened."""
    tally, stopping, name = Tally(None), asyncio.Event(), f"{int(time.time() * 1000):x}"
    teller = StoryTeller if options.mode in STORIES else Charger
    chargers: list[Charger] = [teller(options, tally, number, name) for number in range(options.stations)]
    tasks: list[asyncio.Task[None]] = []
    try:
        await connect_all(chargers, options, tally, stopping, tasks)
        _say("connected", connected=tally.connected, booted=sum(charger.booted for charger in chargers))
        await _measure(chargers, options, tally, tasks, warm_up_s, windows)
    finally:
        stopping.set()
        for task in tasks:
            task.cancel()
        for charger in chargers:
            charger.leave()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _measure(
    chargers: list[Charger],
    options: Options,
    tally: Tally,
    tasks: list[asyncio.Task[None]],
    warm_up_s: float,
    windows: int,
) -> None:
    pace = Pace(chargers, options.rate)
    tally.counting = True
    if options.rate > 0:
        tasks.append(asyncio.create_task(pace.run()))
    else:
        for charger in chargers:
            charger.step()
    await asyncio.sleep(warm_up_s)
    for left in reversed(range(windows)):
        await _window(options, tally, pace)
        if left:
            await asyncio.to_thread(sys.stdin.readline)
    tally.counting = False
    await until(lambda: not any(charger.waits for charger in chargers), options.answer_timeout)


async def _window(options: Options, tally: Tally, pace: Pace) -> None:
    tally.frames = tally.resent = pace.skipped = 0
    tally.latencies.clear()
    tally.refused.clear()
    _say("begun")
    begin = time.perf_counter()
    await until(lambda: 0 < options.frames <= tally.frames, options.seconds)
    _say("ended", **_result(tally, time.perf_counter() - begin), skipped=pace.skipped)


def _result(tally: Tally, seconds: float) -> dict[str, object]:
    ordered = sorted(tally.latencies)

    def at(part: float) -> float | None:
        return round(1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))], 3) if ordered else None

    return {
        "frames": tally.frames, "seconds": round(seconds, 3), "per_s": round(tally.frames / seconds, 1),
        "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1.0),
        "connected": tally.connected, "resent": tally.resent, "refused": dict(tally.refused),
    }  # fmt: skip


def _tokens(count: int) -> list[str]:
    return [f"BENCH{number:04d}" for number in range(count)] or ["TAG0001"]


def _now() -> bytes:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


def _say(said: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"said": said, **more}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="ws://127.0.0.1:9000/ocpp/demo")
    parser.add_argument("--stations", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--warm-up", type=float, default=1.0)
    parser.add_argument("--windows", type=int, default=1)
    parser.add_argument("--frames", type=int, default=0)
    parser.add_argument("--mode", choices=("meter", "heartbeat", "idle", *STORIES), default="meter")
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--readings", type=int, default=5)
    parser.add_argument("--identity", default="LOAD")
    parser.add_argument("--tokens", type=int, default=0, help="BENCH0000 and so on, so many in turn; 0: TAG0001")
    parser.add_argument("--connect-per-s", type=float, default=400.0)
    said = parser.parse_args()
    if urlsplit(said.url).hostname not in LOOPBACK:
        parser.error("the load goes to this machine only")
    if not (0 < said.stations <= 20_000 and 0 < said.seconds <= 3600):
        parser.error("1 to 20,000 stations, for at most an hour")
    options = Options(
        url=said.url, stations=said.stations, seconds=said.seconds, frames=said.frames, mode=said.mode,
        rate=said.rate, readings=said.readings, tokens=_tokens(said.tokens), identity=said.identity, acks=None,
        answer_timeout=PATIENCE_S, connect_per_s=said.connect_per_s, pid=0,
    )  # fmt: skip
    uvloop.run(run(options, said.warm_up, said.windows))


if __name__ == "__main__":
    main()
