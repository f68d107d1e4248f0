"""What the local stack starts with: the token TAG0001, which scripts may count on."""

from volt_contracts.drivers import RegisterToken
from volt_contracts.ids import entity_key
from volt_contracts.message import Actor
from volt_contracts.refs import NoSecret, token_ref
from volt_drivers.asking import asking_tokens
from volt_eventlog.kafka import Kafka
from volt_runtime.run import StartError
from volt_runtime.settings import Settings

TENANT = "demo"
ACTOR = Actor(kind="system", id="local-stack")
TOKEN = RegisterToken(value="TAG0001", token_type="rfid", issuer=TENANT, actor=ACTOR)
DEADLINE_S = 60.0
"""The service may still be taking its partitions over when it is asked."""


async def seed(kafka: Kafka, settings: Settings) -> None:
    """Make the token known to tenant `demo`, or make it again what scripts count on. Returns when that is on record.

    Raises:
        NoOutcome: the drivers service did not answer.
        StartError: it refused, there is no secret, or this is no local stack.
    """
    if settings.environment != "local":
        raise StartError("a token that everybody knows is for the local stack alone")
    try:
        key = entity_key(TENANT, token_ref(settings.token_secret.get_secret_value(), TENANT, TOKEN.value))
    except NoSecret as why:
        raise StartError(str(why)) from why
    async with asking_tokens(kafka, "local-stack") as ask:
        answer = await ask.send(key, TOKEN, deadline_s=DEADLINE_S)
    if answer.outcome.outcome != "accepted":
        raise StartError(f"the token {TOKEN.value} cannot be registered: {answer.outcome.sentence}")
