"""The session service: both deciders, run until the process is asked to stop."""

from volt_eventlog.host import run_deciders
from volt_eventlog.kafka import Kafka
from volt_runtime.run import Runtime
from volt_runtime.service import Service
from volt_session.decider import AUTHORIZATION, SESSION
from volt_session.settings import SessionSettings

SERVICE = Service(name="session", module="volt_session")


async def main(rt: Runtime[SessionSettings]) -> None:
    """Decide on visits and on tokens."""
    kafka = Kafka(rt.settings.kafka_bootstrap_servers, rt.settings.prefix, client_id="session")
    await run_deciders(rt, [SESSION, AUTHORIZATION], kafka)
