"""The order of services, the ports of a stack, and refusals of a bad environment, each in one sentence."""

import json
import socket
import tempfile
from pathlib import Path

import pytest

from volt_devstack.backing import require_external
from volt_devstack.errors import ExitCode, StackError, disk_errors, require_space
from volt_devstack.home import Home
from volt_devstack.logfile import last_line, open_log
from volt_devstack.ports import FIRST_PORT, LAST_PORT, is_free
from volt_devstack.service import FixedPoint, ServiceSpec, StackOptions, start_levels
from volt_devstack.stack_ports import health_port_name, take_stack_ports

STATION = ServiceSpec("station", ("station",))
SESSION = ServiceSpec("session", ("session",), after=("station",))
GATEWAY = ServiceSpec("gateway", ("gateway",), workers=2, after=("station", "session"))


def _refusal(code: ExitCode) -> "pytest.RaisesExc[StackError]":
    return pytest.raises(StackError, check=lambda error: error.exit_code is code)


def test_services_start_after_those_they_need() -> None:
    console = ServiceSpec("console", ("console",))

    levels = start_levels([GATEWAY, SESSION, STATION, console])

    assert [[service.name for service in level] for level in levels] == [
        ["station", "console"],
        ["session"],
        ["gateway"],
    ]


@pytest.mark.parametrize(
    ("services", "why"),
    [
        ([SESSION], "services name each other wrongly: station"),
        ([STATION, STATION], "a name is double"),
        ([ServiceSpec("a", ("a",), after=("b",)), ServiceSpec("b", ("b",), after=("a",))], "in a circle: a, b"),
    ],
)
def test_an_impossible_order_is_refused(services: list[ServiceSpec], why: str) -> None:
    with _refusal(ExitCode.BAD_CONFIGURATION) as refused:
        start_levels(services)

    assert why in refused.value.sentence


@pytest.fixture
def free_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return next(number for number in range(LAST_PORT - 100, FIRST_PORT, -1) if is_free(number))


def _options(port: int) -> StackOptions:
    return StackOptions((STATION, GATEWAY), fixed_points=(FixedPoint("gateway", "VOLT_GATEWAY_PORT", port),))


def test_every_worker_gets_a_health_port_and_the_next_run_the_same_ports(free_port: int, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.folder.mkdir()

    first = take_stack_ports(home, _options(free_port))
    first.release()
    second = take_stack_ports(home, _options(free_port))

    assert first.numbers == second.numbers
    assert first.numbers["gateway"] == free_port
    health = [
        first.numbers[health_port_name(name, worker)]
        for name, worker in [("station", 0), ("gateway", 0), ("gateway", 1)]
    ]
    assert len({*health, first.numbers["kafka"], first.numbers["kafka.controller"], first.numbers["postgres"]}) == 6
    assert json.loads(home.ports.read_text()) == dict(first.numbers)


def test_the_operator_may_move_a_fixed_port(free_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLT_GATEWAY_PORT", str(free_port))

    assert take_stack_ports(Home(tmp_path), _options(9000)).numbers["gateway"] == free_port


@pytest.mark.parametrize("value", ["no", "0", "65536", "-1", "9000.5"])
def test_a_variable_that_is_no_port_is_refused(value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLT_GATEWAY_PORT", value)

    with _refusal(ExitCode.BAD_CONFIGURATION) as refused:
        take_stack_ports(Home(tmp_path), _options(9000))

    assert refused.value.sentence == f"VOLT_GATEWAY_PORT={value} is not a port number."


@pytest.mark.parametrize(
    ("variable", "value", "code", "says"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1", ExitCode.BAD_CONFIGURATION, "which is not host:port"),
        ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:99999", ExitCode.BAD_CONFIGURATION, "which is not host:port"),
        ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1,[::1]:1", ExitCode.NOT_REACHABLE, "No broker of KAFKA_BOOTSTRAP"),
        ("DATABASE_URL", "postgresql//u:hidden@h", ExitCode.BAD_CONFIGURATION, "is not a Postgres URL"),
        (
            "DATABASE_URL",
            "postgresql://u:hidden@127.0.0.1:1/d",
            ExitCode.NOT_REACHABLE,
            "(127.0.0.1:1/d) cannot be used",
        ),
    ],
)
def test_what_the_environment_names_must_be_there(
    variable: str, value: str, code: ExitCode, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv(variable, value)

    with _refusal(code) as refused:
        require_external()

    assert says in refused.value.sentence
    assert "hidden" not in refused.value.sentence
    assert "\n" not in refused.value.sentence


def test_one_reachable_broker_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as broker:
        monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:1, 127.0.0.1:{broker.getsockname()[1]}")
        require_external()


def test_a_full_disk_is_one_sentence() -> None:
    with _refusal(ExitCode.DISK_FULL) as refused, disk_errors(Path("/home/v")), open("/dev/full", "w") as full:
        full.write("x")

    assert refused.value.sentence == "The disk is full: nothing more can be written to /home/v."


def test_too_little_space_is_refused_before_anything_starts(tmp_path: Path) -> None:
    require_space(tmp_path, 1, "Kafka")

    with _refusal(ExitCode.DISK_FULL) as refused:
        require_space(tmp_path, 10**9, "Kafka")

    assert "Kafka needs at least 1000000000 MiB" in refused.value.sentence


def test_a_place_that_may_not_be_written_is_one_sentence() -> None:
    with _refusal(ExitCode.BAD_CONFIGURATION), disk_errors(Path("/home/v")):
        raise PermissionError(13, "Permission denied", "/home/v/x")


def test_a_large_log_is_put_aside_and_three_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    for number in range(6):
        log.write_bytes(f"{number}".encode() + b" " * (11 * 2**20))
        open_log(log).close()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["gateway.log", *(f"gateway.log.{n}" for n in (1, 2, 3))]
    assert [(tmp_path / f"gateway.log.{n}").read_bytes()[:1] for n in (1, 2, 3)] == [b"5", b"4", b"3"]
    assert log.stat().st_size == 0


def test_the_last_words_of_a_log_are_no_stack_frame(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    assert last_line(log) == ""
    log.write_text("started\nERROR no room left\n\tat java.base/x\n\n")

    assert last_line(log) == "ERROR no room left"
