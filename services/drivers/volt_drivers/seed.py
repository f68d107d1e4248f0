"""What the local stack starts with: the token TAG0001, which scripts may count on."""

from volt_contracts.message import Actor
from volt_drivers.asking import asking_tokens
from volt_drivers.importing import Owner
from volt_drivers.tokens_csv import TokenRow
from volt_eventlog.kafka import Kafka
from volt_runtime.run import StartError
from volt_runtime.settings import Settings

TOKEN = TokenRow(line=1, uid="TAG0001", token_type="rfid", status="accepted", valid_until=None, group=None)
ACTOR = Actor(kind="system", id="local-stack")
DEADLINE_S = 60.0
"""The service may still be taking its partitions over when it is asked."""


async def seed(kafka: Kafka, settings: Settings) -> None:
    """Make the token known to tenant `demo`, or make it again what scripts count on. Returns when that is on record.

    Raises:
        NoOutcome: the drivers service did not answer.
        StartError: it refused, or this is no local stack.
    """
    if settings.environment != "local":
        raise StartError("a token that everybody knows is for the local stack alone")
    demo = Owner(tenant="demo", issuer="demo", secret=settings.token_secret.get_secret_value(), actor=ACTOR)
    async with asking_tokens(kafka, "local-stack") as ask:
        answer = await ask.send(demo.key(TOKEN.uid), demo.command(TOKEN), deadline_s=DEADLINE_S)
    if answer.outcome.outcome != "accepted":
        raise StartError(f"the token {TOKEN.uid} cannot be registered: {answer.outcome.sentence}")
