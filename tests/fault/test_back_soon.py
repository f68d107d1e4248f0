"""A killed gateway, station or session process: its stations are answered, and their facts seen, again within 15 s."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from fault.fault_stage import load_kept, messages, running_load

from volt_contracts.topics import SESSION_EVENTS, STATION_EVENTS, Topic
from volt_eventlog.kafka import Kafka
from volt_testkit.acknowledged import read_acknowledgements
from volt_testkit.running import Stack, running_stack

pytestmark = pytest.mark.fault

STATIONS = 60
LOAD = f"--mode charge --stations {STATIONS} --rate 120 --readings 6 --identity SOON --seconds 3600 --answer-timeout 5"
SOON_S = 15.0
STEADY_S = 8.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("soon")) as running:
        yield running


def longest_silence(acks: Path, start: float, end: float) -> float:
    """The longest time that any station waited for its next answer within the stretch."""
    last: dict[str, float] = {}
    longest = 0.0
    for entry in read_acknowledgements(acks):
        at = datetime.fromisoformat(entry["at"]).timestamp()
        if start - 2 <= at <= end:
            longest = max(longest, at - last.get(entry["station"], at))
            last[entry["station"]] = at
    assert len(last) == STATIONS, "every station is answered within the stretch"
    return longest


def steady(seconds: float, holds: Callable[[], bool] = lambda: True) -> None:
    """Let the load run for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and holds():
        time.sleep(0.1)


async def test_the_stations_of_a_killed_gateway_are_answered_again(stack: Stack, tmp_path: Path) -> None:
    acks = tmp_path / "acks.ndjson"
    with running_load(stack, acks, *LOAD.split()) as load:
        steady(STEADY_S, lambda: load.poll() is None)
        killed_at = time.time()
        stack.kill("gateway")
        steady(2 * SOON_S, lambda: load.poll() is None)
        load.terminate()
        load.wait(60)
    silence = longest_silence(acks, killed_at, killed_at + 2 * SOON_S)
    print(f"\ngateway killed: no station waited longer than {silence:.1f} s for its next answer")
    assert silence < SOON_S
    assert (await load_kept(stack, acks)).problems == []


@pytest.mark.parametrize(("name", "topic"), [("station", STATION_EVENTS), ("session", SESSION_EVENTS)])
async def test_facts_flow_again_after_a_kill(stack: Stack, tmp_path: Path, name: str, topic: Topic) -> None:
    acks = tmp_path / "acks.ndjson"
    with running_load(stack, acks, *LOAD.split()) as load:
        steady(STEADY_S, lambda: load.poll() is None)
        killed_at = time.time()
        stack.kill(name)
        steady(2 * SOON_S, lambda: load.poll() is None)
        load.terminate()
        load.wait(60)
    times = sorted(message.at.timestamp() for message in await messages(Kafka(stack.bootstrap), topic))
    during = [at for at in times if killed_at - 1 <= at <= killed_at + 2 * SOON_S]
    gap = max(after - before for before, after in pairwise(during))
    print(f"\n{name} killed: {topic.name} stood still for {gap:.1f} s")
    assert gap < SOON_S
    assert (await load_kept(stack, acks)).problems == []
