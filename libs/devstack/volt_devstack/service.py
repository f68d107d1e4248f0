"""What the supervisor is asked to run: services, the ports that other people's tools know, and the step between the
broker's start and theirs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from volt_devstack.errors import ExitCode, StackError


@dataclass(frozen=True)
class ServiceSpec:
    """One service, run as one or more processes of its own."""

    name: str
    argv: tuple[str, ...]
    workers: int = 1
    """Processes; each gets VOLT_WORKER=0..n-1."""
    env: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    """What status shows to people; `{VOLT_…_PORT}` stands for the port that was taken."""
    health: bool = True
    """Whether it serves /readyz on VOLT_HEALTH_PORT; without, it counts as ready once it runs."""
    after: tuple[str, ...] = ()
    """Services that must be ready first."""


@dataclass(frozen=True)
class FixedPoint:
    """A port that other people's tools know, and the variable by which the operator may change it."""

    name: str
    variable: str
    port: int


FIXED_POINTS = (
    FixedPoint("gateway", "VOLT_GATEWAY_PORT", 9000),
    FixedPoint("console", "VOLT_CONSOLE_PORT", 8080),
)


@dataclass(frozen=True)
class StackOptions:
    """What to run and how patiently."""

    services: tuple[ServiceSpec, ...]
    topics: Callable[[Mapping[str, str]], None] | None = None
    """Called with the children's environment when broker and database are ready; may raise StackError."""
    fixed_points: tuple[FixedPoint, ...] = FIXED_POINTS
    env: Mapping[str, str] = field(default_factory=dict)
    kafka_heap: str = "512m"
    ready_deadline_s: float = 90.0
    """For the broker and the database together, and again for each level of services."""
    grace_s: float = 10.0
    """Between SIGTERM and SIGKILL for a service."""


def start_levels(services: Sequence[ServiceSpec]) -> tuple[tuple[ServiceSpec, ...], ...]:
    """Group the services so that everything a service comes after stands in an earlier group.

    Raises StackError BAD_CONFIGURATION for a name that is double or unknown, or for services that wait in a circle.
    """
    names = [service.name for service in services]
    unknown = {name for service in services for name in service.after} - set(names)
    if unknown or len(set(names)) != len(names):
        raise _bad(f"services name each other wrongly: {', '.join(sorted(unknown)) or 'a name is double'}")
    levels: list[tuple[ServiceSpec, ...]] = []
    waiting, started = list(services), set[str]()
    while waiting:
        level = tuple(service for service in waiting if started.issuperset(service.after))
        if not level:
            raise _bad(f"services wait for each other in a circle: {', '.join(service.name for service in waiting)}")
        levels.append(level)
        started.update(service.name for service in level)
        waiting = [service for service in waiting if service.name not in started]
    return tuple(levels)


def _bad(why: str) -> StackError:
    return StackError(f"The stack cannot be started: {why}.", ExitCode.BAD_CONFIGURATION)
