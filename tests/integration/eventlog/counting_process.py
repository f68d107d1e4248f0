"""The counting decider as a process of its own, started and ended like any service."""

from typing import Any

from integration.eventlog.counting import COUNTING

from volt_eventlog.host import run_deciders
from volt_eventlog.kafka import Kafka
from volt_runtime.run import Runtime, run
from volt_runtime.settings import Settings


async def main(rt: Runtime[Any]) -> None:
    """Run until the signal comes."""
    kafka = Kafka(rt.settings.kafka_bootstrap_servers, rt.settings.prefix, client_id="counting")
    await run_deciders(rt, [COUNTING], kafka, min_interval_s=0.01, checkpoint_s=0.3)


if __name__ == "__main__":
    run("counting", Settings(), main)
