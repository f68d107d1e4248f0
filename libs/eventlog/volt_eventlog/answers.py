"""Refusals, outcomes, and the memory of recent answers: a command that comes twice has one effect and one answer.

Pure: deciders keep `Answers` in their states, so this module is part of their folds.
"""

from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import msgspec

from volt_contracts.codec import type_name
from volt_contracts.message import Command, Outcome, OutcomeWord
from volt_eventlog.decider import Record

KEPT_FOR = timedelta(hours=24)

O_co = TypeVar("O_co", bound=Outcome, covariant=True)


class Refused(msgspec.Struct, frozen=True):
    """Why a command changes nothing, in plain words for whoever sent it and never with a clear value.

    `told`: who else has to know.
    """

    sentence: str
    told: tuple[Record, ...] = ()


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """A remembered outcome."""

    command_id: str
    outcome: OutcomeWord
    sentence: str | None
    at: datetime


Answers = tuple[Answer, ...]


class Finished(Protocol[O_co]):
    """An owner's own type of outcome, such as `DriversCommandFinished`."""

    def __call__(
        self,
        *,
        command_id: str,
        command: str,
        outcome: OutcomeWord,
        sentence: str | None,
        actor: str | None,
        at: datetime,
    ) -> O_co:
        """The outcome with these fields."""


class Said(Protocol):
    """An outcome, as it is remembered."""

    @property
    def command_id(self) -> str:
        """Of which command."""

    @property
    def outcome(self) -> OutcomeWord:
        """How it went."""

    @property
    def sentence(self) -> str | None:
        """Why."""

    @property
    def at(self) -> datetime:
        """When."""


def version_objection(expected: int | None, version: int) -> Refused | None:
    """Why a command that was made by looking at one version is refused at another."""
    if expected is None or expected == version:
        return None
    if not version:
        return Refused(f"it was to change version {expected}, but it is not known")
    return Refused(f"somebody has changed it meanwhile: it is at version {version}, not {expected}")


def finished(kind: Finished[O_co], command_id: str, command: Command, refused: Refused | None, at: datetime) -> O_co:
    """The outcome of a command that was decided on at `at`."""
    return kind(
        command_id=command_id,
        command=type_name(type(command)),
        outcome="accepted" if refused is None else "rejected",
        sentence=None if refused is None else refused.sentence,
        actor=command.actor.text,
        at=at,
    )


def expired(kind: Finished[O_co], command_id: str, command: Command, not_after: datetime, at: datetime) -> O_co:
    """The outcome of a command that arrived after its time."""
    return kind(
        command_id=command_id,
        command=type_name(type(command)),
        outcome="expired",
        sentence=f"it arrived after {not_after.isoformat()}, the latest time it was meant for",
        actor=command.actor.text,
        at=at,
    )


def again(kind: Finished[O_co], answers: Answers, command_id: str, command: Command) -> O_co | None:
    """The outcome that this command was given before, field by field, or None."""
    for answer in answers:
        if answer.command_id == command_id:
            return kind(
                command_id=answer.command_id,
                command=type_name(type(command)),
                outcome=answer.outcome,
                sentence=answer.sentence,
                actor=command.actor.text,
                at=answer.at,
            )
    return None


def remember(answers: Answers, said: Said, kept: int) -> Answers:
    """The memory after an outcome: the latest `kept` of the last 24 hours, by recorded time."""
    oldest = said.at - KEPT_FOR
    known = [answer for answer in answers if answer.at > oldest and answer.command_id != said.command_id]
    newest = Answer(said.command_id, said.outcome, said.sentence, said.at)
    return (*known, newest)[-kept:]
