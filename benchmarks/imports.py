"""A whole network from one file: whole or nothing, once whoever repeats it, and how long each step takes."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import msgspec

from benchmarks.cost import Cost
from benchmarks.figure import Figure, NotMeasured, Target, percentile
from benchmarks.plan import Plan
from benchmarks.stage import Stage
from volt_contracts import codec
from volt_contracts.codec import type_name
from volt_contracts.drivers import TokenRegistered
from volt_contracts.envelope import COMMAND, TYPE, header
from volt_contracts.ids import entity_key
from volt_contracts.imports import row_of
from volt_contracts.message import Actor
from volt_contracts.refs import token_ref
from volt_contracts.topics import (
    DRIVERS_TOKEN_COMMANDS,
    DRIVERS_TOKEN_EVENTS,
    NETWORK_STATION_COMMANDS,
    NETWORK_STATIONS,
)
from volt_eventlog.reading import read
from volt_imports.process import Line, Passed, Request
from volt_imports.rows import SHEET
from volt_testkit.workbook import write_workbook

API = "/api/v1/imports"
TENANT = "demo"
TOKENS_EACH = 5
WITHIN_S = 1_800.0
PAGE_EVERY_S = 0.25
KEY = {"Idempotency-Key": "the network of the benchmark"}
_ACTOR = Actor(kind="operator", id="bench")
_COLUMNS = ("identity", "name", "evse", "evse_id", "connector", "standard", "format", "power_type", "max_power", "key")


def figures(stage: Stage, plan: Plan) -> Iterator[Figure]:
    """With a fault, killed in the middle, whole, repeated under its key and without one."""
    run = _Run(stage, plan.import_stations)
    yield run.with_a_fault()
    yield run.killed()
    yield run.whole()
    yield run.repeated()


@dataclass
class _Run:
    stage: Stage
    stations: int

    def __post_init__(self) -> None:
        self.tokens = self.stations * TOKENS_EACH
        self.file = self.stage.home / "network.xlsx"
        self.commands = self.stations + self.tokens
        self.before = self._ends()
        refs = (token_ref(self.stage.secret, TENANT, _uid(number)) for number in range(1, self.tokens + 1))
        self.keys = frozenset(entity_key(TENANT, ref).encode() for ref in refs)
        _write(self.file, self.stations, self.tokens)

    def with_a_fault(self) -> Figure:
        """One wrong cell in the last row: nothing is sent."""
        wrong = self.stage.home / "wrong.xlsx"
        _write(wrong, self.stations, self.tokens, fault=True)
        began = time.monotonic()
        answer = self._post(wrong, {})
        took = time.monotonic() - began
        nothing = self._ends() == self.before
        wrong.unlink()
        problem = answer.json()
        found = answer.status_code == 422 and len(problem.get("errors", ())) == 1
        return Figure(
            "imports", f"{self._what()}, one cell is wrong", f"refused after {took:.1f} s: {problem.get('detail')}",
            {"seconds": took}, targets=(Target("its one fault told", found), Target("nothing sent", nothing)),
        )  # fmt: skip

    def killed(self) -> Figure:
        """kill -9 in the middle of its transaction: nothing is visible."""
        request = Request(
            path=str(self.file), name="network.xlsx", tenant=TENANT, actor=_ACTOR, key=KEY["Idempotency-Key"]
        )
        environment = {"KAFKA_BOOTSTRAP_SERVERS": self.stage.bootstrap, "VOLT_TOKEN_SECRET": self.stage.secret}
        process = subprocess.Popen(
            [sys.executable, "-m", "volt_imports"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=self.stage.environment | environment,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode(request) + b"\n")
        process.stdin.flush()
        for raw in process.stdout:
            line = msgspec.json.decode(raw, type=Line)
            if isinstance(line, Passed) and line.step == "sending" and line.done > line.total // 2:
                process.send_signal(signal.SIGKILL)
                break
        process.communicate()
        if process.returncode != -signal.SIGKILL:
            raise NotMeasured("the import ended before it could be killed")
        sent = asyncio.run(self._committed())
        return Figure(
            "imports", f"{self._what()}, kill -9 at half of it", f"{sent} commands of it visible",
            {"visible": sent}, targets=(Target("nothing visible", not sent),),
        )  # fmt: skip

    def whole(self) -> Figure:
        """By the API, under the key of the one that was killed; pages are asked for meanwhile."""
        cost = Cost(self.stage.roles("kafka", "network", "drivers", "session", "console", "postgres"))
        cost.begin()
        began = time.monotonic()
        with _Pages(self._url("/")) as pages:
            answer = self._post(self.file, KEY)
            if answer.status_code not in (200, 202):
                raise NotMeasured(f"the import was answered {answer.status_code}: {answer.text[:200]}")
            sent = time.monotonic() - began
            self._until_answered(answer.json()["id"])
            took = time.monotonic() - began
        cost.end()
        told = answer.json()
        seconds = told["seconds"]
        steps = ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
        stations, tokens = asyncio.run(self._rows())
        right = stations == _expected(self.stations)
        counts = self._ends()
        shown = (
            f"{self.commands:,} commands of {sum(told['rows'].values()):,} rows: answered after {sent:.1f} s ({steps}),"
            f" every outcome in the console's view after {took:.1f} s; overview meanwhile p50"
            f" {1000 * percentile(pages.took, 0.5):.0f} ms, p99 {1000 * percentile(pages.took, 0.99):.0f} ms"
        )
        values = {"answered_s": sent, "outcomes_s": took, "rows_sha256": stations, "tokens": tokens, **seconds}
        return Figure(
            "imports", f"{self._what()}, repeated after the kill, by the API", shown,
            values | {"pages": len(pages.took), "page_p99_ms": 1000 * percentile(pages.took, 0.99), "counts": counts},
            cost.each(self.commands),
            (
                Target("hash of the public rows", right),
                Target("every token once", tokens == self.tokens),
                Target("every command accepted", self._accepted(told["id"])),
            ),
        )  # fmt: skip

    def repeated(self) -> Figure:
        """Once more under its key, and once without: nothing is sent, the rows stay the same."""
        before, committed = asyncio.run(self._rows()), asyncio.run(self._committed())
        began = time.monotonic()
        again = self._post(self.file, KEY).json()
        middle = time.monotonic()
        other = self._post(self.file, {}).json()
        end = time.monotonic()
        same = asyncio.run(self._rows()) == before and asyncio.run(self._committed()) == committed
        states = (again.get("state"), other.get("state"))
        return Figure(
            "imports", f"{self._what()}, repeated",
            f"under its key {middle - began:.1f} s ({states[0]}), without {end - middle:.1f} s ({states[1]})",
            {"with_key_s": middle - began, "without_key_s": end - middle, "committed": committed},
            targets=(
                Target("known as done, and as unchanged", states == ("imported_before", "unchanged")),
                Target("nothing sent, same rows", same and committed == self.commands),
            ),
        )  # fmt: skip

    def _what(self) -> str:
        return f"{self.stations:,} stations, {self.tokens:,} tokens"

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.stage.environment['VOLT_CONSOLE_PORT']}{path}"

    def _post(self, file: Path, headers: dict[str, str]) -> httpx.Response:
        with file.open("rb") as content:
            return httpx.post(
                self._url(API), params={"name": "network.xlsx"}, headers=headers, timeout=WITHIN_S, trust_env=False,
                content=iter(lambda: content.read(1 << 16), b""),
            )  # fmt: skip

    def _one(self, import_id: str) -> dict[str, Any]:
        answer = httpx.get(self._url(f"{API}/{import_id}"), timeout=30, trust_env=False)
        return dict(answer.json()) if answer.status_code == 200 else {}

    def _until_answered(self, import_id: str) -> None:
        self.stage.until(
            lambda: self._one(import_id).get("answered") == self.commands, WITHIN_S, "outcomes are missing"
        )

    def _accepted(self, import_id: str) -> bool:
        return self._one(import_id).get("outcomes") == {"accepted": self.commands}

    def _ends(self) -> dict[str, int]:
        return {topic.name: self.stage.count(topic) for topic in (NETWORK_STATION_COMMANDS, DRIVERS_TOKEN_COMMANDS)}

    async def _committed(self) -> int:
        """Commands of imports of this file that are visible."""
        kafka, count = self.stage.kafka, 0
        for topic in (NETWORK_STATION_COMMANDS, DRIVERS_TOKEN_COMMANDS):
            async for _, records in read(kafka, [kafka.name(topic)]):
                for record in records:
                    row = row_of((header(record.headers, COMMAND) or b"").decode())
                    count += row is not None and row[1] > SHEET
        return count

    async def _rows(self) -> tuple[str, int]:
        """A hash over the stations of the file as they are published, and how many of its tokens there are once."""
        kafka, found = self.stage.kafka, {}
        async for _, records in read(kafka, [kafka.name(NETWORK_STATIONS)]):
            for record in records:
                row = codec.decode(NETWORK_STATIONS, header(record.headers, TYPE) or b"", record.value)
                found[row.identity] = _line(row.identity, row.name, row.version, [evse.evse_id for evse in row.evses])
        tokens = dict.fromkeys(self.keys, 0)
        tag = type_name(TokenRegistered).encode()
        async for _, records in read(kafka, [kafka.name(DRIVERS_TOKEN_EVENTS)]):
            for record in records:
                if record.key in tokens and header(record.headers, TYPE) == tag:
                    tokens[record.key] += 1
        return _hash(found.values()), sum(count == 1 for count in tokens.values())


class _Pages:
    """Somebody who looks at a page all the time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.took: list[float] = []

    def __enter__(self) -> "_Pages":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        with httpx.Client(timeout=60, trust_env=False) as client:
            while not self._ended.wait(PAGE_EVERY_S):
                began = time.monotonic()
                client.get(self._url).raise_for_status()
                self.took.append(time.monotonic() - began)


