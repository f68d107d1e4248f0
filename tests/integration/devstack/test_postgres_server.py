"""The local Postgres: it keeps committed rows over kill -9, and what a killed starter or postmaster left is ended."""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from unit.devstack.programs import until

from volt_devstack import postgres_place
from volt_devstack.errors import ExitCode, StackError
from volt_devstack.identity import Identity, is_alive
from volt_devstack.ports import PortLease, PortWish, take_ports
from volt_devstack.postgres import PostgresServer
from volt_devstack.postgres_place import reachable
from volt_devstack.process import Account, read_pid_file

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def lease(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortLease]:
    taken = take_ports([PortWish("postgres", 26_100)], tmp_path_factory.mktemp("home"))
    yield taken
    taken.release()


@pytest.fixture
def port(lease: PortLease) -> int:
    return lease.numbers["postgres"]


@pytest.fixture
def postgres(tmp_path: Path, port: int) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path / "postgres", port)
    server.start()
    server.wait_ready()
    yield server
    server.delete_data()


def _insert(server: PostgresServer) -> None:
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")


def _count(server: PostgresServer) -> object:
    with psycopg.connect(server.dsn) as connection:
        return connection.execute("SELECT count(*) FROM kept").fetchone()


def test_rows_survive_kill_9(postgres: PostgresServer) -> None:
    _insert(postgres)

    postgres.kill()
    assert postgres.exit_code() == -signal.SIGKILL
    postgres.restart()

    assert _count(postgres) == (1000,)


def test_a_postmaster_killed_under_busy_clients_can_be_started_at_once(postgres: PostgresServer) -> None:
    _insert(postgres)
    clients = [threading.Thread(target=_be_busy, args=(postgres.dsn,)) for _ in range(3)]
    for client in clients:
        client.start()
    until(lambda: _busy(postgres) == len(clients))
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    until(lambda: postgres.exit_code() is not None)

    postgres.restart()

    assert _count(postgres) == (1000,)
    for client in clients:
        client.join(10)
        assert not client.is_alive(), "its backend was ended"


def test_it_is_private_durable_and_on_loopback_only(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.dsn) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "listen_addresses", "unix_socket_directories", "max_connections", "server_encoding")
        }
    password = postgres.data_dir / "password"

    assert shown == {
        "fsync": ("on",),
        "listen_addresses": ("127.0.0.1",),
        "unix_socket_directories": ("",),
        "max_connections": ("100",),
        "server_encoding": ("UTF8",),
    }
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.dsn.replace(password.read_text(), "guessed"))


def test_another_password_than_the_first_is_one_sentence(postgres: PostgresServer, port: int) -> None:
    postgres.stop()
    other = PostgresServer(postgres.data_dir, port, password="other")
    other.start()

    with pytest.raises(StackError, match="was made with another password") as refused:
        other.wait_ready()

    assert refused.value.exit_code is ExitCode.BAD_CONFIGURATION
    other.stop()


def test_an_unfinished_initdb_is_made_again(tmp_path: Path, port: int) -> None:
    server = PostgresServer(tmp_path / "postgres", port)
    cluster = postgres_place.postgres_place(server.data_dir).cluster
    (cluster.parent / "cluster.unfinished").mkdir()
    (cluster.parent / "cluster.unfinished" / "PG_VERSION").write_text("18")

    server.restart()

    assert not (cluster.parent / "cluster.unfinished").exists()
    server.delete_data()


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_it_ends_with_its_killed_starter(tmp_path: Path, port: int) -> None:
    server = PostgresServer(tmp_path / "postgres", port)
    starter, postmaster = _started_elsewhere(server, "server.restart(); pid = server.pid")

    starter.kill()
    starter.wait()

    until(lambda: not is_alive(postmaster))
    server.delete_data()


