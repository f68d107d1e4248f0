"""The console's lists on a large network: how long the API takes for a page, however it is filtered, and what it costs.

A Postgres and a console of the benchmark's own; both are gone at the end, with their data.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.cost import Cost
from benchmarks.figure import Figure, NotMeasured, at_most, percentile
from benchmarks.lists_asked import QUESTIONS, Asker, Seen
from benchmarks.lists_fill import fill, make
from benchmarks.plan import Plan
from volt_devstack.postgres import PostgresServer
from volt_testkit.stack import free_port

GROUP = "lists"
SESSIONS = "VOLT_BENCH_SESSIONS"
"""How many visits there are, where the plan's number is too small: ten million take some twelve minutes to write."""
BYTES_A_SESSION = 2_000
LIMIT_MS = 200.0
AT_ONCE = 4
UP_S = 30.0


def figures(plan: Plan) -> Iterator[Figure]:
    """Each question by itself, one reader; then all of them mixed, four readers at once."""
    sessions = int(os.environ.get(SESSIONS) or plan.list_sessions)
    with _standing(plan.list_stations, sessions) as (url, roles):
        yield from _measured(url, roles, plan, f"{plan.list_stations:,} stations, {sessions:,} visits")


def _measured(url: str, roles: dict[str, list[int]], plan: Plan, size: str) -> Iterator[Figure]:
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        seen = Seen.of(client)
        for question in QUESTIONS:
            cost = Cost(roles)
            asker = Asker(client, seen, question)
            asker.ask(5)
            cost.begin()
            took = asker.ask(plan.list_requests)
            cost.end()
            yield _figure(question.name, took, cost.each(len(took)), question.promised)
    cost = Cost(roles)
    cost.begin()
    took = _mixed(url, seen, plan.list_requests)
    cost.end()
    yield _figure(f"all of these at once, {AT_ONCE} readers; {size}", took, cost.each(len(took)), True)


def _figure(name: str, took: list[float], cpu_us: dict[str, float], promised: bool) -> Figure:
    p50, p99, worst = percentile(took, 0.5), percentile(took, 0.99), max(took)
    return Figure(
        GROUP,
        name,
        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, slowest {worst:.1f} ms",
        {"p50_ms": p50, "p99_ms": p99, "worst_ms": worst, "requests": len(took)},
        cpu_us,
        (at_most(p99, LIMIT_MS, "p99 ms"),) if promised else (),
    )


def _mixed(url: str, seen: Seen, requests: int) -> list[float]:
    def reader(number: int) -> list[float]:
        with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
            askers = [Asker(client, seen, question, seed=number) for question in QUESTIONS]
            return [took for _ in range(max(1, requests // AT_ONCE)) for asker in askers for took in asker.ask(1)]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [took for found in pool.map(reader, range(AT_ONCE)) for took in found]


@contextmanager
def _standing(stations: int, sessions: int) -> Iterator[tuple[str, dict[str, list[int]]]]:
    with tempfile.TemporaryDirectory(prefix="voltlog-bench-lists-", ignore_cleanup_errors=True) as folder:
        needed, free = sessions * BYTES_A_SESSION, shutil.disk_usage(folder).free
        if free < 2 * needed:
            raise NotMeasured(f"{sessions:,} visits need {needed >> 30} GiB, and as much again must stay free")
        server = PostgresServer(Path(folder) / "postgres", free_port())
        server.start()
        try:
            server.wait_ready(UP_S)
            make(server.dsn)
            fill(server.dsn, stations, sessions)
            with _serving(server.dsn) as (url, pid):
                assert server.pid is not None, "it has just answered"
                yield url, {"console": [pid], "postgres": [server.pid]}
        finally:
            server.delete_data()


@contextmanager
def _serving(dsn: str) -> Iterator[tuple[str, int]]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.lists_served", dsn, str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{url}/api/v1/stations?limit=1", process)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(10)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + UP_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(address, timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise NotMeasured("the console did not answer")
