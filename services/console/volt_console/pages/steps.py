"""A timeline as steps: each begins with a frame, a command or a deadline, and holds what followed.

Within a step the records stand in lanes: the wire, the station's facts, the visit's events. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from volt_console.queries.timeline import Record

LANES = {
    "gateway.frames": "wire",
    "station.events": "station",
    "network.station.events": "station",
    "session.events": "session",
}


TOGETHER = timedelta(seconds=30)
"""What follows later than this (an answer to a command, a visit's final word) is a step of its own, at its own time."""


@dataclass
class Step:
    """One thing that happened, seen by each service."""

    first: Record
    wire: list[Record] = field(default_factory=list)
    station: list[Record] = field(default_factory=list)
    session: list[Record] = field(default_factory=list)

    @property
    def id(self) -> str:
        """An id for the element that shows it."""
        return f"step-{self.first.event_id}"

    @property
    def late_s(self) -> float:
        """Seconds between what happened and its record: stations send some things long after."""
        facts = [record for record in self.station if record.type.startswith("station.")]
        return max(((fact.recorded_at - fact.at).total_seconds() for fact in facts), default=0.0)

    @property
    def trace_id(self) -> str | None:
        """The trace that the step belongs to."""
        return self.first.trace_id


def steps(records: Sequence[Record]) -> list[Step]:
    """The records, in order, as steps in order of their first records.

    A record belongs to the step of its cause, or of what it correlates with: a command on its way to the wire and back.
    """
    found: dict[str, Step] = {}
    step_of: dict[str, Step] = {}
    for record in records:
        thread = record.correlation_id or record.event_id
        step = step_of.get(record.causation_id or "") or step_of.get(thread)
        if step is None or record.recorded_at - step.first.recorded_at > TOGETHER:
            step = found.setdefault(record.event_id, Step(record))
        step_of[record.event_id] = step_of[thread] = step
        lane: list[Record] = getattr(step, LANES.get(record.topic, "station"))
        lane.append(record)
    return list(found.values())
