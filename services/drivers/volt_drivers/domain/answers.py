"""How much the states of this service remember of recent answers."""

from volt_contracts.drivers import DriversCommandFinished
from volt_eventlog import answers
from volt_eventlog.answers import Answers

KEPT = 4
"""There may be millions of tokens, and hardly anybody changes one more often than this within a day."""


def remember(known: Answers, said: DriversCommandFinished) -> Answers:
    """The memory after an outcome."""
    return answers.remember(known, said, KEPT)
