"""Runs views in a process, and lets queries wait until a view has a position."""

from collections.abc import Sequence
from typing import Any

from volt_eventlog.kafka import Kafka
from volt_eventlog.message import Position
from volt_eventlog.view import View
from volt_eventlog.view_worker import ViewWorker
from volt_runtime.run import Runtime


class Views:
    """The views that this process writes, by name."""

    def __init__(self, workers: Sequence[ViewWorker]) -> None:
        self._workers = {worker.view.name: worker for worker in workers}

    async def wait_for(self, view: str, position: Position, deadline_s: float = 2.0) -> bool:
        """Whether `view` has applied `position` within the deadline."""
        return await self._workers[view].wait_for(position, deadline_s)


def start_views(rt: Runtime[Any], views: Sequence[View], kafka: Kafka, dsn: str) -> Views:
    """Start a supervised task for each view; each adds itself to the process's readiness."""
    workers = [ViewWorker(view, kafka, dsn, rt.metrics) for view in views]
    for worker in workers:
        rt.readiness.add(f"view {worker.view.name}", worker.not_ready)
        rt.create_task(worker.run(), f"view {worker.view.name}")
    return Views(workers)


async def run_views(rt: Runtime[Any], views: Sequence[View], kafka: Kafka, dsn: str) -> None:
    """Write the views until the process is asked to stop."""
    start_views(rt, views, kafka, dsn)
    await rt.stopping.wait()
