"""The drivers service: its deciders, run until the process is asked to stop."""

from volt_drivers.decider import DECIDERS
from volt_drivers.settings import DriversSettings
from volt_eventlog.host import run_deciders
from volt_eventlog.kafka import Kafka
from volt_runtime.run import Runtime
from volt_runtime.service import Service

SERVICE = Service(name="drivers", module="volt_drivers")


async def main(rt: Runtime[DriversSettings]) -> None:
    """Decide on tokens and accounts."""
    kafka = Kafka(rt.settings.kafka_bootstrap_servers, rt.settings.prefix, client_id="drivers")
    await run_deciders(rt, DECIDERS, kafka)
