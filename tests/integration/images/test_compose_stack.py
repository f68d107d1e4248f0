"""The stack of docker-compose.yml without an engine: what is in the images, started in compose's order with compose's
variables, on a real Kafka and Postgres, until simulated cars have charged.
"""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.compose_file import filled, services
from contract.image_folders import COMMAND, environment, image, run

from volt_eventlog.kafka import Kafka
from volt_testkit.polling import eventually
from volt_testkit.stack import free_port

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

LEVELS = (("network", "drivers", "session", "station", "gateway", "console"), ("simulator",))


@dataclass
class Composed:
    """The containers of one stack, as processes; what is a name in compose's networks is a loopback port here."""

    kafka: Kafka
    dsn: str
    logs: Path
    gateway: int = field(default_factory=free_port)
    console: int = field(default_factory=free_port)
    running: dict[str, tuple[Process, str]] = field(default_factory=dict)

    def variables(self, name: str) -> dict[str, str]:
        """What compose gives to a container."""
        secrets = dict.fromkeys(("VOLT_TOKEN_SECRET", "POSTGRES_PASSWORD", "VOLT_CONSOLE_DB_PASSWORD"), "f00d" * 16)
        given = services()[name].get("environment", {})
        found = {variable: filled(str(value), secrets) for variable, value in given.items()}
        here = {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
            "DATABASE_URL": self.dsn,
            "VOLT_GATEWAY_PORT": str(self.gateway),
            "VOLT_CONSOLE_PORT": str(self.console),
        }
        return found | {variable: value for variable, value in here.items() if variable in found} | self._own(name)

    def _own(self, name: str) -> dict[str, str]:
        ports = {
            "gateway": {"VOLT_GATEWAY_PORT": str(self.gateway)},
            "console": {"VOLT_CONSOLE_PORT": str(self.console)},
        }
        return ports.get(name, {}) | {"VOLT_PREFIX": self.kafka.prefix, "HOME": str(self.logs)}

    async def once(self, name: str) -> str:
        """Run a one-shot container to its end; returns what it said."""
        words = services()[name]["command"]
        done = await asyncio.to_thread(run, COMMAND, "voltlog", *words, **self.variables(name))
        assert done.returncode == 0, done.stderr
        return done.stdout

    async def up(self, name: str) -> None:
        """Start a service's container."""
        port, home = str(free_port()), image(name)
        given = environment(**self.variables(name), VOLT_SERVICE=name, VOLT_HEALTH_PORT=port)
        flags = [
            word.replace("gateway:9000", f"127.0.0.1:{self.gateway}") for word in services()[name].get("command", [])
        ]
        with (self.logs / f"{name}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                home / "bin" / "python", home / "service.py", *flags, env=given, cwd=home, stdout=log, stderr=log
            )
        self.running[name] = (process, port)

    async def healthy(self, name: str) -> None:
        """Wait as `condition: service_healthy` does."""
        port = self.running[name][1]

        async def asked() -> Any:
            return await asyncio.to_thread(run, name, "python", "healthy.py", VOLT_HEALTH_PORT=port)

        await eventually(asked, lambda done: done.returncode == 0, 90)

    async def down(self) -> dict[str, int]:
        """End them all, as an engine does; returns their exit codes."""
        for process, _ in self.running.values():
            if process.returncode is None:
                process.terminate()
        return {name: await asyncio.wait_for(process.wait(), 60) for name, (process, _) in self.running.items()}


@asynccontextmanager
async def composed(kafka: Kafka, dsn: str, logs: Path) -> AsyncIterator[Composed]:
    """A stack that is gone when the block ends."""
    stack = Composed(kafka, dsn, logs)
    try:
        yield stack
    finally:
        for process, _ in stack.running.values():
            if process.returncode is None:
                process.kill()
                await process.wait()


async def test_the_composed_stack_charges_cars(kafka: Kafka, database: str, tmp_path: Path) -> None:
    async with composed(kafka, database, tmp_path) as stack:
        assert "topics were made" in await stack.once("topics")
        for level in LEVELS:
            for name in level:
                await stack.up(name)
            for name in level:
                await stack.healthy(name)
            if "gateway" in level:
                assert "On record" in await stack.once("seed")
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{stack.console}", follow_redirects=True, timeout=30
        ) as client:
            people = await client.get("/sign-in")
            assert (await client.get(f"{people.url}&person=ada")).status_code == 200

            async def visits() -> list[Any]:
                found: list[Any] = (await client.get("/api/v1/sessions")).raise_for_status().json()["items"]
                return found

            await eventually(visits, lambda found: len(found) > 2, 90)
        codes = await stack.down()
        assert codes == dict.fromkeys(codes, 0), "each ended as it was asked to"
