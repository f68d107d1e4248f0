"""Simulated cars through the whole stack, with two kills on the way: what the fleet charged is what the log says."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from volt_contracts.topics import SESSION_EVENTS
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import read
from volt_eventlog.records import message_of
from volt_testkit.ledger import Comparison, compare, read_ledger
from volt_testkit.running import Stack, running_fleet, running_stack

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

QUICK = (
    "--compression 3600 --meter-interval 1 --max-gap 1 --ramp 1 --call-timeout 10 --retry-interval 2 "
    "--duplicates 0.2 --late-stops 0.2 --late-stop-seconds 2 --drain-timeout 60"
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("e2e")) as running:
        yield running


async def compared(stack: Stack, ledger: Path) -> Comparison:
    kafka = Kafka(stack.bootstrap)
    events = [
        message_of(SESSION_EVENTS, record)
        async for _, records in read(kafka, [SESSION_EVENTS.name])
        for record in records
    ]
    return compare(read_ledger(ledger), events, "demo", stack.secret)


async def test_what_the_fleet_charged_is_what_the_log_says_though_processes_are_killed(stack: Stack) -> None:
    flags = "--stations 12 --versions 1.6,2.0.1,2.1 --tokens TAG0001 --seed 7"
    with running_fleet(stack, *flags.split(), *QUICK.split()) as fleet:

        def ended(count: int) -> None:
            stack.until(
                lambda: fleet.state()["counters"]["visits_ended"] >= count, 60, f"fewer than {count} visits ended"
            )

        ended(10)
        stack.kill("session")
        ended(20)
        stack.kill("gateway")
        stack.wait_ready()
        ended(36)
        fleet.finish(90)
    stack.wait_ready()
    found = await settled(stack, fleet.ledger)
    assert found.problems == []
    assert found.visits >= 36
    assert found.energy_wh > 0


async def test_a_second_start_goes_on_where_the_first_one_stopped(stack: Stack) -> None:
    """Runs after the fleet. Whoever decided on an input a second time would write events with the same ids."""
    stack.command("down")
    stack.command("up", "--detach", "--no-fleet")
    verdicts = [json.loads(line) for line in stack.command("replay", "verify", "--json").splitlines()]
    assert {verdict["decider"] for verdict in verdicts if verdict["events"]} >= {"station.station", "session.session"}
    assert [verdict for verdict in verdicts if verdict["duplicates"] or verdict["different"]] == []


async def settled(stack: Stack, ledger: Path) -> Comparison:
    """The pipe has done when every acknowledged transaction is found, or nothing more changes."""
    found = await compared(stack, ledger)
    for _ in range(30):
        if not found.problems:
            break
        found = await compared(stack, ledger)
    return found