def _write(path: Path, stations: int, tokens: int, fault: bool = False) -> None:
    lines = (
        (
            _identity(number), _name(number), evse, _evse_id(number, evse), 1, "type2", "socket", "AC 3 phase", 22000,
            f"{number:032x}",
        )
        for number in range(stations)
        for evse in (1, 2)
    )  # fmt: skip
    cards = ((_uid(number), "card" if fault and number == tokens else "rfid") for number in range(1, tokens + 1))
    write_workbook(path, {"stations": _with(_COLUMNS, lines), "tokens": _with(("uid", "type"), cards)})


def _with(header: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    yield header
    yield from rows


def _identity(number: int) -> str:
    return f"BENCH-{number:06}"


def _uid(number: int) -> str:
    return f"{number:014X}"


def _name(number: int) -> str:
    return f"Station {number}"


def _evse_id(number: int, evse: int) -> str:
    return f"DE*VLT*E{number:06}*{evse}"


def _line(identity: str, name: str | None, version: int, evses: list[str | None]) -> str:
    return f"{identity} {name} {version} {evses}"


def _expected(stations: int) -> str:
    """The hash of what the file says, each station at its first version."""
    return _hash(_line(_identity(n), _name(n), 1, [_evse_id(n, evse) for evse in (1, 2)]) for n in range(stations))


def _hash(lines: Any) -> str:
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()
