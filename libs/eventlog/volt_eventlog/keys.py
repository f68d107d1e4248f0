"""The keys of one task in memory: kept states, what was published of them, their last input and their deadline."""

from collections.abc import Mapping
from datetime import datetime

from volt_contracts import codec
from volt_contracts.topics import Topic
from volt_eventlog.decider import Decider
from volt_eventlog.fold import NOTHING, Kept, Parked
from volt_eventlog.timers import Timers


class Keys:
    """States as of the last commit. A batch works on an overlay that is swapped in when its transaction is through."""

    def __init__(
        self,
        decider: Decider,
        states: dict[str, Kept],
        restored_at: datetime,
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        self._decider = decider
        self.states = states
        self.sizes = dict(sizes or {})
        """At most so many bytes is each key's snapshot, by its last one and the events since (`GROWTH`)."""
        self._restored_at = restored_at
        self._last_input: dict[str, datetime] = {}
        self.timers = Timers()
        self._published: dict[tuple[str, str], int] = {}
        self._catching_up = {key for key, kept in states.items() if _catches_up(kept)}
        for key, kept in states.items():
            for topic, value in self.public(key, kept).items():
                if value is not None:
                    self._published[(topic.name, key)] = hash(value)
            self.reschedule(key)

    def catching_up(self) -> list[tuple[str, Parked]]:
        """The released keys that have not yet seen all they missed."""
        parked = [(key, self.states[key].parked) for key in sorted(self._catching_up)]
        return [(key, wrapper) for key, wrapper in parked if wrapper is not None]

    def public(self, key: str, kept: Kept) -> dict[Topic, bytes | None]:
        """The public rows of a key, encoded."""
        rows = self._decider.public(key, kept.state)
        return {topic: None if row is None else codec.encode(row) for topic, row in rows.items()}

    def unpublished(self, key: str, kept: Kept) -> list[tuple[Topic, bytes | None]]:
        """The rows whose bytes differ from what was published."""
        committed = self.states.get(key)
        if committed is not None and self._decider.unshown(committed.state, kept.state):
            return []
        changed: list[tuple[Topic, bytes | None]] = []
        for topic, value in self.public(key, kept).items():
            before = self._published.get((topic.name, key))
            if (None if value is None else hash(value)) != before:
                changed.append((topic, value))
        return changed

    def last_input(self, key: str) -> datetime:
        """When the key's last committed input was appended; the time of the take-over when none came since."""
        return self._last_input.get(key, self._restored_at)

    def reschedule(self, key: str) -> None:
        """Ask the key for its deadline again."""
        kept = self.states.get(key)
        if kept is not None and kept.state is not None and kept.parked is None:
            self.timers.want(key, self._decider.deadline(kept.state, self.last_input(key)))

    def commit(
        self,
        changed: dict[str, Kept],
        published: list[tuple[Topic, str, bytes | None]],
        inputs: dict[str, datetime],
        woken: set[str],
        sizes: Mapping[str, int],
    ) -> None:
        """A batch is through: its states, rows and times are the ones that count now."""
        self.sizes.update(sizes)
        for key, kept in changed.items():
            if kept == NOTHING:
                self.states.pop(key, None)
                self._last_input.pop(key, None)
                self.sizes.pop(key, None)
            else:
                self.states[key] = kept
            if _catches_up(kept):
                self._catching_up.add(key)
            else:
                self._catching_up.discard(key)
        for topic, key, value in published:
            if value is None:
                self._published.pop((topic.name, key), None)
            else:
                self._published[(topic.name, key)] = hash(value)
        for key, at in inputs.items():
            if key in self.states:
                self._last_input[key] = at
        for key in {*changed, *woken, *inputs}:
            self.reschedule(key)


def _catches_up(kept: Kept) -> bool:
    return kept.parked is not None and kept.parked.catching_up
