"""The stack's supervisor as a child of the benchmark: `python -m benchmarks.supervised [SERVICE …]` in VOLT_HOME."""

import ctypes
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from volt_cli.stack import stack_options
from volt_devstack.errors import StackError
from volt_devstack.service import StackOptions
from volt_devstack.supervisor import Supervisor

_PR_SET_PDEATHSIG = 1


def chosen(options: StackOptions, names: list[str]) -> StackOptions:
    """The options with these services alone, or with all when none is named."""
    services = tuple(service for service in options.services if not names or service.name in names)
    return replace(options, services=services, ready_deadline_s=180.0)


def main() -> int:
    """Run until SIGTERM; says `ready` on standard output once, and why not on standard error."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    home = Path(os.environ["VOLT_HOME"])
    options = chosen(stack_options(home, fleet=False), sys.argv[1:])
    try:
        Supervisor(home, options, say=_nothing, on_ready=_ready).run()
    except StackError as wrong:
        sys.stderr.write(f"{wrong.sentence}\n")
        return int(wrong.exit_code)
    return 0


def _ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def _nothing(_sentence: str) -> None:
    return None


if __name__ == "__main__":
    sys.exit(main())