def test_an_orphan_that_no_pid_file_of_ours_names_is_found(tmp_path: Path, port: int) -> None:
    server = PostgresServer(tmp_path / "postgres", port)
    # Without the leash, as on a system that knows no death signal.
    unleashed = """
import subprocess
server.prepare()
program = server._prepared.child.program
account = program.account
who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
pid = subprocess.Popen(program.argv, env=program.env, cwd="/", start_new_session=True, **who).pid
server.wait_ready
"""
    starter, orphan = _started_elsewhere(server, unleashed)
    starter.kill()
    starter.wait()
    until(server.is_ready)
    assert is_alive(orphan)
    _insert(server)

    server.restart()

    assert not is_alive(orphan)
    assert _count(server) == (1000,)
    server.delete_data()


def test_a_pid_that_a_stranger_has_now_does_not_keep_it_from_starting(postgres: PostgresServer) -> None:
    _insert(postgres)
    postgres.kill()
    cluster = postgres_place.postgres_place(postgres.data_dir).cluster
    lock = cluster / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")

    again = PostgresServer(postgres.data_dir, postgres.port)
    again.restart()

    assert _count(again) == (1000,)
    again.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes the user")
def test_root_runs_it_as_somebody_else_who_can_reach_the_data(postgres: PostgresServer) -> None:
    assert postgres.pid is not None
    process = psutil.Process(postgres.pid)

    assert process.uids().real != 0
    assert process.uids().saved != 0
    assert process.gids().real != 0
    assert 0 not in _supplementary_groups(postgres.pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps data elsewhere")
def test_data_of_a_deleted_home_are_swept(tmp_path: Path, port: int) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    gone, kept = PostgresServer(hidden / "gone", port), PostgresServer(hidden / "kept", port)
    places = [postgres_place.postgres_place(server.data_dir).cluster.parent for server in (gone, kept)]
    assert all(place.exists() and not place.is_relative_to(tmp_path) for place in places)

    (gone.data_dir / "location").unlink()
    postgres_place.sweep_places()

    assert [place.exists() for place in places] == [False, True]
    kept.delete_data()
    assert not places[1].exists()


def test_a_place_that_another_stack_deletes_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setattr(Path, "glob", lambda *_: iter([tmp_path / "gone", kept]))
    assert list(postgres_place._own_places()) == [kept]
    postgres_place.sweep_places()


def test_reach_follows_the_modes_of_every_folder(tmp_path: Path) -> None:
    stranger = Account(54_321, 54_321)
    (tmp_path / "a" / "b").mkdir(parents=True)

    assert reachable(Path("/usr/bin/env"), stranger)
    (tmp_path / "a").chmod(0o700)
    assert not reachable(tmp_path / "a" / "b", stranger)


def _started_elsewhere(server: PostgresServer, how: str) -> tuple[subprocess.Popen[bytes], Identity]:
    """A process that started the server in the given way, and the postmaster."""
    code = f"""
import json, time
from dataclasses import asdict
from pathlib import Path
from volt_devstack.identity import identify
from volt_devstack.postgres import PostgresServer
server = PostgresServer(Path({str(server.data_dir)!r}), {server.port})
{how}
told = Path({str(server.data_dir)!r}) / "told.pid"
told.with_suffix(".new").write_text(json.dumps(asdict(identify(pid))))
told.with_suffix(".new").rename(told)
time.sleep(600)
"""
    starter = subprocess.Popen([sys.executable, "-c", code])
    told = server.data_dir / "told.pid"
    until(lambda: told.exists(), deadline_s=30)
    postmaster = read_pid_file(told)
    assert postmaster is not None
    return starter, postmaster


def _be_busy(dsn: str) -> None:
    with pytest.raises(psycopg.OperationalError), psycopg.connect(dsn) as connection:
        connection.execute("SELECT count(*) FROM generate_series(1, 3000000000)")


def _busy(server: PostgresServer) -> int:
    with psycopg.connect(server.dsn) as connection:
        found = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%3000000000)'").fetchone()
    return found[0] if found else 0


def _supplementary_groups(pid: int) -> list[int]:
    (line,) = (text for text in Path(f"/proc/{pid}/status").read_text().splitlines() if text.startswith("Groups:"))
    return [int(group) for group in line.split()[1:]]
