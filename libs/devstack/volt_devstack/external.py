"""Looks whether the broker and the database that the environment names can be reached before anything is started."""

import socket

import psycopg
from psycopg.conninfo import conninfo_to_dict

from volt_devstack.errors import ExitCode, StackError

_TIMEOUT_S = 3.0


def require_kafka(bootstrap: str) -> None:
    """Raise StackError NOT_REACHABLE unless one of the `host:port` of `bootstrap` takes a TCP connection."""
    servers = [_split(server.strip()) for server in bootstrap.split(",") if server.strip()]
    if not any(_connects(host, port) for host, port in servers):
        raise StackError(
            f"No broker of KAFKA_BOOTSTRAP_SERVERS={bootstrap} answers; start it, or unset the variable to use the "
            "local Kafka.",
            ExitCode.NOT_REACHABLE,
        )


def require_postgres(dsn: str) -> None:
    """Raise StackError: BAD_CONFIGURATION when `dsn` cannot be read, NOT_REACHABLE when it cannot be used."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        # Its text would show the password.
        raise StackError(
            "DATABASE_URL is not a Postgres URL (postgresql://user:password@host:port/database).",
            ExitCode.BAD_CONFIGURATION,
        ) from None
    try:
        with psycopg.connect(dsn, connect_timeout=int(_TIMEOUT_S)):
            return
    except psycopg.OperationalError as error:
        where = f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"
        said = " ".join(str(error).split())
        raise StackError(
            f"The database of DATABASE_URL ({where}) cannot be used: {said}.", ExitCode.NOT_REACHABLE
        ) from None


def _split(server: str) -> tuple[str, int]:
    host, _, port = server.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise StackError(
            f"KAFKA_BOOTSTRAP_SERVERS holds {server!r}, which is not host:port.", ExitCode.BAD_CONFIGURATION
        )
    return host.strip("[]"), int(port)


def _connects(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_TIMEOUT_S):
            return True
    except OSError:
        return False
