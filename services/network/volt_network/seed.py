"""What the local stack starts with: the tenant `demo`, which adopts every station and asks for no password."""

from volt_contracts.ids import entity_key
from volt_contracts.message import Actor
from volt_contracts.network import ConfigureTenant, TenantSettings
from volt_eventlog.kafka import Kafka
from volt_network.asking import TENANTS, asking
from volt_runtime.run import StartError
from volt_runtime.settings import Settings

DEMO = TenantSettings(
    name="demo",
    unknown_stations="adopt",
    security_profile=0,
    default_protocol="ocpp1.6",
    unknown_token="Invalid",
    party="VLT",
    country="DE",
    time_zone="Europe/Berlin",
    settlement_delay_s=600,
)
ACTOR = Actor(kind="system", id="local-stack")
DEADLINE_S = 60.0
"""The service may still be taking its partitions over when it is asked."""


async def seed(kafka: Kafka, settings: Settings) -> None:
    """Configure tenant `demo`, or make it again what scripts count on. Returns when that is on record.

    Raises:
        NoOutcome: the network service did not answer.
        StartError: it refused, or this is no local stack.
    """
    if settings.environment != "local":
        raise StartError("a tenant that adopts every station is for the local stack alone")
    command = ConfigureTenant(settings=DEMO, actor=ACTOR)
    async with asking(kafka, TENANTS, "local-stack") as ask:
        answer = await ask.send(entity_key(DEMO.name, DEMO.name), command, deadline_s=DEADLINE_S)
    if answer.outcome.outcome != "accepted":
        raise StartError(f"the tenant {DEMO.name} cannot be configured: {answer.outcome.sentence}")
