"""The station service: the charger's twin, run until the process is asked to stop."""

from volt_eventlog.host import run_deciders
from volt_eventlog.kafka import Kafka
from volt_runtime.run import Runtime
from volt_runtime.service import Service
from volt_station.decider import STATION
from volt_station.settings import StationSettings

SERVICE = Service(name="station", module="volt_station")


async def main(rt: Runtime[StationSettings]) -> None:
    """Decide on what stations say and on what they are to do."""
    kafka = Kafka(rt.settings.kafka_bootstrap_servers, rt.settings.prefix, client_id="station")
    await run_deciders(rt, [STATION], kafka)
