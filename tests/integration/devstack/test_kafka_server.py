"""The local Kafka: it keeps acknowledged records over kill -9, is formatted once, and leaves nothing behind."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from unit.devstack.programs import until

from volt_devstack.errors import ExitCode, StackError
from volt_devstack.kafka import KafkaServer
from volt_devstack.ports import PortLease, PortWish, take_ports

pytestmark = pytest.mark.kafka

RECORDS = [str(number).encode() for number in range(200)]


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortLease]:
    """Ports for two brokers, one after the other."""
    wishes = [PortWish(name, 26_000) for name in ("kafka", "controller", "other", "other controller")]
    lease = take_ports(wishes, tmp_path_factory.mktemp("home"))
    yield lease
    lease.release()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kafka")


@pytest.fixture(scope="module")
def broker(data_dir: Path, ports: PortLease) -> Iterator[KafkaServer]:
    server = KafkaServer(data_dir, ports.numbers["kafka"], ports.numbers["controller"], heap="256m")
    yield server
    server.stop()


@pytest.fixture
def kafka(broker: KafkaServer) -> KafkaServer:
    """The module's broker, running whatever the test before did to it."""
    if broker.pid is None:
        broker.prepare()
        broker.restart(90)
    return broker


async def test_records_survive_kill_9(kafka: KafkaServer, data_dir: Path) -> None:
    await _create_topic(kafka.bootstrap, "survives")
    await _produce(kafka.bootstrap, "survives", RECORDS)
    formatted = (data_dir / "log" / "meta.properties").read_text()

    assert kafka.pid is not None
    os.kill(kafka.pid, signal.SIGKILL)
    until(lambda: kafka.exit_code() == -signal.SIGKILL)
    kafka.restart(60)

    assert await _consume(kafka.bootstrap, "survives", len(RECORDS)) == RECORDS
    assert (data_dir / "log" / "meta.properties").read_text() == formatted


async def test_a_transaction_works_and_topics_are_not_made_by_accident(kafka: KafkaServer) -> None:
    await _create_topic(kafka.bootstrap, "transacted")
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id="t1")
    await producer.start()
    async with producer.transaction():
        await producer.send_and_wait("transacted", b"once")
    await producer.stop()

    assert await _consume(kafka.bootstrap, "transacted", 1) == [b"once"]
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    (described,) = await admin.describe_topics(["never-made"])
    await admin.close()
    assert described["error_code"] == 3, "UNKNOWN_TOPIC_OR_PARTITION"


async def test_an_orphan_is_stopped_and_its_data_go_on_on_other_ports(
    kafka: KafkaServer, data_dir: Path, ports: PortLease
) -> None:
    await _create_topic(kafka.bootstrap, "moved")
    await _produce(kafka.bootstrap, "moved", RECORDS)
    other = KafkaServer(data_dir, ports.numbers["other"], ports.numbers["other controller"], heap="256m")

    other.prepare()
    assert kafka.pid is None
    other.restart(60)

    assert await _consume(other.bootstrap, "moved", len(RECORDS)) == RECORDS
    other.stop()


def test_a_broker_that_cannot_start_says_why(ports: PortLease, tmp_path: Path) -> None:
    broken = KafkaServer(tmp_path, ports.numbers["other"], ports.numbers["other controller"], heap="256m")
    broken.prepare()
    (tmp_path / "log" / "meta.properties").write_text("version=1\ncluster.id=other\nnode.id=7\n")

    broken.start()
    with pytest.raises(StackError) as refused:
        broken.wait_ready(60)

    assert refused.value.exit_code is ExitCode.NOT_READY
    assert str(tmp_path / "kafka.log") in refused.value.sentence
    assert "node" in refused.value.sentence.lower()


async def _create_topic(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()


async def _produce(bootstrap: str, topic: str, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    for sent in [await producer.send(topic, value) for value in values]:
        await sent
    await producer.stop()


async def _consume(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", isolation_level="read_committed"
    )
    await consumer.start()
    values: list[bytes] = []
    while len(values) < count:
        batches = await consumer.getmany(timeout_ms=15_000)
        assert batches, f"only {len(values)} of {count} records"
        values += [record.value for batch in batches.values() for record in batch]
    await consumer.stop()
    return values
