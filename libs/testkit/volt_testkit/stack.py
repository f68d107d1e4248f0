"""One Kafka and one Postgres per test run; every test gets a prefix of its own. The environment's are used when set."""

import gc
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from volt_devstack.kafka import KafkaServer
from volt_devstack.postgres import PostgresServer
from volt_eventlog.kafka import Kafka
from volt_testkit import containers


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder that lives as long as the run, where servers keep their data."""
    with tempfile.TemporaryDirectory(prefix="voltlog-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def kafka_bootstrap(scratch: Path) -> Iterator[str]:
    """A broker: the environment's, or a real one of our own."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if given:
        yield given
        return
    if containers.wanted():
        with containers.kafka_container() as bootstrap:
            yield bootstrap
        return
    server = KafkaServer(scratch / "kafka", free_port(), free_port())
    server.start()
    server.wait_ready(90)
    yield server.bootstrap
    server.stop()


@pytest.fixture
def kafka(kafka_bootstrap: str) -> Iterator[Kafka]:
    """The broker with a prefix that no other test uses."""
    yield Kafka(kafka_bootstrap, prefix=f"t{uuid4().hex[:8]}.", client_id="test")
    gc.collect()  # what a client left behind is this test's, and is reported with it


@pytest.fixture(scope="session")
def postgres_dsn(scratch: Path) -> Iterator[str]:
    """A database server: the environment's, or a real one of our own."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    if containers.wanted():
        with containers.postgres_container() as dsn:
            yield dsn
        return
    server = PostgresServer(scratch / "postgres", free_port())
    server.start()
    server.wait_ready(60)
    yield server.dsn
    server.delete_data()


@pytest_asyncio.fixture
async def database(postgres_dsn: str) -> AsyncIterator[str]:
    """A database of the test's own."""
    name = f"t{uuid4().hex[:12]}"
    async with await AsyncConnection.connect(postgres_dsn, autocommit=True) as connection:
        await connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    yield postgres_dsn.rsplit("/", 1)[0] + "/" + name
    async with await AsyncConnection.connect(postgres_dsn, autocommit=True) as connection:
        await connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
