"""`voltlog` on a real log: what it finds, how it says it, and what it proves."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
from integration.whole_pipe import SECRET, VIEWS, Pipe
from typer.testing import CliRunner, Result

from volt_cli.main import app
from volt_console.views import LIVE_STATIONS
from volt_contracts import codec
from volt_contracts.ids import entity_key, station_uid
from volt_contracts.message import Actor
from volt_contracts.network import RegisterStation
from volt_contracts.session import LateSessionFact, Place
from volt_contracts.topics import (
    GATEWAY_FRAMES,
    NETWORK_STATION_COMMANDS,
    NETWORK_STATION_EVENTS,
    NETWORK_STATION_STATE,
    SESSION_EVENTS,
    TOPICS,
    Topic,
)
from volt_eventlog.appender import Appender
from volt_eventlog.ask import Ask
from volt_eventlog.kafka import Kafka
from volt_eventlog.records import headers_of
from volt_testkit.golden import example
from volt_testkit.stack import free_port

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

Voltlog = Callable[..., Result]
ANNA = Actor(kind="operator", id="anna")


@dataclass
class Log:
    """A log with something in it."""

    kafka: Kafka
    dsn: str
    between: datetime
    """After the station was registered and before it was moved."""


async def put(kafka: Kafka, topic: Topic, key: str, body: Any, value: bytes | None = None) -> None:
    """Append one record, as its owner would."""
    appender = Appender(kafka)
    await appender.start()
    try:
        await appender.know(topic)
        headers = headers_of(type(body), id=str(uuid4()), source=b"/test", subject=key.encode(), time=datetime.now(UTC))
        await appender.append(topic, key, value or codec.encode(body), headers)
    finally:
        await appender.stop()


async def register(kafka: Kafka, identity: str, location: str) -> None:
    """Register a station somewhere."""
    appender = Appender(kafka)
    ask = Ask(kafka, appender, NETWORK_STATION_COMMANDS, NETWORK_STATION_EVENTS, "test")
    await appender.start()
    await ask.start()
    try:
        command = RegisterStation(identity=identity, place=Place(location=location), actor=ANNA)
        await ask.send(entity_key("demo", station_uid("demo", identity)), command, deadline_s=30)
    finally:
        await ask.stop()
        await appender.stop()


async def fill(pipe: Pipe) -> datetime:
    """Register stations, move one of them, and let a visit have late facts."""
    await pipe.seed()
    async with pipe.deciders():
        for identity in ("CP-1", "CP-2"):
            await register(pipe.kafka, identity, "Harbour")
        between = datetime.now(UTC)
        await asyncio.sleep(0.02)
        await register(pipe.kafka, "CP-1", "Airport")
    key = entity_key("demo", station_uid("demo", "CP-1"))
    for session_id in ("visit-1", "visit-2", "visit-1"):
        await put(pipe.kafka, SESSION_EVENTS, key, late_fact(session_id))
    return between


def late_fact(session_id: str) -> LateSessionFact:
    """An event of a visit."""
    body = example(LateSessionFact)
    assert isinstance(body, LateSessionFact)
    return msgspec.structs.replace(body, session_id=session_id)


@pytest.fixture(scope="module")
def log(kafka_bootstrap: str, postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    """One log for all tests of this file; none of them changes what another one sees."""
    kafka = Kafka(kafka_bootstrap, prefix=f"t{uuid4().hex[:8]}.", client_id="test")
    name = f"t{uuid4().hex[:12]}"
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    dsn = postgres_dsn.rsplit("/", 1)[0] + "/" + name
    pipe = Pipe(kafka, dsn, tmp_path_factory.mktemp("cli"))
    between = asyncio.run(fill(pipe))
    asyncio.run(_build(pipe))
    yield Log(kafka, dsn, between)
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


async def _build(pipe: Pipe) -> None:
    for view in VIEWS:
        await pipe.build(view, view.generation, batch=1000)


@pytest.fixture
def voltlog(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Voltlog]:
    """Run a command on that log."""
    monkeypatch.setenv("VOLT_HOME", str(tmp_path))
    monkeypatch.setenv("VOLT_TENANT", "demo")
    monkeypatch.setenv("VOLT_PREFIX", log.kafka.prefix)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", log.kafka.bootstrap)
    monkeypatch.setenv("DATABASE_URL", log.dsn)
    level = logging.getLogger("aiokafka").level
    yield lambda *words: CliRunner().invoke(app, list(words), catch_exceptions=False)
    logging.getLogger("aiokafka").setLevel(level)


def found(result: Result) -> list[dict[str, Any]]:
    """The objects of an NDJSON answer."""
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def _place(record: dict[str, Any]) -> tuple[str, int, int]:
    """Where an object of an answer lies."""
    return record["topic"], record["partition"], record["offset"]


def test_creating_topics_again_changes_nothing(voltlog: Voltlog) -> None:
    result = voltlog("topics", "create")
    assert (result.exit_code, result.stdout) == (0, f"0 topics were made, {len(TOPICS)} were there.\n")


async def test_seed_is_on_record_when_it_says_so_and_may_be_said_again(
    voltlog: Voltlog, log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VOLT_TOKEN_SECRET", SECRET)
    async with Pipe(log.kafka, log.dsn, tmp_path).deciders():
        result = await asyncio.to_thread(voltlog, "seed")
    assert (result.exit_code, result.stdout) == (0, "On record: what drivers and network start with.\n"), result.output


def test_grep_by_type(voltlog: Voltlog) -> None:
    result = voltlog("events", "grep", "--type", "network.station_registered", "--json")
    records = found(result)
    assert [record["data"]["identity"] for record in sorted(records, key=lambda r: r["at"])] == ["CP-1", "CP-2", "CP-1"]
    assert {record["tenant"] for record in records} == {"demo"}
    assert {record["topic"] for record in records} == {"network.station.events"}
    assert "3 records fit" in result.stderr


def test_it_says_how_much_it_reads_before_it_reads(voltlog: Voltlog) -> None:
    first = voltlog("events", "grep", "--topic", "session.events").stderr.splitlines()[0]
    assert first == "reading 3 records of 1 topics"


def test_grep_by_station_named_either_way(voltlog: Voltlog) -> None:
    by_name = found(voltlog("events", "grep", "--station", "CP-1", "--json"))
    by_uid = found(voltlog("events", "grep", "--station", station_uid("demo", "CP-1"), "--json"))
    assert sorted(by_name, key=_place) == sorted(by_uid, key=_place), "topics come in any order"
    assert {record["entity"] for record in by_name} == {station_uid("demo", "CP-1")}
    assert {record["topic"] for record in by_name} >= {"network.station.events", "session.events"}
    assert found(voltlog("events", "grep", "--station", "CP-9", "--json")) == []


def test_grep_by_session(voltlog: Voltlog) -> None:
    records = found(voltlog("events", "grep", "--session", "visit-1", "--json"))
    assert [record["data"]["session_id"] for record in records] == ["visit-1", "visit-1"]


def test_grep_by_time(voltlog: Voltlog, log: Log) -> None:
    words = ["events", "grep", "--type", "network.station_registered", "--json"]
    before = found(voltlog(*words, "--to", log.between.isoformat()))
    after = found(voltlog(*words, "--from", log.between.isoformat()))
    assert [record["data"]["place"]["location"] for record in after] == ["Airport"]
    assert len(before) == 2
    assert found(voltlog(*words, "--from", "2000-01-01", "--to", "1d")) == []
    assert len(found(voltlog(*words, "--from", "1900-01-01"))) == 3
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert found(voltlog(*words, "--from", tomorrow)) == []


def test_show_is_one_timeline_over_all_topics(voltlog: Voltlog) -> None:
    lines = voltlog("events", "show", "--station", "CP-1").stdout.splitlines()
    assert lines == sorted(lines, key=lambda line: line.split()[0])
    assert len({line.split()[1].split("-")[0] for line in lines}) >= 2


def test_whoever_stops_reading_hears_no_complaint(log: Log) -> None:
    environment = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": log.kafka.bootstrap, "VOLT_PREFIX": log.kafka.prefix}
    command = [sys.executable, "-c", "from volt_cli.main import main; main()", "events", "grep", "--json"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    os.close(writing)
    assert done.returncode == 128 + signal.SIGPIPE
    assert done.stderr.startswith("reading ")
    assert "Traceback" not in done.stderr
    assert "Kafka" not in done.stderr


def test_tail_shows_what_comes_from_now_on(voltlog: Voltlog, log: Log) -> None:
    results: list[Result] = []
    words = ["events", "tail", "--topic", "session.events", "--session", "visit-3", "--json", "--seconds", "4"]
    following = threading.Thread(target=lambda: results.append(voltlog(*words)))
    following.start()
    key = entity_key("demo", station_uid("demo", "CP-2"))
    while following.is_alive() and not results:
        asyncio.run(put(log.kafka, GATEWAY_FRAMES, key, example(GATEWAY_FRAMES.types[0])))
        asyncio.run(put(log.kafka, SESSION_EVENTS, key, late_fact("visit-3")))
        following.join(0.2)
    following.join(30)
    records = found(results[0])
    assert records
    assert {record["data"]["session_id"] for record in records} == {"visit-3"}


def test_state_now_and_at_a_moment(voltlog: Voltlog, log: Log) -> None:
    words = ["replay", "state", "--station", "CP-1", "--decider", "network.station"]
    now, then = voltlog(*words), voltlog(*words, "--as-of", log.between.isoformat())
    assert json.loads(now.stdout)["state"]["place"]["location"] == "Airport"
    assert json.loads(then.stdout)["state"]["place"]["location"] == "Harbour"
    assert "events folded; the last is network.station.events-" in now.stderr
    nobody = voltlog("replay", "state", "--station", "CP-9", "--decider", "network.station")
    assert (nobody.exit_code, json.loads(nobody.stdout)) == (0, {})


def test_diff_between_two_moments(voltlog: Voltlog, log: Log) -> None:
    words = ["replay", "diff", "--station", "CP-1", "--decider", "network.station"]
    lines = voltlog(*words, "--as-of", log.between.isoformat(), "--as-of", datetime.now(UTC).isoformat()).stdout
    assert "state.place.location: Harbour → Airport" in lines.splitlines()


def test_verify_proves_every_decider(voltlog: Voltlog) -> None:
    result = voltlog("replay", "verify", "--decider", "network.station", "--json")
    (verdict,) = found(result)
    assert verdict["live_hash"] == verdict["folded_hash"]
    assert verdict["keys"] == 2
    everyone = voltlog("replay", "verify")
    words = [line.split()[:2] for line in everyone.stdout.splitlines()]
    assert ["network.station", "ok"] in words
    assert ["drivers.token", "ok"] in words


def test_export_is_one_object_a_line_without_clear_values(voltlog: Voltlog, tmp_path: Path) -> None:
    file = tmp_path / "log.ndjson"
    result = voltlog("replay", "export", "--ndjson", str(file))
    assert (result.exit_code, result.stdout) == (0, "")
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert f"{len(records)} records were written" in result.stderr
    assert {topic.kind for topic in TOPICS if topic.name in {r["topic"] for r in records}} == {"events"}
    assert "TAG0001" not in file.read_text()
    one = found(voltlog("replay", "export", "--topic", "network.tenant.events"))
    assert one[0]["type"] == "network.tenant_configured.v1"


def test_a_file_that_cannot_be_written_is_one_sentence(voltlog: Voltlog, tmp_path: Path) -> None:
    result = voltlog("replay", "export", "--ndjson", str(tmp_path / "no" / "such" / "folder" / "log.ndjson"))
    assert result.exit_code not in (0, None)
    assert "Traceback" not in result.output
    assert "log.ndjson" in result.stderr


def test_rebuild_compares_and_promotes(voltlog: Voltlog, log: Log) -> None:
    dry = voltlog("replay", "rebuild", "live_stations", "--dry-run")
    assert (dry.exit_code, dry.stdout) == (0, "")
    assert "records of station.events, network.station.events" in dry.stderr
    assert "equal" in voltlog("replay", "rebuild", "live_stations").stdout
    with psycopg.connect(log.dsn, autocommit=True) as connection:
        table = f"console.live_stations_g{LIVE_STATIONS.generation}"
        connection.execute(f"UPDATE {table} SET location = 'nowhere'".encode())
    wrong = voltlog("replay", "rebuild", "live_stations")
    assert wrong.exit_code == 1
    assert "DIFFERENT" in wrong.stdout
    assert "differs from what the log gives: live_stations" in wrong.stderr
    promoted = voltlog("replay", "rebuild", "live_stations", "--promote")
    assert promoted.exit_code == 0
    assert "live_stations now shows what was rebuilt" in promoted.stdout
    assert voltlog("replay", "rebuild", "live_stations").exit_code == 0


@pytest.mark.parametrize("url", ["", "closed", "nonsense://"])
def test_a_database_that_is_not_there_is_one_sentence(
    voltlog: Voltlog, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    dsn = f"postgresql://voltlog@127.0.0.1:{free_port()}/voltlog" if url == "closed" else url
    monkeypatch.setenv("DATABASE_URL", dsn)
    result = voltlog("replay", "rebuild", "live_stations")
    assert result.exit_code not in (0, 1)
    assert "Traceback" not in result.output
    assert "atabase" in result.stderr or "Postgres" in result.stderr


def test_a_broken_record_in_the_log_stops_no_search(voltlog: Voltlog, log: Log) -> None:
    asyncio.run(put(log.kafka, GATEWAY_FRAMES, "demo/broken", example(GATEWAY_FRAMES.types[0]), b"{nonsense"))
    records = found(voltlog("events", "grep", "--topic", "gateway.frames", "--json"))
    assert any(record["key"] == "demo/broken" for record in records)
    lines = voltlog("events", "grep", "--topic", "gateway.frames").stdout.splitlines()
    assert len(lines) == len(records)


def test_verify_finds_a_state_that_the_log_does_not_give(voltlog: Voltlog, log: Log) -> None:
    """Runs last: it spoils the log."""
    key = entity_key("demo", station_uid("demo", "CP-2"))
    value = b'{"state":{"type":"registered"}}'
    asyncio.run(put(log.kafka, NETWORK_STATION_STATE, key, example(SESSION_EVENTS.types[0]), value))
    result = voltlog("replay", "verify", "--decider", "network.station")
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
