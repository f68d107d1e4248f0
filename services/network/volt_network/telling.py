"""How the commands of `voltlog network` reach the log, and what they tell: one sentence, and an exit code."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import typer
from rich.console import Console

from volt_contracts.message import Actor, Command, Outcome
from volt_eventlog.appender import AppendFailed
from volt_eventlog.ask import NoOutcome
from volt_eventlog.kafka import Kafka, KafkaError
from volt_network.asking import Inbox, asking
from volt_network.settings import NetworkSettings

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

ACTOR = Actor(kind="operator", id="cli")
DEADLINE_S = 30.0
BAD_INPUT = 2
Result = TypeVar("Result")


async def asked(settings: NetworkSettings, inbox: Inbox, key: str, command: Command) -> Outcome:
    """The outcome of a command. Raises NoOutcome, AppendFailed, KafkaError."""
    async with asking(kafka_of(settings), inbox, "cli") as ask:
        return (await ask.send(key, command, deadline_s=DEADLINE_S)).outcome


def kafka_of(settings: NetworkSettings) -> Kafka:
    """The cluster that the settings name."""
    return Kafka(settings.kafka_bootstrap_servers, settings.prefix, client_id="voltlog network")


def say(outcome: Outcome) -> None:
    """Print the outcome; exit 1 unless it is `accepted`."""
    if outcome.outcome != "accepted":
        fail(f"{outcome.outcome}: {outcome.sentence or 'no reason was given'}")
    out.print(outcome.outcome)


def done(settings: NetworkSettings, work: Coroutine[Any, Any, Result], besides: str = "") -> Result:
    """The result of the work; what can go wrong outside becomes one sentence, with `besides`, and exit code 1."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it would log beside the sentence
    try:
        return asyncio.run(work)
    except KafkaError:
        where = settings.kafka_bootstrap_servers
        fail(f"Kafka at {where} does not answer, or its topics were never made (`voltlog topics create`){besides}")
    except NoOutcome as why:
        fail(f"{why}: does the network service run? The command will be carried out when it does{besides}")
    except AppendFailed as why:
        fail(f"{why}; the command may still be carried out{besides}")


def fail(sentence: str, code: int = 1) -> NoReturn:
    """Say what is wrong and end with this exit code."""
    err.print(sentence, markup=False)
    raise typer.Exit(code)
