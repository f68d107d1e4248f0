"""Which ports one stack takes: the fixed points by their rule, everything else where it was the last time."""

import json
import os
from collections.abc import Iterator, Mapping

from volt_devstack.errors import ExitCode, StackError, disk_errors
from volt_devstack.files import write_atomically
from volt_devstack.home import Home
from volt_devstack.ports import PortLease, PortRule, PortWish, take_ports
from volt_devstack.service import FixedPoint, StackOptions

_KAFKA_PORT = 29_092
_POSTGRES_PORT = 25_432
_FIRST_HEALTH_PORT = 21_000


def health_port_name(service: str, worker: int) -> str:
    """The name under which a worker's health port stands in the lease."""
    return f"{service}.{worker}.health"


def take_stack_ports(home: Home, options: StackOptions) -> PortLease:
    """Take every port of the stack and remember them for the next run.

    Raises StackError: PORT_TAKEN, BAD_CONFIGURATION for a variable that is no port number.
    """
    last = _last_numbers(home)
    fixed = [_fixed_wish(point) for point in options.fixed_points]
    lease = take_ports([*fixed, *(_any_wish(*wish, last) for wish in _others(options))], home.folder)
    with disk_errors(home.folder):
        write_atomically(home.ports, json.dumps(dict(lease.numbers), indent=2))
    return lease


def _fixed_wish(point: FixedPoint) -> PortWish:
    demanded = os.environ.get(point.variable)
    if not demanded:
        return PortWish(point.name, point.port, PortRule.FIXED, point.variable)
    if not demanded.isdecimal() or not 0 < int(demanded) < 65_536:
        raise StackError(f"{point.variable}={demanded} is not a port number.", ExitCode.BAD_CONFIGURATION)
    return PortWish(point.name, int(demanded), PortRule.DEMANDED, point.variable)


def _any_wish(name: str, default: int, last: Mapping[str, int]) -> PortWish:
    return PortWish(name, last.get(name, default))


def _others(options: StackOptions) -> Iterator[tuple[str, int]]:
    yield "kafka", _KAFKA_PORT
    yield "kafka.controller", _KAFKA_PORT + 1
    yield "postgres", _POSTGRES_PORT
    workers = ((service.name, worker) for service in options.services for worker in range(service.workers))
    for offset, (service, worker) in enumerate(workers):
        yield health_port_name(service, worker), _FIRST_HEALTH_PORT + offset


def _last_numbers(home: Home) -> dict[str, int]:
    """The ports of the last run; a file that cannot be read only costs the old numbers."""
    try:
        return {str(name): int(number) for name, number in json.loads(home.ports.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
