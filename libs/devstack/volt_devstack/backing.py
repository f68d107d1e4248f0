"""The broker and the database that the services stand on: the environment's when it names one, else our own."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from psycopg.conninfo import conninfo_to_dict

from volt_devstack.external import require_kafka, require_postgres
from volt_devstack.home import Home
from volt_devstack.kafka import KafkaServer
from volt_devstack.keeper import Keeper
from volt_devstack.ports import PortLease
from volt_devstack.postgres import PostgresServer
from volt_devstack.state import ProcessState

KAFKA_VARIABLE = "KAFKA_BOOTSTRAP_SERVERS"
POSTGRES_VARIABLE = "DATABASE_URL"


@dataclass(frozen=True)
class Backing:
    """One of the two. `address` is the variable's value; without a keeper it is somebody else's."""

    name: str
    variable: str
    address: str
    shown: str
    keeper: Keeper | None

    def state(self) -> ProcessState:
        """It as `status` shows it; what is not ours counts as ready since it was reached."""
        keeper = self.keeper
        if keeper is None:
            return ProcessState(name=self.name, ready=True, url=self.shown)
        pid = keeper.kept.pid
        return ProcessState(
            name=self.name,
            ready=keeper.ready,
            pids=(pid,) if pid else (),
            restarts=keeper.restarts,
            url=self.shown,
            log=str(keeper.kept.log),
        )


def require_external() -> None:
    """Raise StackError unless the broker and the database that the environment names can be used."""
    if bootstrap := os.environ.get(KAFKA_VARIABLE):
        require_kafka(bootstrap)
    if dsn := os.environ.get(POSTGRES_VARIABLE):
        require_postgres(dsn)


def kafka_backing(home: Home, lease: PortLease, heap: str, say: Callable[[str], None]) -> Backing:
    """The broker for this run."""
    if external := os.environ.get(KAFKA_VARIABLE):
        return Backing("kafka", KAFKA_VARIABLE, external, external, None)
    numbers = lease.numbers
    server = KafkaServer(home.folder / "kafka", numbers["kafka"], numbers["kafka.controller"], heap, say)
    return Backing("kafka", KAFKA_VARIABLE, server.bootstrap, server.bootstrap, Keeper(server))


def postgres_backing(home: Home, lease: PortLease, password: str) -> Backing:
    """The database for this run."""
    if external := os.environ.get(POSTGRES_VARIABLE):
        return Backing("postgres", POSTGRES_VARIABLE, external, _without_password(external), None)
    server = PostgresServer(home.folder / "postgres", lease.numbers["postgres"], password)
    return Backing("postgres", POSTGRES_VARIABLE, server.dsn, _without_password(server.dsn), Keeper(server))


def _without_password(dsn: str) -> str:
    parts = conninfo_to_dict(dsn)
    host, port = parts.get("host", "localhost"), parts.get("port", 5432)
    return f"postgresql://{host}:{port}/{parts.get('dbname', '')}"
