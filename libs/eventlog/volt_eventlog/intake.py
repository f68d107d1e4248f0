"""What waits to be decided in one task: records by input topic, handed out in the order in which they were appended."""

from collections import deque
from datetime import datetime
from typing import Any

from volt_eventlog.records import moment


class Intake:
    """The queues of one task. `positions` are the next offsets to be decided on, as they will be committed."""

    def __init__(self, topics: list[str]) -> None:
        self._queues: dict[str, deque[Any]] = {topic: deque() for topic in topics}
        self.positions: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self.size = 0

    def reset(self, positions: dict[str, int]) -> None:
        """Throw everything away and go on from these offsets."""
        for queue in self._queues.values():
            queue.clear()
        self._last.clear()
        self.size = 0
        self.positions = dict(positions)

    def add(self, topic: str, records: list[Any]) -> None:
        """Records as they were fetched; what was fetched before the last `reset` is left out."""
        expected = self._queues[topic][-1].offset + 1 if self._queues[topic] else self.positions.get(topic, 0)
        fresh = [record for record in records if record.offset >= expected]
        self._queues[topic].extend(fresh)
        self.size += len(fresh)

    def waits(self, topic: str) -> bool:
        """Whether anything of this topic waits."""
        return bool(self._queues[topic])

    def head_at(self, topic: str) -> datetime | None:
        """The append time of the next record of this topic."""
        queue = self._queues[topic]
        return moment(queue[0].timestamp) if queue else None

    def last_at(self, topic: str) -> datetime | None:
        """The append time of the last record of this topic that was taken."""
        return moment(self._last[topic]) if topic in self._last else None

    def oldest_at(self) -> datetime | None:
        """The append time of the oldest record that waits."""
        heads = [queue[0].timestamp for queue in self._queues.values() if queue]
        return moment(min(heads)) if heads else None

    def take(self, limit: int) -> list[tuple[str, Any]]:
        """At most so many records, merged over the inputs by append time."""
        taken: list[tuple[str, Any]] = []
        busy = [(topic, queue) for topic, queue in self._queues.items() if queue]
        while busy and len(taken) < limit:
            topic, queue = min(busy, key=_head) if len(busy) > 1 else busy[0]
            record = queue.popleft()
            taken.append((topic, record))
            self._last[topic] = record.timestamp
            if not queue:
                busy = [(name, rest) for name, rest in busy if rest]
        self.size -= len(taken)
        return taken


def _head(entry: tuple[str, deque[Any]]) -> int:
    timestamp: int = entry[1][0].timestamp
    return timestamp
