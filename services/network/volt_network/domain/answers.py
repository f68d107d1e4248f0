"""How much the states of this service remember of recent answers."""

from volt_contracts.network import NetworkCommandFinished
from volt_eventlog import answers
from volt_eventlog.answers import Answers

KEPT = 8


def remember(known: Answers, said: NetworkCommandFinished) -> Answers:
    """The memory after an outcome."""
    return answers.remember(known, said, KEPT)
