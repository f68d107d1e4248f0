"""Committed offsets: a broker that cannot tell them yet is asked again; none is not the same as not known."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import GroupAuthorizationFailedError, GroupLoadInProgressError, NotCoordinatorForGroupError
from aiokafka.structs import TopicPartition

from volt_eventlog.kafka import _committed_offsets

LOADING, NOT_COORDINATOR, FORBIDDEN = 14, 16, 30
PLACES = [TopicPartition("t", 0), TopicPartition("t", 1)]


class Coordinator:
    """Answers as the broker would."""

    group_id = "g"

    def __init__(self, error_code: int, partitions: list[tuple[int, int, str, int]]) -> None:
        self._answer = SimpleNamespace(error_code=error_code, topics=[("t", partitions)] if partitions else [])
        self.dead = 0

    async def _send_req(self, request: Any) -> Any:
        return self._answer

    def coordinator_dead(self) -> None:
        self.dead += 1


async def test_what_was_committed_and_what_never_was() -> None:
    found = await _committed_offsets(Coordinator(0, [(0, 7, "", 0), (1, -1, "", 0)]), PLACES)
    assert {place.partition: entry.offset for place, entry in found.items()} == {0: 7}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Coordinator(LOADING, []), GroupLoadInProgressError),
        (Coordinator(0, [(0, -1, "", LOADING)]), GroupLoadInProgressError),
        (Coordinator(FORBIDDEN, []), GroupAuthorizationFailedError),
    ],
)
async def test_an_error_of_the_whole_answer_is_one(answer: Coordinator, error: type[Exception]) -> None:
    with pytest.raises(error):
        await _committed_offsets(answer, PLACES)
    assert answer.dead == 0


@pytest.mark.parametrize("answer", [Coordinator(NOT_COORDINATOR, []), Coordinator(0, [(0, -1, "", NOT_COORDINATOR)])])
async def test_another_coordinator_is_looked_for(answer: Coordinator) -> None:
    with pytest.raises(NotCoordinatorForGroupError):
        await _committed_offsets(answer, PLACES)
    assert answer.dead == 1
