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
from fault.storm import Files, answers_of_others, read_storm, told
from fault.test_back_soon import steady

from volt_testkit.running import Stack, running_stack

pytestmark = pytest.mark.fault

SOCKETS = int(os.environ.get("VOLT_STORM_SOCKETS", "5000"))
"""On the process that is killed; the kernel gives the other one as many."""
FEW = 600
"""Stations whose answers are timed: by a process of their own, for the others' is busy with connecting again."""
RATE = 300
CROWD_RATE = 60
STEADY_S = 15.0
CONNECTED_S = 360.0
BACK_S = 120.0
PATIENCE_S = 30.0
"""A station gives an answer up after so long; none of the others may get near it."""
SETTINGS = {"VOLT_GATEWAY_WORKERS": "2", "VOLT_CONNECTIONS_PER_ADDRESS": "20000"}
TESTS = Path(__file__).parents[1]


@contextmanager
def running_storm(stack: Stack, files: Files, stations: int, rate: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Stations, all connected and calling; at the end they get their last answers."""
    url = stack.status()["gateway"]["url"].replace("/{station}", "")
    flags = {"url": url, "acks": files.acks, "links": files.links, "stations": stations, "rate": rate}
    flags["identity"] = files.name
    words = [sys.executable, "-m", "load.storm_load", *(f"--{name}={value}" for name, value in flags.items())]
    said = stack.home / f"{files.name}.log"
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


def back(*files: Files, killed_at: float) -> bool:
    """Whether all who lost their socket are back."""
    return not any(read_storm(each.links, killed_at).missing for each in files)


async def test_the_sockets_of_a_killed_gateway_are_all_back(tmp_path: Path) -> None:
    crowd, few = Files(tmp_path, "CROWD"), Files(tmp_path, "FEW")
    with running_stack(tmp_path / "stack", **SETTINGS) as stack:
        with (
            running_storm(stack, few, FEW, RATE) as load,
            running_storm(stack, crowd, 2 * SOCKETS - FEW, CROWD_RATE),
        ):
            steady(STEADY_S, lambda: load.poll() is None)
            before = sockets(stack)
            killed_at = time.time()
            victim = stack.kill("gateway")
            stack.until(lambda: ready_without(stack, victim), BACK_S, "the process is not there again")
            served_again = time.time() - killed_at
            # the files are long
            stack.until(lambda: back(crowd, few, killed_at=killed_at), BACK_S, "not all sockets are back", every_s=1.0)
            after = sockets(stack)
            steady(3, lambda: load.poll() is None)
        storm, timed = read_storm(crowd.links, killed_at), read_storm(few.links, killed_at)
        kept = [await load_kept(stack, files.acks) for files in (crowd, few)]
    lost, over_at = len(storm.lost) + len(timed.lost), max(storm.over_at, timed.over_at)
    quiet = answers_of_others(few.acks, timed, killed_at - STEADY_S, killed_at)
    during = answers_of_others(few.acks, timed, killed_at, over_at)
    print(f"\n{lost} sockets killed ({before} before, {after} after), both processes ready after {served_again:.1f} s")
    print("back: " + ", ".join(f"{part:.0%} after {storm.back_after_s(part):.1f} s" for part in (0.5, 0.9, 0.99, 1.0)))
    print(f"at most {storm.most_in_a_second()} a second; attempts in vain by status: {dict(storm.refused)}")
    print(f"answers to the others, before: {told(quiet)}; in the storm: {told(during)}")
    print(f"{sum(each.calls for each in kept)} acknowledged calls held against the log")
    assert lost == pytest.approx(before[0], abs=5)
    assert lost > SOCKETS * 0.9
    assert storm.missing == timed.missing == 0
    assert over_at - killed_at < BACK_S
    assert len(during) > 100
    assert during[-1] < 1000 * PATIENCE_S, "the others are answered before they give up"
    assert [each.problems for each in kept] == [[], []]
