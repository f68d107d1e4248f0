"""Turns the options into a plan for this machine and this environment: what every child is told, and one keeper per
process.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import httpx

from volt_devstack.backing import Backing, kafka_backing, postgres_backing, require_external
from volt_devstack.credentials import Credentials, credentials
from volt_devstack.home import Home
from volt_devstack.keeper import Keeper
from volt_devstack.ports import PortLease
from volt_devstack.service import ServiceSpec, StackOptions, start_levels
from volt_devstack.stack_ports import health_port_name, take_stack_ports
from volt_devstack.state import ProcessState
from volt_devstack.worker import Worker

_PROBE_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class ServiceKeepers:
    """A service with its workers and the keeper of each."""

    name: str
    url: str | None
    workers: tuple[Worker, ...]
    keepers: tuple[Keeper, ...]

    def state(self) -> ProcessState:
        """The service as `status` shows it: ready when every worker is."""
        return ProcessState(
            name=self.name,
            ready=all(keeper.ready for keeper in self.keepers),
            pids=tuple(worker.pid for worker in self.workers if worker.pid),
            health=tuple(worker.health_url for worker in self.workers if worker.health_url),
            restarts=sum(keeper.restarts for keeper in self.keepers),
            url=self.url,
            log=str(self.workers[0].log),
        )


@dataclass(frozen=True)
class StackPlan:
    """Everything of one run. `environment` is what the children get beside the supervisor's own."""

    environment: Mapping[str, str]
    backing: tuple[Backing, ...]
    services: tuple[tuple[ServiceKeepers, ...], ...]
    lease: PortLease
    client: httpx.Client

    @property
    def backing_keepers(self) -> tuple[Keeper, ...]:
        """The broker's and the database's, where they are ours."""
        return tuple(backing.keeper for backing in self.backing if backing.keeper)

    @property
    def service_keepers(self) -> Iterator[tuple[Keeper, ...]]:
        """The services' level by level, in the order of their start."""
        return (tuple(keeper for service in level for keeper in service.keepers) for level in self.services)

    def processes(self) -> tuple[ProcessState, ...]:
        """What runs at this moment."""
        services = (service.state() for level in self.services for service in level)
        return (*(backing.state() for backing in self.backing), *services)

    def urls(self) -> Iterator[tuple[str, str]]:
        """Service names with the addresses meant for people."""
        return ((service.name, service.url) for level in self.services for service in level if service.url)

    def close(self) -> None:
        """Give back connections and ports, after everything has been stopped."""
        self.client.close()
        with suppress(OSError):
            # On a full disk the register keeps them until it sees that this process has ended.
            self.lease.release()


def make_plan(home: Home, options: StackOptions, say: Callable[[str], None]) -> StackPlan:
    """Check what can be checked before anything starts, and take the ports.

    Raises StackError for what is taken, not reachable or badly configured.
    """
    levels = start_levels(options.services)
    require_external()
    secret = credentials(home)
    lease = take_stack_ports(home, options)
    for note in lease.notes:
        say(note)
    backing = (
        kafka_backing(home, lease, options.kafka_heap, say),
        postgres_backing(home, lease, secret.postgres_password),
    )
    told = {**_told(home, options, lease, secret), **{part.variable: part.address for part in backing}}
    client = httpx.Client(timeout=_PROBE_TIMEOUT_S, trust_env=False)
    services = tuple(tuple(_keepers(spec, home, options, told, lease, client) for spec in level) for level in levels)
    return StackPlan(told, backing, services, lease, client)


def _told(home: Home, options: StackOptions, lease: PortLease, secret: Credentials) -> dict[str, str]:
    """The variables of every child; what the operator set himself goes before what we made up."""
    return {
        "VOLT_HOME": str(home.folder),
        "VOLT_TOKEN_SECRET": os.environ.get("VOLT_TOKEN_SECRET") or secret.token_secret,
        "PYTHONUNBUFFERED": "1",
        **{point.variable: str(lease.numbers[point.name]) for point in options.fixed_points},
        **options.env,
    }


def _keepers(
    spec: ServiceSpec,
    home: Home,
    options: StackOptions,
    told: Mapping[str, str],
    lease: PortLease,
    client: httpx.Client,
) -> ServiceKeepers:
    environment = {**os.environ, **told}
    workers = tuple(
        Worker(
            spec, number, lease.numbers[health_port_name(spec.name, number)], environment, home, client, options.grace_s
        )
        for number in range(spec.workers)
    )
    return ServiceKeepers(spec.name, _filled(spec.url, told), workers, tuple(Keeper(worker) for worker in workers))


def _filled(url: str | None, told: Mapping[str, str]) -> str | None:
    """Put the taken ports into a URL; other braces in it are for the reader."""
    for name, value in told.items():
        url = url.replace(f"{{{name}}}", value) if url and name.endswith("_PORT") else url
    return url
