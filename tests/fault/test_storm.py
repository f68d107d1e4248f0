"""A gateway process with thousands of sockets is killed: all are back soon, nothing that was acknowledged is lost."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fault.fault_stage import load_kept
from fault.storm import answers_of_others, read_storm, told
from fault.test_back_soon import steady

from volt_testkit.running import Stack, running_stack

pytestmark = pytest.mark.fault

SOCKETS = int(os.environ.get("VOLT_STORM_SOCKETS", "5000"))
"""On the process that is killed; the kernel gives the other one as many, and those are the others."""
RATE = 300
STEADY_S = 15.0
CONNECTED_S = 360.0
BACK_S = 120.0
PATIENCE_S = 30.0
"""A station gives an answer up after so long; none of the others may get near it."""
SETTINGS = {"VOLT_GATEWAY_WORKERS": "2", "VOLT_CONNECTIONS_PER_ADDRESS": "20000"}
TESTS = Path(__file__).parents[1]


@contextmanager
def running_storm(stack: Stack, acks: Path, links: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The stations, all connected and calling; at the end they get their last answers."""
    url = stack.status()["gateway"]["url"].replace("/{station}", "")
    flags = {"url": url, "acks": acks, "links": links, "stations": 2 * SOCKETS, "rate": RATE}
    words = [sys.executable, "-m", "load.storm_load", *(f"--{name}={value}" for name, value in flags.items())]
    said = stack.home / "storm.log"
    with said.open("wb") as log:
        environment = {**os.environ, "PYTHONPATH": str(TESTS)}
        process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
    try:
        stack.until(lambda: '"connected"' in said.read_text(), CONNECTED_S, "not all stations are connected")
        yield process
    finally:
        process.terminate()
        process.wait(60)


def ready_without(stack: Stack, victim: int) -> bool:
    """Whether another process has taken the place of the killed one, and serves."""
    status = stack.status()
    return bool(status["ready"]) and victim not in status["services"]["gateway"]["pids"]


def sockets(stack: Stack) -> list[int]:
    """Open links of each gateway process, those of the first one first."""
    return [_links(ready.replace("/readyz", "/metrics")) for ready in stack.status()["services"]["gateway"]["health"]]


def _links(metrics: str) -> int:
    text = httpx.get(metrics, timeout=10, trust_env=False).text
    return sum(
        int(float(line.split()[-1])) for line in text.splitlines() if line.startswith("volt_gateway_connections{")
    )


async def test_the_sockets_of_a_killed_gateway_are_all_back(tmp_path: Path) -> None:
    acks, links = tmp_path / "acks.ndjson", tmp_path / "links.ndjson"
    with running_stack(tmp_path / "stack", **SETTINGS) as stack:
        with running_storm(stack, acks, links) as load:
            steady(STEADY_S, lambda: load.poll() is None)
            before = sockets(stack)
            killed_at = time.time()
            victim = stack.kill("gateway")
            stack.until(lambda: len(read_storm(links, killed_at).lost) >= before[0], 30, "the sockets are not lost")
            stack.until(lambda: ready_without(stack, victim), BACK_S, "the process is not there again")
            served_again = time.time() - killed_at
            stack.until(lambda: not read_storm(links, killed_at).missing, BACK_S, "not all sockets are back")
            after = sockets(stack)
            steady(3, lambda: load.poll() is None)
        storm = read_storm(links, killed_at)
        kept = await load_kept(stack, acks)
    quiet = answers_of_others(acks, storm, killed_at - STEADY_S, killed_at)
    during = answers_of_others(acks, storm, killed_at, storm.over_at)
    print(
        f"\n{len(storm.lost)} sockets killed ({before} before, {after} after), ready again after {served_again:.1f} s"
    )
    print("back: " + ", ".join(f"{part:.0%} after {storm.back_after_s(part):.1f} s" for part in (0.5, 0.9, 0.99, 1.0)))
    print(f"at most {storm.most_in_a_second()} a second; attempts in vain by status: {dict(storm.refused)}")
    print(f"answers to the others, before: {told(quiet)}; in the storm: {told(during)}")
    print(f"{kept.calls} acknowledged calls held against the log")
    assert len(storm.lost) == pytest.approx(before[0], abs=5)
    assert len(storm.lost) > SOCKETS * 0.9
    assert storm.missing == 0
    assert storm.over_at - killed_at < BACK_S
    assert len(during) > 100
    assert during[-1] < 1000 * PATIENCE_S, "the others are answered before they give up"
    assert kept.problems == []
