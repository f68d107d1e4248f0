"""Refusals, and the memory of recent answers: a command that comes twice has one effect and gets the same answer."""

from datetime import datetime, timedelta

import msgspec

from volt_contracts.codec import type_name
from volt_contracts.drivers import DriversCommandFinished
from volt_contracts.message import Command, OutcomeWord

KEPT_FOR = timedelta(hours=24)
KEPT = 4
"""There may be millions of tokens, and hardly anybody changes one more often than this within a day."""


class Refused(msgspec.Struct, frozen=True):
    """Why a command changes nothing, in plain words for whoever sent it; never with a clear value."""

    sentence: str


def version_objection(expected: int | None, version: int) -> Refused | None:
    """Why a command that was made by looking at one version is refused at another."""
    if expected is None or expected == version:
        return None
    if not version:
        return Refused(f"it was to change version {expected}, but it is not known")
    return Refused(f"somebody has changed it meanwhile: it is at version {version}, not {expected}")


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """A remembered outcome."""

    command_id: str
    outcome: OutcomeWord
    sentence: str | None
    at: datetime


Answers = tuple[Answer, ...]


def finished(command_id: str, command: Command, refused: Refused | None, at: datetime) -> DriversCommandFinished:
    """The outcome of a command that was decided on at `at`."""
    return DriversCommandFinished(
        command_id=command_id,
        command=type_name(type(command)),
        outcome="accepted" if refused is None else "rejected",
        sentence=None if refused is None else refused.sentence,
        actor=command.actor.text,
        at=at,
    )


def expired(command_id: str, command: Command, not_after: datetime, at: datetime) -> DriversCommandFinished:
    """The outcome of a command that arrived after its time."""
    return DriversCommandFinished(
        command_id=command_id,
        command=type_name(type(command)),
        outcome="expired",
        sentence=f"it arrived after {not_after.isoformat()}, the latest time it was meant for",
        actor=command.actor.text,
        at=at,
    )


def again(answers: Answers, command_id: str, command: Command) -> DriversCommandFinished | None:
    """The outcome that this command was given before, field by field, or None."""
    for answer in answers:
        if answer.command_id == command_id:
            return DriversCommandFinished(
                command_id=answer.command_id,
                command=type_name(type(command)),
                outcome=answer.outcome,
                sentence=answer.sentence,
                actor=command.actor.text,
                at=answer.at,
            )
    return None


def remember(answers: Answers, said: DriversCommandFinished) -> Answers:
    """The memory after an outcome: the latest few of the last 24 hours, by recorded time."""
    oldest = said.at - KEPT_FOR
    kept = [answer for answer in answers if answer.at > oldest and answer.command_id != said.command_id]
    newest = Answer(said.command_id, said.outcome, said.sentence, said.at)
    return (*kept, newest)[-KEPT:]
