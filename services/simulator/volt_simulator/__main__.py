"""`python -m volt_simulator`: flags, ports, signals, exit code."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from volt_simulator.control import control_routes, health_routes
from volt_simulator.fleet import Fleet
from volt_simulator.http import port_of, serve
from volt_simulator.ledger import Ledger
from volt_simulator.logs import set_up_logs
from volt_simulator.settings import Settings, read_passwords, read_settings

LOGGER = logging.getLogger("volt.simulator")


def main() -> None:
    """Runs a fleet. Exit code 0: ended as asked; 1: could not start, or the drain failed; 2: a flag is wrong."""
    settings = read_settings(sys.argv[1:])
    set_up_logs(settings.log_level)
    succeeded = False
    try:
        passwords = {} if settings.password_file is None else read_passwords(settings.password_file)
        succeeded = asyncio.run(_run(settings, passwords))
    except* (OSError, ValueError) as problems:
        LOGGER.error("the simulator cannot run: %s", _first(problems))
    sys.exit(0 if succeeded else 1)


def _first(problem: BaseException) -> BaseException:
    """Many stations may meet one problem at once, such as a full disk; one sentence is enough."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return problem


async def _run(settings: Settings, passwords: dict[str, str]) -> bool:
    ledger = None if settings.ledger is None else Ledger(settings.ledger)
    fleet = Fleet(settings, ledger, passwords)
    _end_on_signals(fleet)
    async with _ports(settings, fleet), _synced(ledger):
        LOGGER.info("%d stations dial %s", len(fleet.stations), settings.gateway)
        return await fleet.run()


def _end_on_signals(fleet: Fleet) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, fleet.end)


@asynccontextmanager
async def _ports(settings: Settings, fleet: Fleet) -> AsyncIterator[None]:
    servers = []
    if settings.control_port is not None:
        servers.append(await serve(settings.control_port, control_routes(fleet)))
        LOGGER.info("control port %d", port_of(servers[-1]))
    if settings.health_port is not None and settings.health_port != settings.control_port:
        servers.append(await serve(settings.health_port, health_routes(fleet)))
    try:
        yield
    finally:
        for server in servers:
            server.close()


@asynccontextmanager
async def _synced(ledger: Ledger | None) -> AsyncIterator[None]:
    if ledger is None:
        yield
        return
    keeper = asyncio.create_task(ledger.keep_synced())
    try:
        yield
    finally:
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper
        ledger.close()


if __name__ == "__main__":
    main()
