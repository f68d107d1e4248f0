"""Waiting in tests: ask again until it holds or the deadline passes, and then say what was seen last."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(ask: Callable[[], Awaitable[T]], holds: Callable[[T], bool], deadline_s: float = 15.0) -> T:
    """The first answer that holds.

    Raises:
        AssertionError: none held in time; the message shows the last answer.
    """
    end = time.monotonic() + deadline_s
    while True:
        answer = await ask()
        if holds(answer):
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s:g} s; last seen: {answer!r}")
        await asyncio.sleep(0.05)
