"""Tasks end for certain, also those that miss a cancellation."""

import asyncio

import pytest

from volt_runtime import ending
from volt_runtime.ending import end


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "CANCEL_AGAIN_S", 0.01)
    heard = 0

    async def stubborn() -> None:
        nonlocal heard
        while heard < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                heard += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end(task)
    assert (task.done(), heard) == (True, 3)


async def test_what_tasks_ended_with_is_nobodys_trouble() -> None:
    async def failing() -> None:
        raise ValueError("over")

    failed, waiting = asyncio.create_task(failing()), asyncio.create_task(asyncio.Event().wait())
    await asyncio.sleep(0)
    await end(failed, waiting)
    assert isinstance(failed.exception(), ValueError)
    assert waiting.cancelled()
    await end()
