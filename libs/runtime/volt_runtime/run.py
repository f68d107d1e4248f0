"""`run(name, settings, main)`: the one way in which a process of Voltlog starts, is watched and ends."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Generic, NoReturn, TypeVar

import uvloop

from volt_runtime import log, telemetry
from volt_runtime.ending import end
from volt_runtime.health import HealthServer, Readiness
from volt_runtime.memory import look_rarely
from volt_runtime.metrics import Metrics
from volt_runtime.settings import Settings

S = TypeVar("S", bound=Settings)


class StartError(Exception):
    """The process cannot start; its text is the one sentence that the operator reads."""


@dataclass
class Runtime(Generic[S]):
    """What a process is given: settings, its stop signal, metrics, readiness, and supervised tasks."""

    name: str
    settings: S
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    metrics: Metrics = field(default_factory=Metrics)
    readiness: Readiness = field(default_factory=Readiness)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _failure: BaseException | None = None

    def create_task(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """A task whose death ends the process: nothing goes on half alive."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        failure = _failure_of(task, expected=self.stopping.is_set())
        if failure is not None:
            self._failure = self._failure or failure
            _report(self.name, f"{task.get_name()} failed", self._failure)
            self.stopping.set()

    async def close(self) -> None:
        """Cancel what still runs and wait for it."""
        self.stopping.set()
        await end(*self._tasks)

    @property
    def failure(self) -> BaseException | None:
        """Why the process has to end, if it was not asked to."""
        return self._failure


def _failure_of(task: asyncio.Task[Any], *, expected: bool) -> BaseException | None:
    """What a task died of. A cancellation that nobody asked for, such as a library's own, is a death as well."""
    if not task.cancelled():
        return task.exception()
    return None if expected else RuntimeError(f"{task.get_name()} was cancelled while the process works")


def _report(name: str, what: str, failure: BaseException | None) -> None:
    """One sentence where the cause is one for the operator, the whole stack where it is ours."""
    if isinstance(failure, StartError):
        log.logger(name).error(str(failure))
    else:
        log.logger(name).error(f"{what}: {failure!r}", exc=failure)


def run(name: str, settings: S, main: Callable[[Runtime[S]], Awaitable[None]]) -> NoReturn:
    """Run `main` until it returns, a signal comes or a task dies; exit 0 when asked to stop, 1 otherwise."""
    look_rarely()
    log.configure(settings.log_level)
    telemetry.configure(name, settings)
    code = uvloop.run(_lifetime(name, settings, main))
    telemetry.shutdown()
    sys.exit(code)


async def _open(health: HealthServer, settings: Settings) -> None:
    try:
        await health.start(settings.health_host, settings.health_port)
    except OSError as taken:
        raise StartError(f"port {settings.health_port} for health cannot be used: {taken.strerror}") from taken


async def _lifetime(name: str, settings: S, main: Callable[[Runtime[S]], Awaitable[None]]) -> int:
    rt = Runtime(name=name, settings=settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, rt.stopping.set)
    health = HealthServer(rt.readiness, rt.metrics)
    try:
        if settings.health_port:
            await _open(health, settings)
        await main(rt)
    except StartError as why:
        log.logger(name).error(str(why))
        return 1
    except Exception as why:  # the last resort: one line that says what ended the process
        log.logger(name).error(f"cannot go on: {why!r}", exc=why)
        return 1
    finally:
        await rt.close()
        await health.stop()
    return 1 if rt.failure is not None else 0
