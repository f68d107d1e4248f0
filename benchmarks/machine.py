"""The conditions of a run: a figure means little without them, above all on a machine that others use as well."""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import psutil

PACKAGES = ("aiokafka", "msgspec", "picows", "uvloop", "psycopg", "ocpp", "websockets")
BUSY_LOAD = 1.0


def conditions() -> dict[str, Any]:
    """Cores, memory, load average and versions, as they are now."""
    one, five, fifteen = os.getloadavg()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": psutil.virtual_memory().total >> 20,
        "load_average": [round(one, 2), round(five, 2), round(fifteen, 2)],
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def sentence(found: Mapping[str, Any]) -> str:
    """The conditions in a line."""
    load = ", ".join(str(part) for part in found["load_average"])
    return f"{found['cores']} cores, load average {load} at the start, Python {found['python']}, {found['system']}"


def busy(found: Mapping[str, Any]) -> bool:
    """Whether others were using the machine before anything was started."""
    return float(found["load_average"][0]) > BUSY_LOAD
