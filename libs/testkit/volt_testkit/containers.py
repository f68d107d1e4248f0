"""The same tests on containers, where there is a Docker engine: `make test-docker`. Images are pinned by version."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

KAFKA_IMAGE = "confluentinc/cp-kafka:8.1.0"
POSTGRES_IMAGE = "postgres:18.6-trixie"
SWITCH = "VOLT_TEST_CONTAINERS"


def wanted() -> bool:
    """Whether this run shall use containers instead of the embedded servers."""
    return os.environ.get(SWITCH) == "1"


@contextmanager
def kafka_container() -> Iterator[str]:
    """A broker in a container, with the options that the embedded one has; yields its bootstrap address."""
    from testcontainers.community.kafka import KafkaContainer

    container = KafkaContainer(KAFKA_IMAGE).with_kraft()
    for name, value in (
        ("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1"),
        ("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1"),
        ("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false"),
        ("KAFKA_LOG_MESSAGE_TIMESTAMP_TYPE", "LogAppendTime"),
    ):
        container.with_env(name, value)
    with container as running:
        yield running.get_bootstrap_server()


@contextmanager
def postgres_container() -> Iterator[str]:
    """A database server in a container; yields its URL."""
    from testcontainers.community.postgres import PostgresContainer

    with PostgresContainer(POSTGRES_IMAGE, username="voltlog", dbname="voltlog", driver=None) as running:
        yield running.get_connection_url()
