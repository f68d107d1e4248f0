"""Plug to view: a few stations of our own plug in and start, and we look in Postgres for their rows to appear."""

import asyncio
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, cycle
from secrets import token_hex
from typing import Any

import msgspec
import psycopg
import websockets

from benchmarks.eye import Eye, Kind
from benchmarks.figure import NotMeasured
from benchmarks.stage import TOKEN, Stage
from volt_contracts.ids import station_uid

TENANT = "demo"
PROBES = 20
EVERY_S = 0.05
ANSWER_S = 30.0
VISIBLE_S = 20.0
FAILURES = (OSError, TimeoutError, websockets.WebSocketException, psycopg.Error, ExceptionGroup)
"""What can go wrong on the way; in a task group it comes as a group."""


class NeverSeen(Exception):
    """A row did not become visible in time."""


@dataclass
class Seen:
    """Seconds from sending on the socket to the committed row: of StatusNotifications, and of StartTransactions."""

    plugs: list[float] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    missing: int = 0


class Probe:
    """A station of our own: one socket, one call at a time."""

    def __init__(self, number: int, connection: websockets.ClientConnection) -> None:
        self.uid = station_uid(TENANT, identity(number))
        self.busy = False
        self._connection = connection
        self._token = TOKEN.format(number=number)
        self._register = 1000
        self._numbers = count(1)

    async def boot(self) -> None:
        """As every station begins."""
        await self._call("BootNotification", {"chargePointVendor": "Load", "chargePointModel": "L1"})

    async def visit(self, eye: Eye, seen: Seen) -> None:
        """A car comes, charges for no time at all, and leaves. Each step waits for the row of the one before it."""
        self.busy = True
        try:
            await self.plug("Preparing", eye, seen)
            transaction = await self._start(eye, seen)
            self._register += 10
            stop = {"transactionId": transaction, "meterStop": self._register, "timestamp": _now()}
            await self._call("StopTransaction", stop)
            await self.plug("Available", eye, seen)
        except NeverSeen:
            seen.missing += 1
        finally:
            self.busy = False

    async def plug(self, status: str, eye: Eye, seen: Seen) -> None:
        """A status with a mark of its own; a long row of digits would be taken for a card number and redacted."""
        mark, sent = f"plug {token_hex(4)}", time.perf_counter()
        said = {"connectorId": 1, "errorCode": "NoError", "status": status, "info": mark, "timestamp": _now()}
        await self._call("StatusNotification", said)
        seen.plugs.append(await _visible(eye, "plug", mark) - sent)

    async def close(self) -> None:
        """Leave."""
        await self._connection.close()

    async def _start(self, eye: Eye, seen: Seen) -> int:
        sent = time.perf_counter()
        said = {"connectorId": 1, "idTag": self._token, "meterStart": self._register, "timestamp": _now()}
        transaction = int((await self._call("StartTransaction", said))["transactionId"])
        seen.starts.append(await _visible(eye, "start", str(transaction)) - sent)
        return transaction

    async def _call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        name = f"{next(self._numbers)}-{time.time_ns()}"
        await self._connection.send(msgspec.json.encode([2, name, action, payload]).decode())
        async with asyncio.timeout(ANSWER_S):
            while True:
                said = msgspec.json.decode(await self._connection.recv())
                if said[:2] == [3, name]:
                    answer: dict[str, Any] = said[2]
                    return answer


async def _visible(eye: Eye, kind: Kind, name: str) -> float:
    try:
        return await eye.visible(kind, name, VISIBLE_S)
    except TimeoutError as late:
        raise NeverSeen(f"the {kind} {name} did not become visible within {VISIBLE_S:g} s") from late


class Probing:
    """The probes in a thread of their own, from `with` until `stop`."""

    def __init__(self, stage: Stage) -> None:
        self._url, self._dsn = stage.url, stage.dsn
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._seen = Seen()
        self._thread = threading.Thread(target=self._live, name="probe", daemon=True)

    def __enter__(self) -> "Probing":
        self._thread.start()
        self._ready.wait(2 * ANSWER_S + VISIBLE_S)
        return self

    def __exit__(self, *_failure: object) -> None:
        self._end()

    def stop(self) -> Seen:
        """Plug in no more, wait for what is not visible yet, and say what was seen.

        Raises:
            NotMeasured: a probe got no answer, or Postgres could not be watched.
        """
        self._end()
        if self._failure is not None:
            raise NotMeasured(f"the probes failed: {self._failure!r}") from self._failure
        return self._seen

    def _end(self) -> None:
        self._stopping.set()
        self._thread.join(4 * VISIBLE_S)

    def _live(self) -> None:
        try:
            asyncio.run(self._probe())
        except FAILURES as failure:
            self._failure = failure
        finally:
            self._ready.set()

    async def _probe(self) -> None:
        probes = await asyncio.gather(*(_connected(self._url, number) for number in range(PROBES)))
        eye = Eye(self._dsn, TENANT, (probe.uid for probe in probes))
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(eye.run())
            # The first plug of a station is not timed: its adoption is on the way too.
            await asyncio.gather(*(probe.plug("Available", eye, Seen()) for probe in probes))
            self._ready.set()
            await self._in_turn(probes, eye)
            watching.cancel()
        await asyncio.gather(*(probe.close() for probe in probes))

    async def _in_turn(self, probes: list[Probe], eye: Eye) -> None:
        async with asyncio.TaskGroup() as visits:
            for probe in cycle(probes):
                if self._stopping.is_set():
                    return
                if not probe.busy:
                    visits.create_task(probe.visit(eye, self._seen))
                await asyncio.sleep(EVERY_S)


def identity(number: int) -> str:
    """The OCPP identity of a probe."""
    return f"PROBE-{number}"


async def _connected(url: str, number: int) -> Probe:
    connection = await websockets.connect(
        f"{url}/{identity(number)}",
        subprotocols=[websockets.Subprotocol("ocpp1.6")],
        compression=None,
        open_timeout=ANSWER_S,
        ping_interval=None,
    )
    probe = Probe(number, connection)
    await probe.boot()
    return probe


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
