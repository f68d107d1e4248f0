"""The health check of every service's image: exit code 0 when /healthz answers 200, else 1 and a sentence why."""

import os
import sys
from http.client import HTTPConnection, HTTPException

PATIENCE_S = 3.0


def why_not(port: str) -> str | None:
    """None when the process behind this port of the container's own loopback says that it is alive."""
    if not port.isdecimal() or not 0 < int(port) < 65_536:
        return f"VOLT_HEALTH_PORT={port!r} is not a port"
    connection = HTTPConnection("127.0.0.1", int(port), timeout=PATIENCE_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException) as wrong:
        return f"/healthz does not answer: {wrong!r}"
    finally:
        connection.close()
    return None if status == 200 else f"/healthz answers {status}"


if __name__ == "__main__":
    problem = why_not(os.environ.get("VOLT_HEALTH_PORT", ""))
    sys.exit(problem)
