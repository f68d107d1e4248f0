"""Minutes without Kafka: stations that give a message up after three attempts lose no transaction."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault.fault_stage import fleet_kept

from volt_devstack.kafka import KafkaServer
from volt_testkit.running import running_fleet, running_stack
from volt_testkit.stack import free_port

pytestmark = pytest.mark.fault

OUTAGE_S = float(os.environ.get("VOLT_FAULT_OUTAGE_S", "600"))
FLEET = (
    "--stations 30 --versions 1.6,2.0.1,2.1 --compression 1200 --meter-interval 5 --max-gap 3 --seed 3 "
    "--call-timeout 10 --attempts 3 --retry-interval 10 --discard-after-attempts --drain-timeout 240"
)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[KafkaServer]:
    server = KafkaServer(tmp_path / "kafka", free_port(), free_port())
    server.start()
    server.wait_ready(90)
    yield server
    server.stop()


async def test_no_transaction_is_lost_while_kafka_is_away(tmp_path: Path, broker: KafkaServer) -> None:
    with running_stack(tmp_path / "stack", KAFKA_BOOTSTRAP_SERVERS=broker.bootstrap) as stack:
        with running_fleet(stack, *FLEET.split()) as fleet:
            stack.until(lambda: fleet.state()["counters"]["visits_ended"] >= 15, 120, "no visits end")
            before = fleet.state()["counters"]["visits_ended"]
            broker.kill()
            await asyncio.sleep(OUTAGE_S)
            during = fleet.state()["counters"]["visits_ended"]
            broker.restart()
            stack.wait_ready(180)
            stack.until(lambda: fleet.state()["connected"] == 30, 180, "not all stations are back")
            fleet.finish(300)
            discarded = fleet_discards(fleet.ledger)
        charged = await fleet_kept(stack, fleet.ledger)
    print(f"\n{OUTAGE_S:g} s without Kafka: {during - before} visits ended meanwhile, {charged.transactions} compared")
    assert during > before, "the fleet must go on charging, or nothing was tried"
    assert discarded == 0
    assert charged.problems == []


def fleet_discards(file: Path) -> int:
    """Transactions of which the fleet gave a message up."""
    from volt_testkit.ledger import read_ledger

    return sum(1 for entry in read_ledger(file) if entry["discarded"])
