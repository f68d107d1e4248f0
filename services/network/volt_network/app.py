"""The network service: its deciders, run until the process is asked to stop."""

from volt_eventlog.host import run_deciders
from volt_eventlog.kafka import Kafka
from volt_network.decider import DECIDERS
from volt_network.settings import NetworkSettings
from volt_runtime.run import Runtime
from volt_runtime.service import Service

SERVICE = Service(name="network", module="volt_network")


async def main(rt: Runtime[NetworkSettings]) -> None:
    """Decide on tenants, organisations, locations, stations and their addresses, and put imports on record."""
    kafka = Kafka(rt.settings.kafka_bootstrap_servers, rt.settings.prefix, client_id="network")
    await run_deciders(rt, DECIDERS, kafka)
