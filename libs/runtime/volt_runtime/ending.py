"""Ends tasks for certain: one cancellation is not always heard."""

import asyncio
from typing import Any

CANCEL_AGAIN_S = 10.0


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel the tasks and wait until all have ended, whatever they ended with.

    A cancellation can get lost: `asyncio.wait_for` of Python 3.11 drops one that arrives together with its result
    (cpython gh-86296), and a library may swallow one. Whoever has not ended after `CANCEL_AGAIN_S` is told again.
    """
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)
