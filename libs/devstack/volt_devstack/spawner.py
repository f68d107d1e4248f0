"""The one thread that starts children. Linux sends the death signal when the starting *thread* ends, not the process,
so children started from a pool or a passing thread would die with that thread.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

_Job = tuple[Future[Any], Callable[[], Any]]
_lock = threading.Lock()
_thread: threading.Thread | None = None
_jobs: SimpleQueue[_Job] = SimpleQueue()


def on_spawner_thread(job: Callable[[], T]) -> T:
    """Run `job` on the thread that lives as long as this process, and return or raise what it does."""
    future: Future[T] = Future()
    _queue().put((future, job))
    return future.result()


def _queue() -> SimpleQueue[_Job]:
    """The queue of the living thread; after a fork the thread is gone and a new one is made."""
    global _thread, _jobs
    with _lock:
        if _thread is None or not _thread.is_alive():
            _jobs = SimpleQueue()
            _thread = threading.Thread(target=_serve, args=(_jobs,), name="spawner", daemon=True)
            _thread.start()
        return _jobs


def _serve(jobs: "SimpleQueue[_Job]") -> None:
    while True:
        future, job = jobs.get()
        try:
            future.set_result(job())
        except BaseException as error:
            # Not hidden: it is raised again in the thread that asked.
            future.set_exception(error)
