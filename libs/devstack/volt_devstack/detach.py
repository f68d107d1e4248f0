"""Runs a supervisor as a daemon: the caller waits until everything is ready or failed, the daemon goes on."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO

from volt_devstack.errors import ExitCode, StackError, disk_errors
from volt_devstack.home import Home
from volt_devstack.service import StackOptions
from volt_devstack.supervisor import Supervisor


def up_detached(home: Path, options: StackOptions, say: Callable[[str], None]) -> None:
    """Start the stack as a daemon and return when it is ready; must be called before the process has other threads.

    Raises StackError when it cannot be started, naming the log; Ctrl-C while waiting stops the daemon.
    """
    places = Home(home.absolute())
    with disk_errors(places.folder):
        places.log.mkdir(parents=True, exist_ok=True)
    reader, writer = os.pipe()
    sys.stdout.flush()
    first = os.fork()
    if first == 0:
        os.close(reader)
        _become_daemon(places, options, writer)
    os.close(writer)
    os.waitpid(first, 0)
    with os.fdopen(reader) as reports:
        _follow(reports, places, say)


def _follow(reports: IO[str], places: Home, say: Callable[[str], None]) -> None:
    """Pass on what the daemon reports until it is ready; raises its failure."""
    daemon = 0
    try:
        for line in reports:
            kind, value = json.loads(line)
            if kind == "pid":
                daemon = int(value)
            elif kind == "say":
                say(value)
            elif kind == "ready":
                return
            elif kind == "failed":
                raise StackError(value["sentence"], ExitCode(value["exit_code"]))
    except KeyboardInterrupt:
        if daemon:
            os.kill(daemon, signal.SIGTERM)
        raise
    raise StackError(f"The stack ended before it was ready; see {places.supervisor_log}.", ExitCode.FAILED)


def _become_daemon(places: Home, options: StackOptions, writer: int) -> None:
    """Leave terminal and parent, run the supervisor, and never return into the caller's code."""
    code = 1
    try:
        os.setsid()
        if os.fork() > 0:
            os._exit(0)
        _redirect(places)
        code = _supervise(places, options, _Reports(writer))
    except Exception:
        # Standard error is the supervisor's log by now; the caller is told to look there.
        traceback.print_exc()
    finally:
        os._exit(code)


def _redirect(places: Home) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(places.supervisor_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)


def _supervise(places: Home, options: StackOptions, reports: "_Reports") -> int:
    reports.send("pid", os.getpid())
    try:
        Supervisor(
            places.folder, options, say=lambda sentence: reports.send("say", sentence), on_ready=reports.ready
        ).run()
    except StackError as error:
        sentence = error.sentence
        if error.exit_code is not ExitCode.ALREADY_RUNNING and str(places.log) not in sentence:
            sentence = f"{sentence.rstrip('.')} (see {places.supervisor_log})."
        reports.send("failed", {"sentence": sentence, "exit_code": int(error.exit_code)})
        return int(error.exit_code)
    return 0


class _Reports:
    """The daemon's end of the pipe; it is closed when the caller has heard enough or is gone."""

    def __init__(self, writer: int) -> None:
        self._writer: int | None = writer

    def send(self, kind: str, value: object) -> None:
        """Report one thing, if anybody still listens."""
        if self._writer is None:
            return
        try:
            os.write(self._writer, (json.dumps([kind, value]) + "\n").encode())
        except BrokenPipeError:
            self._writer = None

    def ready(self) -> None:
        """Report that all serves, and fall silent."""
        self.send("ready", None)
        if self._writer is not None:
            os.close(self._writer)
            self._writer = None
