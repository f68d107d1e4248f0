"""The time that a task's deadlines are given: that of the log while it lags, so that no backlog makes anything late."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiokafka.structs import TopicPartition

from volt_eventlog.intake import Intake

FRESH_S = 2.0
"""A last stable offset older than this does not say that nothing waits."""
BEGINNING = datetime.min.replace(tzinfo=UTC)


class RunnerClock:
    """The smallest next timestamp of the inputs that lag, else the wall clock; it never runs backwards."""

    def __init__(self, consumer: Any, places: Mapping[str, TopicPartition], intake: Intake) -> None:
        self._consumer = consumer
        self._places = places
        self._intake = intake
        self._now = BEGINNING

    def reset(self) -> None:
        """Another owner may have been there meanwhile."""
        self._now = BEGINNING

    async def now(self) -> datetime | None:
        """The time, or None while it is not known what the next timestamp of an input will be."""
        lagging: list[datetime | None] = []
        for name, place in self._places.items():
            head = self._intake.head_at(name)
            if head is not None:
                lagging.append(head)
            elif not await self._caught_up(place):
                lagging.append(self._intake.last_at(name))
        if not lagging:
            self._now = max(self._now, datetime.now(UTC))
            return self._now
        known = [at for at in lagging if at is not None]
        if len(known) < len(lagging):
            return None
        self._now = max(self._now, min(known))
        return self._now

    async def _caught_up(self, place: TopicPartition) -> bool:
        if place not in self._consumer.assignment() or place in self._consumer.paused():
            return False
        stable, polled = self._consumer.last_stable_offset(place), self._consumer.last_poll_timestamp(place)
        if stable is None or stable < 0 or not polled or time.time() - polled / 1000 > FRESH_S:
            return False
        return bool(await self._consumer.position(place) >= stable)
