"""A visit's timeline holds what caused its events, through all services, and nothing else of the station."""

from dataclasses import dataclass
from typing import Any

from volt_cli.causes import caused_by
from volt_contracts.envelope import CAUSATION, DEADLINE, ID, Header
from volt_contracts.topics import GATEWAY_FRAMES, SESSION_EVENTS, STATION_EVENTS, Topic


@dataclass(frozen=True)
class Read:
    """As much of a record as is looked at."""

    headers: tuple[Header, ...]


def record(topic: Topic, id: str, cause: str | None = None, *extra: Header) -> tuple[Topic, Any]:
    """One that was read."""
    chain = () if cause is None else ((CAUSATION, cause.encode()),)
    return topic, Read(((ID, id.encode()), *chain, *extra))


def ids(found: list[tuple[Topic, Any]]) -> set[str]:
    return {one.headers[0][1].decode() for _, one in found}


FRAMES = [record(GATEWAY_FRAMES, f"frame-{n}") for n in range(4)]
FACTS = [record(STATION_EVENTS, f"fact-{n}", f"frame-{n}") for n in range(4)]


def test_causes_are_followed_back_to_the_wire_and_others_are_left_out() -> None:
    own = [
        record(SESSION_EVENTS, "a", "fact-1"),
        record(SESSION_EVENTS, "b", "fact-1"),
        record(SESSION_EVENTS, "c", "fact-3"),
    ]
    found, missing = caused_by(own, [*FRAMES, *FACTS])
    assert ids(found) == {"fact-1", "frame-1", "fact-3", "frame-3"}
    assert len(found) == 4
    assert missing == 0


def test_what_is_not_there_is_counted_once() -> None:
    own = [
        record(SESSION_EVENTS, "a", "fact-1"),
        record(SESSION_EVENTS, "b", "gone"),
        record(SESSION_EVENTS, "c", "gone"),
    ]
    found, missing = caused_by(own, FACTS)
    assert ids(found) == {"fact-1"}
    assert missing == 2, "the frame of fact-1, and what is gone"


def test_a_deadline_is_a_cause_that_lies_nowhere() -> None:
    own = [record(SESSION_EVENTS, "a", "a tick", (DEADLINE, b"settled"))]
    assert caused_by(own, FACTS) == ([], 0)
