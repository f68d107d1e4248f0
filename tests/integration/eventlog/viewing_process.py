"""The summing view as a process of its own."""

from typing import Any

from integration.eventlog.viewing import SUMMING

from volt_eventlog.kafka import Kafka
from volt_eventlog.views import run_views
from volt_runtime.run import Runtime, run
from volt_runtime.settings import Settings


async def main(rt: Runtime[Any]) -> None:
    """Write the view until the signal comes."""
    kafka = Kafka(rt.settings.kafka_bootstrap_servers, rt.settings.prefix, client_id="viewing")
    await run_views(rt, [SUMMING], kafka, rt.settings.database_url)


if __name__ == "__main__":
    run("viewing", Settings(), main)
