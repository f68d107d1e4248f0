"""The shape of a decider: pure functions, and what the runner must know to run them exactly once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any, Protocol

import msgspec

from volt_contracts.envelope import Header
from volt_contracts.message import Event
from volt_contracts.topics import Topic
from volt_eventlog.message import Deadline, Message, Tick


class Tables(Protocol):
    """The public compacted topics that a decider may look things up in."""

    def get(self, topic: Topic, key: str) -> Any | None:
        """The row of `key` in `topic`, or None."""


class Record(msgspec.Struct, frozen=True):
    """An output that is no event of this decider: a command to another one, or a record of a topic its owner writes."""

    topic: Topic
    key: str
    body: msgspec.Struct | None
    headers: tuple[Header, ...] = ()


Output = Event | Record


class Decided(msgspec.Struct, frozen=True):
    """The outputs of a decider that folds its events while it decides, with the state that they lead to.

    `state` is what `evolve` makes of these events, one after the other, on the state that `decide` was given: the
    runner takes it instead of folding them once more. Without events among the outputs it is not looked at.
    """

    outputs: Sequence[Output]
    state: Any


Decide = Callable[[Any, Message | Tick, Tables], Sequence[Output] | Decided]
Evolve = Callable[[Any, Any], Any]
Public = Callable[[str, Any], Mapping[Topic, msgspec.Struct | None]]
Unshown = Callable[[Any, Any], bool]
NextDeadline = Callable[[Any, datetime], Deadline | None]


def nothing_public(_key: str, _state: Any) -> Mapping[Topic, msgspec.Struct | None]:
    """For deciders without a public row."""
    return {}


def always_shown(_before: Any, _after: Any) -> bool:
    """For deciders whose rows are always worked out anew."""
    return False


def no_deadline(_state: Any, _last_input_at: datetime) -> Deadline | None:
    """For deciders without a timer."""
    return None


@dataclass(frozen=True)
class Decider:
    """A decider and its topics. Every function is pure; the state of a key is None before its first event.

    - `decide(state, message, tables)` → events of this key (in order) and records for other topics, with the state
      after them if it has folded them (`Decided`). Never raises on any input it may get; whatever it takes from a
      table it copies into its events.
    - `evolve(state, event)` → the state after it; None is a tombstone. Total: it never raises and reads no clock.
    - `public(key, state)` → the rows to publish; written when their bytes change; None erases a row.
    - `unshown(before, after)` → that no row of the two states differs, where that is cheaper to see than the rows are
      to make. False says nothing.
    - `deadline(state, last_input_at)` → when to be woken with a `Tick`; `last_input_at` is the append time of the key's
      latest input (the time of the take-over when none came since).
    """

    owner: str
    name: str
    inputs: tuple[Topic, ...]
    commands: Topic | None
    events: Topic
    state: Topic
    dead: Topic
    state_types: tuple[type[msgspec.Struct], ...]
    state_version: int
    decide: Decide
    evolve: Evolve
    fold_modules: tuple[ModuleType, ...]
    """The modules that `evolve` lives in: a change of their code makes snapshots void."""
    public: Public = nothing_public
    unshown: Unshown = always_shown
    deadline: NextDeadline = no_deadline
    tables: tuple[Topic, ...] = ()
    writes: tuple[Topic, ...] = ()
    """Topics beside `events` and `state` that its outputs go to."""
    ignores: frozenset[str] = frozenset()
    """Tags of inputs that it takes no notice of: their values are not even decoded."""

    @property
    def lane(self) -> str:
        """`{owner}.{decider}`: the name of the group, of transactional ids, and part of every output id."""
        return f"{self.owner}.{self.name}"
