"""Seconds behind and messages handled of everything downstream of the gateway, read from the services' own /metrics."""

import re
import threading
import time
from collections.abc import Mapping, Sequence

import httpx

from benchmarks.stage import Stage

EVERY_S = 0.5
QUIET_TIMES = 3
SERVICES = ("station", "session", "console")

_BEHIND = re.compile(r'volt_(?:decider|view)_seconds_behind\{(?:decider|view)="([^"]+)"\}')
_HANDLED = re.compile(r'volt_messages_total\{decider="([^"]+)",result="(?:handled|ignored)",type="(?!tick")')
"""Without the deadlines of visits that are finalised minutes after their end: they are not what a push is made of."""
_APPLIED = re.compile(r'volt_view_messages_total\{view="([^"]+)"\}')
_COUNTED = (_HANDLED, _APPLIED)


class Lags:
    """Watches from `with` on; `worst` has the largest seconds behind so far of each decider and view."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lags", daemon=True)
        self.worst: dict[str, float] = {}

    def __enter__(self) -> "Lags":
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._stopping.set()
        self._thread.join(30)

    def _watch(self) -> None:
        while not self._stopping.wait(EVERY_S):
            for name, seconds in behind(self._stage).items():
                self.worst[name] = max(seconds, self.worst.get(name, 0.0))


def behind(stage: Stage) -> dict[str, float]:
    """Decider or view → how far it is behind now. A service too busy to answer is as far behind as we waited."""
    found: dict[str, float] = {}
    for service in SERVICES:
        began = time.monotonic()
        try:
            for name, value in stage.metrics(service):
                matched = _BEHIND.match(name)
                if matched:
                    found[matched[1]] = max(value, found.get(matched[1], 0.0))
        except httpx.TransportError:
            found[service] = time.monotonic() - began
    return found


def handled(stage: Stage, services: Sequence[str] = SERVICES) -> dict[str, float]:
    """Decider or view → messages that it has taken in since it was started."""
    found: dict[str, float] = {}
    for service in services:
        for name, value in stage.metrics(service):
            for pattern in _COUNTED:
                matched = pattern.match(name)
                if matched:
                    found[matched[1]] = found.get(matched[1], 0.0) + value
    return found


def grown(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What was added meanwhile."""
    return {name: value - before.get(name, 0.0) for name, value in after.items()}


def drained(stage: Stage, deadline_s: float) -> float | None:
    """Seconds until nothing is behind any more, None when that did not happen within the deadline."""
    began, quiet = time.monotonic(), 0
    counts = _decided(stage)
    while time.monotonic() - began < deadline_s:
        time.sleep(EVERY_S)
        now = _decided(stage)
        still = max(behind(stage).values(), default=0.0) < EVERY_S and now == counts
        counts, quiet = now, quiet + 1 if still else 0
        if quiet == QUIET_TIMES:
            return time.monotonic() - began - QUIET_TIMES * EVERY_S
    return None


def _decided(stage: Stage) -> dict[str, float]:
    """What deciders have handled; what views have applied also grows by what deadlines bring."""
    deciders = [service for service in SERVICES if service != "console"]
    return handled(stage, deciders)
