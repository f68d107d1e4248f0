"""What runs now, for `voltlog status` and `voltlog down`: one JSON file, replaced whole at every change."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from typing import Any, Protocol

from volt_devstack.files import write_atomically
from volt_devstack.home import Home
from volt_devstack.identity import Identity, myself

_log = logging.getLogger(__name__)


class Phase(Enum):
    """Where a supervisor stands in its life; `failed` says why in the state's message."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class ProcessState:
    """One name of the stack: a service with its workers, kafka or postgres. `pids` is empty for what is not ours."""

    name: str
    ready: bool
    pids: tuple[int, ...] = ()
    health: tuple[str, ...] = ()
    restarts: int = 0
    url: str | None = None
    log: str | None = None


@dataclass(frozen=True)
class StackState:
    """One supervisor's stack. `environment` is what its children got, secrets included: the file is private."""

    supervisor: Identity
    phase: Phase
    message: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    processes: tuple[ProcessState, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether everything serves at this moment."""
        return self.phase is Phase.READY and all(process.ready for process in self.processes)


class Shown(Protocol):
    """What the state file tells of a plan."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What the children get."""

    def processes(self) -> tuple[ProcessState, ...]:
        """What runs at this moment."""


class StateFile:
    """The state file of the calling supervisor; it is written when something changed."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._state = StackState(myself(), Phase.STARTING)

    def publish(self, phase: Phase, shown: Shown | None, message: str = "") -> None:
        """Enter a phase and write what runs."""
        self._state = replace(self._state, phase=phase, message=message)
        self._write(self._look(shown))

    def refresh(self, shown: Shown | None) -> None:
        """Write what runs if it is not what was written last."""
        state = self._look(shown)
        if state != self._state:
            self._write(state)

    def _look(self, shown: Shown | None) -> StackState:
        if shown is None:
            return self._state
        return replace(self._state, environment=shown.environment, processes=shown.processes())

    def _write(self, state: StackState) -> None:
        self._state = state
        try:
            write_state(self._home, state)
        except OSError as error:
            # The stack goes on although the disk is full; status then shows what was true before.
            _log.error("the state file cannot be written: %s", error)


def write_state(home: Home, state: StackState) -> None:
    """Replace the state file; raises OSError."""
    write_atomically(home.state, json.dumps({**asdict(state), "phase": state.phase.value}, indent=2))


def read_state(home: Home) -> StackState | None:
    """The last state that was written; None when there is none or it cannot be read."""
    try:
        return _decode(json.loads(home.state.read_text()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _decode(held: dict[str, Any]) -> StackState:
    return StackState(
        supervisor=Identity(**held["supervisor"]),
        phase=Phase(held["phase"]),
        message=held["message"],
        environment=held["environment"],
        processes=tuple(_decode_process(process) for process in held["processes"]),
    )


def _decode_process(held: dict[str, Any]) -> ProcessState:
    return ProcessState(**{**held, "pids": tuple(held["pids"]), "health": tuple(held["health"])})
