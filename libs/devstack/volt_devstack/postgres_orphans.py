"""Ends what an earlier run left on a cluster: a postmaster whose starter was killed, and backends whose postmaster was
killed; a busy backend notices that only at the end of its query, and until then no new server may use the data.
"""

import hashlib
import signal
from pathlib import Path

from volt_devstack.identity import command_line, find_processes, identify, stop_process

_PATIENCE_S = 15.0


def cluster_name(cluster: Path) -> str:
    """The name in the process titles of this cluster's server, so that they can be told from all others."""
    return f"voltlog-{hashlib.sha256(str(cluster).encode()).hexdigest()[:12]}"


def end_postmaster(cluster: Path) -> None:
    """End a server that runs on `cluster` though no pid file of ours names it; forget a pid that others use now."""
    lock = cluster / "postmaster.pid"
    try:
        pid = int(lock.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    process = identify(pid)
    if process is None:
        return
    if "postgres" in (said := command_line(pid)) and str(cluster) in said:
        stop_process(process, signal.SIGINT, _PATIENCE_S)
    else:
        # After a restart of the machine Postgres would take that stranger for itself and refuse to start.
        lock.unlink()


def end_backends(cluster: Path) -> None:
    """End the backends of a postmaster that is gone; must not be called while one runs."""
    for backend in find_processes(f"postgres: {cluster_name(cluster)}:"):
        stop_process(backend, signal.SIGKILL, _PATIENCE_S)
