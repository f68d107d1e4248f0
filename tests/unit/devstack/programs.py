"""Waiting, and small real programs for the tests of child processes."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from volt_devstack.process import Program


def until(holds: Callable[[], bool], deadline_s: float = 10.0) -> None:
    """Return when the condition holds; AssertionError when it does not within the deadline."""
    end = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < end, f"not within {deadline_s:g} s"
        time.sleep(0.02)


def python_program(folder: Path, code: str, grace_s: float = 5.0) -> Program:
    """A program that runs Python code with the standard library; its log and pid file lie in `folder`."""
    return Program(
        name="probe",
        argv=(sys.executable, "-S", "-c", code),
        env=dict(os.environ),
        log=folder / "probe.log",
        pid_file=folder / "probe.pid",
        grace_s=grace_s,
    )
