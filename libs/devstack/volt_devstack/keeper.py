"""Keeps one process alive: starts it, watches whether it serves, and starts it again, ever later, when it dies."""

import logging
import threading
import time
from typing import Protocol

from volt_devstack.backoff import Backoff
from volt_devstack.errors import ExitCode, StackError
from volt_devstack.waiting import Started, ended_early

_log = logging.getLogger(__name__)

_WATCH_S = 0.1
_PROBE_STARTING_S = 0.2
_PROBE_READY_S = 2.0
_GIVE_UP_AFTER = 3


class Supervised(Started, Protocol):
    """What a keeper keeps: Kafka, Postgres or a worker."""

    @property
    def pid(self) -> int | None:
        """The pid, None while it does not run."""

    def prepare(self) -> None:
        """Everything that may take long and is done once; raises StackError."""

    def start(self) -> None:
        """Start the process."""

    def stop(self) -> None:
        """End it, by force after its grace time."""

    def kill(self) -> None:
        """End it by SIGKILL."""


class Keeper:
    """One thread for one process. Before it was ready for the first time a hopeless process is given up (`failure`);
    after that it is started again for ever.
    """

    def __init__(self, kept: Supervised) -> None:
        self.kept = kept
        self.prepared = False
        self.ready = False
        self.was_ready = False
        self.restarts = 0
        self.failure: StackError | None = None
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"keeper-{kept.name}", daemon=True)

    def begin(self) -> None:
        """Start keeping."""
        self._thread.start()

    def request_stop(self) -> None:
        """Ask the keeper to end its process; returns at once."""
        with self._starting:
            self._stopping.set()

    def wait_stopped(self, deadline_s: float) -> bool:
        """Wait until the process has ended; a keeper that still prepares has none and is not waited for."""
        if not self.prepared:
            return True
        self._thread.join(deadline_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.kept.prepare()
            self.prepared = True
            self._keep()
        except StackError as error:
            self.failure = error
        except Exception as error:
            # The thread's last resort: the operator gets a sentence and the log the stack.
            _log.exception("%s cannot be kept running", self.kept.name)
            self.failure = StackError(f"{self.kept.name} cannot be started: {type(error).__name__}: {error}.")
        finally:
            self.ready = False
            self.kept.stop()

    def _keep(self) -> None:
        backoff = Backoff()
        while self._start():
            began = time.monotonic()
            self._watch()
            self.ready = False
            if self._stopping.is_set():
                return
            backoff = backoff.after_death(time.monotonic() - began)
            self._judge(backoff)
            self._stopping.wait(backoff.pause_s)
            self.restarts += 1

    def _start(self) -> bool:
        """Start unless the stop was requested; under a lock, so that nothing starts after the request returned."""
        with self._starting:
            if self._stopping.is_set():
                return False
            try:
                self.kept.start()
            except StackError as error:
                if not self.was_ready:
                    raise
                # A full disk may have room again: one more death, tried again later.
                _log.error("%s", error.sentence)
            else:
                _log.info("%s started (process %s)", self.kept.name, self.kept.pid)
            return True

    def _watch(self) -> None:
        """Return when the process has ended or is to be stopped."""
        next_probe = 0.0
        while self.kept.exit_code() is None and not self._stopping.is_set():
            if time.monotonic() >= next_probe:
                self._probe()
                next_probe = time.monotonic() + (_PROBE_READY_S if self.ready else _PROBE_STARTING_S)
            self._stopping.wait(_WATCH_S)

    def _probe(self) -> None:
        ready = self.kept.is_ready()
        if ready != self.ready:
            _log.info("%s is %s", self.kept.name, "ready" if ready else "not ready")
        self.ready = ready
        self.was_ready = self.was_ready or ready

    def _judge(self, backoff: Backoff) -> None:
        code = self.kept.exit_code()
        _log.warning("%s ended with code %s; started again in %.1f s", self.kept.name, code, backoff.pause_s)
        hopeless = code == ExitCode.BAD_CONFIGURATION or backoff.deaths >= _GIVE_UP_AFTER
        if hopeless and not self.was_ready and code is not None:
            raise ended_early(self.kept, code)
