"""Ports: a listener is seen whatever options it set, two copies never share one, fixed points move only for a copy."""

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from volt_devstack.errors import ExitCode, StackError
from volt_devstack.ports import FIRST_PORT, LAST_PORT, PortRule, PortWish, is_free, take_ports


@pytest.fixture(autouse=True)
def _own_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def port() -> int:
    """A port that is free at this moment and lies where no outgoing connection takes it."""
    return next(number for number in range(LAST_PORT, FIRST_PORT, -1) if is_free(number))


@pytest.fixture
def listener(port: int) -> Iterator[int]:
    """A port on which a stranger listens."""
    with socket.create_server(("127.0.0.1", port)):
        yield port


def _gateway(port: int, rule: PortRule = PortRule.FIXED) -> PortWish:
    return PortWish("gateway", port, rule, "VOLT_GATEWAY_PORT")


def test_a_free_preferred_port_is_taken(port: int, tmp_path: Path) -> None:
    lease = take_ports([_gateway(port)], tmp_path)

    assert lease.numbers == {"gateway": port}
    assert lease.notes == ()


@pytest.mark.parametrize("option", [socket.SO_REUSEADDR, socket.SO_REUSEPORT])
def test_a_listener_is_not_hidden_by_its_socket_options(port: int, option: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, option, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()

        assert not is_free(port)
    assert is_free(port)


def test_a_listener_on_every_address_is_seen(port: int) -> None:
    with socket.create_server(("0.0.0.0", port)):
        assert not is_free(port)


def test_connections_of_the_last_run_do_not_move_a_port(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as server, socket.create_connection(("127.0.0.1", port)) as client:
        accepted, _ = server.accept()
        # Who closes first keeps the connection in TIME_WAIT on the server's port.
        accepted.close()
        assert client.recv(1) == b""

    assert is_free(port)


def test_a_fixed_port_that_a_stranger_holds_is_refused_in_one_sentence(listener: int, tmp_path: Path) -> None:
    with pytest.raises(StackError) as refused:
        take_ports([_gateway(listener)], tmp_path)

    assert refused.value.exit_code is ExitCode.PORT_TAKEN
    assert refused.value.sentence == (
        f"Port {listener} for the gateway is taken by another program; stop it or set VOLT_GATEWAY_PORT to a free port."
    )


def test_a_fixed_port_moves_for_another_copy_and_says_so(port: int, tmp_path: Path) -> None:
    take_ports([_gateway(port)], Path("/first/home"))

    second = take_ports([_gateway(port)], tmp_path)

    assert second.numbers["gateway"] > port
    assert second.notes == (
        f"Port {port} belongs to another Voltlog (in /first/home); "
        f"the gateway of this one uses {second.numbers['gateway']}.",
    )


def test_a_demanded_port_never_moves(port: int, tmp_path: Path) -> None:
    take_ports([_gateway(port)], Path("/first/home"))

    with pytest.raises(StackError, match=r"another Voltlog \(in /first/home\)"):
        take_ports([_gateway(port, PortRule.DEMANDED)], tmp_path)


def test_any_other_port_gives_way(listener: int, tmp_path: Path) -> None:
    lease = take_ports([PortWish("kafka", listener)], tmp_path)

    assert lease.numbers["kafka"] != listener
    assert lease.notes == ()


def test_wishes_of_one_copy_do_not_collide(port: int, tmp_path: Path) -> None:
    lease = take_ports([PortWish("a", port), PortWish("b", port), PortWish("c", port)], tmp_path)

    assert len(set(lease.numbers.values())) == 3


def test_a_released_port_can_be_taken_again(port: int, tmp_path: Path) -> None:
    take_ports([_gateway(port)], tmp_path).release()

    assert take_ports([_gateway(port)], tmp_path).numbers["gateway"] == port


def test_the_ports_of_an_ended_copy_are_free_again(port: int, tmp_path: Path) -> None:
    code = f"""
import tempfile
from pathlib import Path
from volt_devstack.ports import PortWish, take_ports
tempfile.tempdir = {str(tmp_path)!r}
print(take_ports([PortWish("gateway", {port})], Path("/ended/home")).numbers["gateway"])
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(ended.stdout) == port

    assert take_ports([_gateway(port)], tmp_path).numbers["gateway"] == port


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"port": "x"}]', json.dumps({"port": 1})])
def test_a_torn_register_costs_nothing(text: str, port: int, tmp_path: Path) -> None:
    take_ports([PortWish("kafka", port)], tmp_path).release()
    next(tmp_path.glob("voltlog-ports-*.json")).write_text(text)

    assert take_ports([_gateway(port)], tmp_path).numbers["gateway"] == port
