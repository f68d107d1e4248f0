"""Deadlines of a task's keys. One may move later without being pushed again: the key is asked anew when it is due."""

import heapq
from datetime import datetime

from volt_eventlog.message import Deadline


class Timers:
    """A heap of (time, key) where each key stands once with the earliest time it has asked for."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str]] = []
        self._scheduled: dict[str, datetime] = {}

    def want(self, key: str, deadline: Deadline | None) -> None:
        """The key's deadline is now this one; a later one than scheduled is noticed when the scheduled time comes."""
        if deadline is None:
            return
        scheduled = self._scheduled.get(key)
        if scheduled is None or deadline.at < scheduled:
            self._scheduled[key] = deadline.at
            heapq.heappush(self._heap, (deadline.at, key))

    def next_at(self) -> datetime | None:
        """When the next key has to be asked."""
        return self._heap[0][0] if self._heap else None

    def pop(self, now: datetime) -> list[str]:
        """The keys to be asked at `now`; each must be entered again (`want`) after it was."""
        ready = []
        while self._heap and self._heap[0][0] <= now:
            at, key = heapq.heappop(self._heap)
            if self._scheduled.get(key) == at:
                del self._scheduled[key]
                ready.append(key)
        return ready
