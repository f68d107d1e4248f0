"""The fold of a decider's events into the state of its keys, with what the runner keeps beside each state."""

import hashlib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Union

import msgspec

from volt_contracts.envelope import Header, header
from volt_contracts.eventlog import CommandRefused, KeyCatchingUp, KeyCaughtUp, KeyParked, KeyReleased
from volt_contracts.message import Event
from volt_eventlog.decider import Decider


class Parked(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key that waits: since which offsets of which input, and whether it is being caught up."""

    cause: str
    error: str
    resume_at: dict[str, int]
    catching_up: bool = False


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a key: its state (None before its first event or after its end), and whether it is parked."""

    state: Any = None
    parked: Parked | None = None


NOTHING = Kept()
UNFINISHED = "/rebuilding"
"""The key in a state topic that says: what stands here was being written anew and is not whole. No entity has it."""
CHECKPOINT = "/checkpoint"
"""The key in a state topic that says from which offset on events have to be folded onto the snapshots."""
SNAPSHOT_FORMAT = 2
"""Raised when it changes what a snapshot says: a runner of before or after must not take it for something else."""
_UNTIL = "volt_until"
_RUNNER = frozenset({KeyParked, KeyReleased, KeyCatchingUp, KeyCaughtUp, CommandRefused})


def folded(decider: Decider, kept: Kept, event: Event) -> Kept:
    """The state after one more event. Runner's own events change the wrapper, all others the state."""
    if type(event) in _RUNNER:
        return Kept(kept.state, _parked(kept.parked, event))
    return Kept(decider.evolve(kept.state, event), kept.parked)


def _parked(parked: Parked | None, event: Event) -> Parked | None:
    match event:
        case KeyParked():
            return Parked(event.cause, event.error, event.resume_at)
        case KeyReleased() if parked is not None:
            return Parked(parked.cause, parked.error, parked.resume_at, catching_up=True)
        case KeyCatchingUp() if parked is not None:
            return Parked(parked.cause, parked.error, event.resume_at, catching_up=True)
        case KeyCaughtUp():
            return None
    return parked


class SnapshotCodec:
    """Bytes of a key's kept state; void when the state's version or the code of the fold has changed."""

    def __init__(self, decider: Decider) -> None:
        state: Any = Union[decider.state_types] if decider.state_types else None  # noqa: UP007 built at run time
        self._decoder = msgspec.json.Decoder(_kept_type(state))
        self._encoder = msgspec.json.Encoder(decimal_format="string")
        self.fold_hash = f"{decider.state_version}.{SNAPSHOT_FORMAT}-{code_hash(decider)}"
        self.header = ("volt_fold", self.fold_hash.encode())

    def headers(self, until: int) -> list[Header]:
        """Headers of a snapshot or checkpoint: of which fold it is, and the offset of the first event not in it."""
        return [self.header, (_UNTIL, str(until).encode())]

    def until(self, headers: Sequence[Header]) -> int | None:
        """The offset of the first event that is not in it; None when it is of another fold, or does not say."""
        until = header(headers, _UNTIL)
        return int(until) if until is not None and header(headers, self.header[0]) == self.header[1] else None

    def encode(self, kept: Kept) -> bytes | None:
        """The snapshot's value; None is the tombstone of a key of which nothing is left."""
        return None if kept == NOTHING else self._encoder.encode(kept)

    def decode(self, value: bytes) -> Kept:
        """The kept state of a snapshot with the same fold hash."""
        raw = self._decoder.decode(value)
        return Kept(raw.state, raw.parked)


def _kept_type(state: Any) -> Any:
    return msgspec.defstruct("KeptOf", [("state", state | None, None), ("parked", Parked | None, None)])


def code_hash(decider: Decider) -> str:
    """A hash of the source of the modules that the fold lives in: another code, another fold."""
    digest = hashlib.sha256()
    for module in decider.fold_modules:
        digest.update(inspect.getsource(module).encode())
    return digest.hexdigest()[:16]


def state_hash(codec: SnapshotCodec, states: Mapping[str, Kept]) -> str:
    """One hash over all keys and their states, whatever order they were folded in."""
    digest = hashlib.sha256()
    for key in sorted(states):
        value = codec.encode(states[key])
        if value is not None:
            digest.update(key.encode() + b"\0" + value + b"\n")
    return digest.hexdigest()
