"""What the parts of `voltlog drivers` have in common: where they print, how they ask, and how they fail."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

from volt_contracts.message import Actor, Command
from volt_contracts.refs import NoSecret
from volt_drivers.settings import DriversSettings
from volt_eventlog.appender import AppendFailed
from volt_eventlog.ask import Ask, NoOutcome
from volt_eventlog.kafka import Kafka, KafkaError
from volt_runtime.run import StartError

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

ACTOR = Actor(kind="operator", id="cli")
DEADLINE_S = 30.0

Tenant = Annotated[str, typer.Option("--tenant", envvar="VOLT_TENANT", help="Whose they are.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Result = TypeVar("Result")


def kafka_of(settings: DriversSettings) -> Kafka:
    """The log that the environment names."""
    return Kafka(settings.kafka_bootstrap_servers, settings.prefix, client_id="voltlog drivers")


def done(settings: DriversSettings, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of the work; what can go wrong outside becomes one sentence and exit code 1."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it would log beside the sentence
    try:
        return asyncio.run(work)
    except KafkaError:
        where = settings.kafka_bootstrap_servers
        fail(f"Kafka at {where} does not answer, or its topics were never made (`voltlog topics create`)")
    except NoOutcome as why:
        fail(f"{why} (does the drivers service run?)")
    except (NoSecret, AppendFailed, StartError, OSError) as why:
        fail(str(why))


async def carried_out(ask: Ask, key: str, command: Command) -> None:
    """Have a command carried out; a refusal ends with its sentence."""
    outcome = (await ask.send(key, command, deadline_s=DEADLINE_S)).outcome
    if outcome.outcome != "accepted":
        fail(outcome.sentence or outcome.outcome)


def table(rows: dict[str, Any]) -> None:
    """Print what is known, a line each."""
    for name, value in rows.items():
        if value is not None:
            out.print(f"{name:13} {value}", markup=False)


def fail(sentence: str, code: int = 1) -> NoReturn:
    """End with a sentence."""
    err.print(sentence, markup=False)
    raise typer.Exit(code)
