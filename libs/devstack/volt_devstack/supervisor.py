"""Runs the whole local stack in one process: broker, database, topics, services; restarts what dies and, at the end,
leaves nothing behind.
"""

import logging
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from volt_devstack.errors import ExitCode, StackError, disk_errors
from volt_devstack.home import Home
from volt_devstack.keeper import Keeper
from volt_devstack.logfile import put_aside_if_large
from volt_devstack.plan import StackPlan, make_plan
from volt_devstack.process import stop_orphan
from volt_devstack.service import StackOptions
from volt_devstack.state import Phase, StateFile

_log = logging.getLogger(__name__)

_TICK_S = 0.1
_STOP_MARGIN_S = 15.0


class _StopRequested(Exception):
    """Ctrl-C or `voltlog down` while the stack was starting."""


class Supervisor:
    """One run of the stack in `home`; `say` gets sentences for people, `on_ready` is called once when all serves."""

    def __init__(
        self,
        home: Path,
        options: StackOptions,
        say: Callable[[str], None] = lambda sentence: None,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._home = Home(home.absolute())
        self._options = options
        self._say = say
        self._on_ready = on_ready
        self._state = StateFile(self._home)
        self._plan: StackPlan | None = None
        self._begun: list[tuple[Keeper, ...]] = []
        self._stop_signals = 0

    def run(self) -> None:
        """Start everything and stay until SIGINT, SIGTERM or SIGHUP; must be called on the main thread.

        Raises StackError when the stack cannot be started; everything is stopped by then.
        """
        with self._home.owned(), _log_to(self._home), self._counting_signals():
            failure = self._live()
            self._stop(failure)
        if failure:
            raise failure

    def _live(self) -> StackError | None:
        """Everything up to the wish to stop; the failure when there was one."""
        try:
            self._start()
            while not self._stop_signals:
                self._tick()
        except _StopRequested:
            _log.info("asked to stop while starting")
        except StackError as error:
            _log.error("%s", error.sentence)
            return error
        except Exception as error:
            # The last resort: the operator gets a sentence, the log gets the stack.
            _log.exception("the supervisor failed")
            return StackError(f"{type(error).__name__}: {error} (see {self._home.supervisor_log}).")
        return None

    def _start(self) -> None:
        self._state.publish(Phase.STARTING, None)
        self._stop_orphans()
        self._plan = plan = make_plan(self._home, self._options, self._say)
        self._begin(plan.backing_keepers)
        if self._options.topics:
            self._options.topics({**plan.environment})
        for level in plan.service_keepers:
            self._begin(level)
        self._state.publish(Phase.READY, plan)
        for name, url in plan.urls():
            self._say(f"{name}: {url}")
        self._on_ready()

    def _stop_orphans(self) -> None:
        """End the services of a supervisor that was killed; Kafka and Postgres look after their own."""
        for pid_file in self._home.run.glob("*.pid"):
            if stop_orphan(pid_file):
                _log.warning("stopped %s, which an earlier supervisor left behind", pid_file.stem)

    def _begin(self, level: tuple[Keeper, ...]) -> None:
        """Start one level and wait until it serves; preparing may take as long as a download takes."""
        self._begun.append(level)
        for keeper in level:
            keeper.begin()
        self._wait(lambda: all(keeper.prepared for keeper in level), level, float("inf"))
        self._wait(lambda: all(keeper.ready for keeper in level), level, self._options.ready_deadline_s)

    def _wait(self, done: Callable[[], bool], level: Sequence[Keeper], deadline_s: float) -> None:
        end = time.monotonic() + deadline_s
        while not done():
            for keeper in level:
                if keeper.failure:
                    raise keeper.failure
            if self._stop_signals:
                raise _StopRequested
            if time.monotonic() > end:
                raise _late([keeper for keeper in level if not keeper.ready], deadline_s)
            self._tick()

    def _tick(self) -> None:
        time.sleep(_TICK_S)
        self._state.refresh(self._plan)

    def _stop(self, failure: StackError | None) -> None:
        """Stop level by level, the last started first."""
        self._state.publish(Phase.STOPPING, self._plan)
        asked = max(1, self._stop_signals)
        for level in reversed(self._begun):
            for keeper in level:
                keeper.request_stop()
            self._wait_stopped(level, asked)
        if self._plan:
            self._plan.close()
        self._state.publish(Phase.FAILED if failure else Phase.STOPPED, self._plan, failure.sentence if failure else "")

    def _wait_stopped(self, level: Sequence[Keeper], asked: int) -> None:
        """A further signal means at once and by force, and so does a keeper that overstays every grace time."""
        end = time.monotonic() + self._options.grace_s + _STOP_MARGIN_S
        for keeper in level:
            while not keeper.wait_stopped(_TICK_S):
                if time.monotonic() > end or self._stop_signals > asked:
                    keeper.kept.kill()

    @contextmanager
    def _counting_signals(self) -> Iterator[None]:
        """Count the signals that ask for the end. The loops look at the number: a handler must not take locks."""
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._count) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _count(self, number: int, frame: FrameType | None) -> None:
        self._stop_signals += 1


@contextmanager
def _log_to(home: Home) -> Iterator[None]:
    """Write what this package logs to the supervisor's file."""
    with disk_errors(home.log):
        put_aside_if_large(home.supervisor_log)
        handler = logging.FileHandler(home.supervisor_log)
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger = logging.getLogger("volt_devstack")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()


def _late(keepers: Sequence[Keeper], deadline_s: float) -> StackError:
    names = ", ".join(keeper.kept.name for keeper in keepers)
    logs = ", ".join(str(keeper.kept.log) for keeper in keepers)
    return StackError(f"Not ready after {deadline_s:.0f} s: {names}; see {logs}.", ExitCode.NOT_READY)
