"""Which Kafka, Postgres and fleet a command talks to: the environment's, else those of the local stack in `home`."""

import os
from pathlib import Path

from volt_devstack.control import NotRunning, status
from volt_eventlog.kafka import Kafka
from volt_runtime.settings import Settings

TAKEN = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "VOLT_PREFIX", "VOLT_TOKEN_SECRET")
LOCAL_TENANT = "demo"
FLEET = "simulator"
FLEET_URL = "VOLT_FLEET_URL"


def adopt_stack(home: Path) -> None:
    """Let the commands below find the stack in `home`; what the environment says already goes before it."""
    os.environ.setdefault("VOLT_HOME", str(home.absolute()))
    found = status(home)
    if isinstance(found, NotRunning):
        return
    for name in TAKEN:
        if found.state.environment.get(name):
            os.environ.setdefault(name, found.state.environment[name])
    os.environ.setdefault("VOLT_TENANT", LOCAL_TENANT)
    for process in found.state.processes:
        if process.name == FLEET and process.health:
            # The local fleet takes orders where it tells of its health (`stack._fleet`).
            os.environ.setdefault(FLEET_URL, process.health[0].removesuffix("/readyz"))


def cluster() -> Kafka:
    """The cluster that the settings name."""
    settings = Settings()
    return Kafka(settings.kafka_bootstrap_servers, settings.prefix, client_id="voltlog-cli")


def tenant() -> str:
    """The tenant that a command is about unless it names one."""
    return os.environ.get("VOLT_TENANT", LOCAL_TENANT)
