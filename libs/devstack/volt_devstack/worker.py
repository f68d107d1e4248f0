"""One process of a service: a child that answers /readyz on a loopback port of its own."""

from collections.abc import Mapping
from pathlib import Path

import httpx

from volt_devstack.home import Home
from volt_devstack.process import Child, Program, stop_orphan
from volt_devstack.service import ServiceSpec


class Worker:
    """Worker `number` of a service; `client` is shared, asks loopback only and has a short timeout."""

    def __init__(
        self,
        service: ServiceSpec,
        number: int,
        health_port: int,
        environment: Mapping[str, str],
        home: Home,
        client: httpx.Client,
        grace_s: float = 10.0,
    ) -> None:
        self.service = service
        self.name = service.name if service.workers == 1 else f"{service.name}-{number}"
        self.health_url = f"http://127.0.0.1:{health_port}/readyz" if service.health else None
        self._client = client
        own = {"VOLT_WORKER": str(number), "VOLT_HEALTH_PORT": str(health_port)}
        self._child = Child(
            Program(
                name=self.name,
                argv=service.argv,
                env={**environment, **service.env, **own},
                log=home.log / f"{self.name}.log",
                pid_file=home.run / f"{self.name}.pid",
                grace_s=grace_s,
            )
        )

    @property
    def pid(self) -> int | None:
        """The pid, None while it does not run."""
        return self._child.pid

    @property
    def log(self) -> Path:
        """Its standard output and error."""
        return self._child.program.log

    def prepare(self) -> None:
        """Stop a process of this name that a killed supervisor left behind."""
        stop_orphan(self._child.program.pid_file)

    def start(self) -> None:
        """Start the process."""
        self._child.start()

    def is_ready(self) -> bool:
        """Tell whether it answers 200 on /readyz; without a health port, whether it runs."""
        if self.health_url is None:
            return self._child.pid is not None
        try:
            return self._client.get(self.health_url).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._child.exit_code()

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after the grace time."""
        self._child.stop()

    def kill(self) -> None:
        """SIGKILL."""
        self._child.kill()
