"""A stack of the benchmark's own: private home and ports, the services that a figure needs, gone at the end."""

import asyncio
import csv
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.figure import NotMeasured
from volt_contracts.topics import Topic
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import size_up
from volt_testkit.running import Stack
from volt_testkit.stack import free_port

TOKENS = 500
TOKEN = "BENCH{number:04d}"
DOWN_S = 90.0
UNLIMITED = {"VOLT_FRAMES_PER_S": "100000", "VOLT_FRAMES_BURST": "1000000"}
"""A station of a closed loop sends more than any real one may."""
AS_SHIPPED: Mapping[str, str] = {}
"""With the limits that a gateway has when nobody says anything."""
WORKERS = "VOLT_GATEWAY_WORKERS"
"""The one setting of the stack that may be given from outside: how many processes the gateway has."""
GATEWAY_ALONE = ("network", "drivers", "session", "prepare", "gateway")
"""Without the readers of `gateway.frames`, and with what the gateway needs to know tenants and tokens."""
IMPORTING = ("network", "drivers", "session", "prepare", "console")
"""Who owns what is imported, who reads tokens, and who shows it."""


class Stage(Stack):
    """A running stack, asked for what figures need of it."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        super().__init__(home, environment)
        self._status: dict[str, Any] = {}

    def look(self) -> None:
        """Learn the processes; none of them is replaced while figures are taken."""
        self._status = self.status()

    @property
    def url(self) -> str:
        """What stations connect to, without their identity."""
        return str(self._status["gateway"]["url"]).replace("/{station}", "")

    @property
    def kafka(self) -> Kafka:
        """Its broker."""
        return Kafka(str(self._status["kafka"]["bootstrap"]), client_id="bench")

    @property
    def dsn(self) -> str:
        """Its database."""
        return str(self._status["postgres"]["url"])

    def roles(self, *names: str) -> dict[str, list[int]]:
        """Process ids of services, `kafka` and `postgres`."""
        services = self._status["services"]
        return {name: list((services.get(name) or self._status[name])["pids"]) for name in names}

    def metrics(self, service: str) -> Iterator[tuple[str, float]]:
        """Sample with its labels, and its value, from /metrics of every process of a service."""
        for ready in self._status["services"][service]["health"]:
            found = httpx.get(ready.replace("/readyz", "/metrics"), timeout=5, trust_env=False)
            for line in found.text.splitlines():
                if line and not line.startswith("#"):
                    name, value = line.rsplit(" ", 1)
                    yield name, float(value)

    def count(self, topic: Topic) -> int:
        """How many offsets a topic spans."""
        return asyncio.run(size_up(self.kafka, [self.kafka.name(topic)])).count

    def know_tokens(self) -> None:
        """Make a token known for every station that will charge."""
        file = self.home / "tokens.csv"
        with file.open("w", newline="") as sheet:
            writer = csv.writer(sheet)
            writer.writerow(["uid"])
            writer.writerows([TOKEN.format(number=number)] for number in range(TOKENS))
        self.command("drivers", "import", str(file), "--tenant", "demo")


@contextmanager
def standing(services: Sequence[str] = (), settings: Mapping[str, str] = UNLIMITED) -> Iterator[Stage]:
    """Start these services (all, when none is named) in a home of their own, and leave nothing of them behind.

    Raises:
        NotMeasured: the stack did not come up; the sentence is its own.
    """
    with tempfile.TemporaryDirectory(prefix="voltlog-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        stage = Stage(home, _environment(home, settings))
        with (home / "stack.log").open("w+") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.supervised", *services],
                env=stage.environment, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
            try:
                _wait_ready(process, home)
                stage.look()
                stage.know_tokens()
                yield stage
            finally:
                _end(process)


def _environment(home: Path, settings: Mapping[str, str]) -> dict[str, str]:
    kept = (name for name in os.environ if not name.startswith("VOLT_") or name == WORKERS)
    inherited = {name: os.environ[name] for name in kept}
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
        inherited.pop(name, None)
    ports = {"VOLT_GATEWAY_PORT": str(free_port()), "VOLT_CONSOLE_PORT": str(free_port())}
    return {**inherited, **ports, **settings, "VOLT_HOME": str(home), "VOLT_DEV_ISSUER": "false"}


def _wait_ready(process: "subprocess.Popen[bytes]", home: Path) -> None:
    """The supervised process says one line when all is ready, and ends when it cannot be."""
    assert process.stdout is not None
    said = process.stdout.readline().decode().strip()
    if said != "ready":
        words = (home / "stack.log").read_text().strip().splitlines()
        raise NotMeasured(f"the stack did not start: {words[-1] if words else 'it said nothing'}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(DOWN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
