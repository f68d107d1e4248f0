"""What the runners themselves say in any decider's events topic."""

from datetime import datetime

from volt_contracts.message import Command, Event, Outcome


class KeyParked(Event, frozen=True, kw_only=True, tag="eventlog.key_parked.v1"):
    """A message of this key made the decider fail: the key waits until it is released."""

    cause: str
    error: str
    message_type: str
    resume_at: dict[str, int]
    """Input topic → first offset that has to be read again."""
    at: datetime


class KeyReleased(Event, frozen=True, kw_only=True, tag="eventlog.key_released.v1"):
    """Somebody mended the cause: the key is being caught up from where it was parked."""

    actor: str
    at: datetime


class KeyCatchingUp(Event, frozen=True, kw_only=True, tag="eventlog.key_catching_up.v1"):
    """A slice of what a released key missed was taken in; the rest begins at `resume_at`."""

    resume_at: dict[str, int]
    at: datetime


class KeyCaughtUp(Event, frozen=True, kw_only=True, tag="eventlog.key_caught_up.v1"):
    """A released key has seen all it missed."""

    at: datetime


class ReleaseKey(Command, frozen=True, kw_only=True, tag="eventlog.release_key.v1"):
    """Take a parked key up again, after the cause was mended."""


class CommandRefused(Outcome, frozen=True, kw_only=True, tag="eventlog.command_refused.v1"):
    """The outcome of a command to a parked key, or of a ReleaseKey."""

    at: datetime
