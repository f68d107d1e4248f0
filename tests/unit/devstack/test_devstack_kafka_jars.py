"""Kafka's jars: what the lock names, and the refusals when they cannot be had."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from volt_devstack.errors import ExitCode, StackError
from volt_devstack.kafka_config import jvm_flags, server_properties
from volt_devstack.kafka_jars import kafka_jars, locked_jars


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JGO_CACHE_DIR", str(tmp_path / "cache"))


class _Forger(http.server.BaseHTTPRequestHandler):
    """Answers every request with another file than the one that was asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"forged")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def forger() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Forger) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_lock_names_kafka_and_a_way_to_write_its_log() -> None:
    jars = locked_jars()
    names = [jar.filename for jar in jars]

    assert {"kafka_2.13-4.3.0.jar", "log4j-core-2.25.4.jar", "log4j-slf4j-impl-2.25.4.jar"} <= set(names)
    assert len(set(names)) == len(names) == 46
    assert all(len(jar.sha256) == 64 for jar in jars)


def test_no_network_at_the_first_start_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VOLT_MAVEN_REPOSITORY", "http://127.0.0.1:1")

    with pytest.raises(StackError) as refused:
        kafka_jars()

    assert refused.value.exit_code is ExitCode.NO_NETWORK
    assert "could not be fetched from http://127.0.0.1:1 (ConnectionError at" in refused.value.sentence
    assert "KAFKA_BOOTSTRAP_SERVERS" in refused.value.sentence
    assert not list((tmp_path / "cache").rglob("*.jar"))


def test_a_forged_jar_is_never_kept(forger: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VOLT_MAVEN_REPOSITORY", forger)
    told: list[str] = []

    with pytest.raises(StackError, match="SHA-256 differs"):
        kafka_jars(told.append)

    assert told == ["Fetching Apache Kafka 4.3.0 (46 jars, about 45 MB; once for this user)"]
    assert not list((tmp_path / "cache").rglob("*.jar"))


def test_jars_in_the_cache_need_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VOLT_MAVEN_REPOSITORY", "http://127.0.0.1:1")
    cache = tmp_path / "cache" / "volt-kafka-4.3.0"
    cache.mkdir(parents=True)
    for jar in locked_jars():
        (cache / jar.filename).touch()

    assert [path.parent for path in kafka_jars()] == [cache] * 46


def test_the_broker_listens_on_loopback_only() -> None:
    properties = dict(
        line.split("=", 1) for line in server_properties(Path("/d"), 1, 2).splitlines() if line and line[0] != "#"
    )

    assert properties["listeners"] == "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"
    assert properties["advertised.listeners"] == "PLAINTEXT://127.0.0.1:1"
    assert properties["log.dirs"] == "/d"
    assert properties["auto.create.topics.enable"] == "false"
    assert properties["log.message.timestamp.type"] == "LogAppendTime"
    assert "-Xmx300m" in jvm_flags("300m")
