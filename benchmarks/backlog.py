"""One station sends what it kept through hours without a link; what the others notice of it, in one run."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import websockets

from benchmarks.figure import Figure, NotMeasured, percentile
from benchmarks.lags import Lags, drained
from benchmarks.load import Flags, begun, ended, loading
from benchmarks.plan import Plan
from benchmarks.probe import ANSWER_S, Probing
from benchmarks.stage import TOKEN, TOKENS, Stage

OTHERS = 200
READINGS = 40
IN_FLIGHT = 16
"""What the gateway takes of one station before it lets it wait."""
KEPT_FOR = timedelta(hours=9)


class Backlog:
    """A thread in which one station sends `frames` MeterValues of the past, always `IN_FLIGHT` of them unanswered."""

    def __init__(self, url: str, frames: int) -> None:
        self.frames = frames
        self.acknowledged = 0
        self.seconds = 0.0
        self._url = f"{url}/BACKLOG-{time.time_ns()}"
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._live, name="backlog", daemon=True)

    def __enter__(self) -> "Backlog":
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._thread.join(ANSWER_S)

    @property
    def per_s(self) -> float:
        """Acknowledged frames a second.

        Raises:
            NotMeasured: the station lost its link, or got no answer.
        """
        if self._failure is not None or not self.acknowledged:
            raise NotMeasured(f"the backlog was not taken: {self._failure!r}") from self._failure
        return self.acknowledged / self.seconds

    def _live(self) -> None:
        try:
            asyncio.run(self._send())
        except (OSError, TimeoutError, websockets.WebSocketException) as failure:
            self._failure = failure

    async def _send(self) -> None:
        protocol = websockets.Subprotocol("ocpp1.6")
        async with websockets.connect(self._url, subprotocols=[protocol], compression=None, ping_interval=None) as link:
            await self._call(link, "BootNotification", {"chargePointVendor": "Load", "chargePointModel": "L1"})
            start = {"connectorId": 1, "idTag": TOKEN.format(number=0), "meterStart": 0, "timestamp": _ago(self.frames)}
            transaction = (await self._call(link, "StartTransaction", start))["transactionId"]
            begin, sent = time.monotonic(), 0
            while self.acknowledged < self.frames:
                while sent < self.frames and sent - self.acknowledged < IN_FLIGHT:
                    await link.send(_reading(transaction, sent, self.frames - sent))
                    sent += 1
                async with asyncio.timeout(ANSWER_S):
                    answer = msgspec.json.decode(await link.recv())
                self.acknowledged += answer[0] == 3
                self.seconds = time.monotonic() - begin

    @staticmethod
    async def _call(link: websockets.ClientConnection, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        await link.send(msgspec.json.encode([2, action, action, payload]).decode())
        async with asyncio.timeout(ANSWER_S):
            while True:
                answer = msgspec.json.decode(await link.recv())
                if answer[:2] == [3, action]:
                    found: dict[str, Any] = answer[2]
                    return found


def figures(stage: Stage, plan: Plan) -> Iterator[Figure]:
    """The same calm load three times, warmed up: alone, while one station sends its backlog, and alone again."""
    _pushed(stage, plan, None, plan.broker_s)
    before = _pushed(stage, plan, None, plan.probe_s)
    backlog = Backlog(stage.url, plan.backlog_frames)
    beside = _pushed(stage, plan, backlog, plan.probe_s)
    after = _pushed(stage, plan, None, plan.probe_s)
    alone = {name: round((value + after[name]) / 2, 1) for name, value in before.items()}
    rate = backlog.per_s
    ratios = {name: round(beside[name] / alone[name], 2) for name in alone if name.endswith("_ms") and alone[name]}
    yield Figure(
        "backlog",
        f"{OTHERS} stations at 1/s beside a backlog of {backlog.frames:,}",
        f"backlog {rate:,.0f}/s; others' answers p50 {_change(alone, beside, 'ack_p50_ms')}, "
        f"p99 {_change(alone, beside, 'ack_p99_ms')}; plug to view p50 {_change(alone, beside, 'plug_p50_ms')}, "
        f"p99 {_change(alone, beside, 'plug_p99_ms')}",
        {"alone": alone, "beside": beside, "ratios": ratios, "backlog_per_s": round(rate, 1)},
    )


def _pushed(stage: Stage, plan: Plan, backlog: Backlog | None, seconds: float) -> dict[str, float]:
    lags = Lags(stage)
    flags: Flags = {"mode": "visit", "stations": OTHERS, "rate": OTHERS, "seconds": seconds, "warm_up": plan.warm_up_s}
    with (
        Probing(stage) as probing,
        loading(stage.url, readings=READINGS, identity="OTHER-", tokens=TOKENS, **flags) as load,
    ):
        begun(load, OTHERS)
        with lags, backlog or nullcontext():
            found = ended(load, seconds)
            seen = probing.stop()
    if drained(stage, plan.drain_s) is None or not seen.plugs:
        raise NotMeasured("the pipe was not drained in time, or no plug became visible")
    return {
        "ack_p50_ms": found["p50_ms"],
        "ack_p99_ms": found["p99_ms"],
        "plug_p50_ms": round(1000 * percentile(seen.plugs, 0.5), 1),
        "plug_p99_ms": round(1000 * percentile(seen.plugs, 0.99), 1),
        "plugs": len(seen.plugs),
        "never_seen": seen.missing,
        "behind_s": round(max(lags.worst.values(), default=0.0), 2),
    }


def _change(alone: dict[str, float], beside: dict[str, float], name: str) -> str:
    return f"{alone[name]:.1f} → {beside[name]:.1f} ms (×{beside[name] / max(alone[name], 0.001):.1f})"


def _reading(transaction: int, number: int, seconds_ago: int) -> str:
    value = {"timestamp": _ago(seconds_ago), "sampledValue": [{"value": str(3 * number)}]}
    payload = {"connectorId": 1, "transactionId": transaction, "meterValue": [value]}
    return msgspec.json.encode([2, f"r{number}", "MeterValues", payload]).decode()


def _ago(seconds: int) -> str:
    moment = datetime.now(UTC) - KEPT_FOR - timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
