"""A stack of two tiny services, run as a program: `dummy_stack.py HOME up|detach|down PORT`."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from volt_devstack.control import down
from volt_devstack.detach import up_detached
from volt_devstack.errors import StackError
from volt_devstack.service import FixedPoint, ServiceSpec, StackOptions
from volt_devstack.supervisor import Supervisor

SERVER = """
import http.server, os, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
    def log_message(self, *args):
        pass
if "DUMMY_REFUSAL" in os.environ:
    sys.exit(os.environ["DUMMY_REFUSAL"])
print("worker", os.environ["VOLT_WORKER"], "of", sys.argv[1], flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["VOLT_HEALTH_PORT"])), Ready).serve_forever()
"""


def options(home: Path, port: int) -> StackOptions:
    """The home on the command lines lets the tests find what is left behind."""
    argv = (sys.executable, "-S", "-c", SERVER, str(home))
    return StackOptions(
        services=(
            ServiceSpec(
                "gateway", argv, workers=2, url="ws://127.0.0.1:{VOLT_GATEWAY_PORT}/{station}", after=("station",)
            ),
            ServiceSpec("station", argv),
        ),
        topics=partial(_note_broker, home),
        fixed_points=(FixedPoint("gateway", "VOLT_GATEWAY_PORT", port),),
        kafka_heap="256m",
    )


def _note_broker(home: Path, environment: Mapping[str, str]) -> None:
    (home / "topics").write_text(environment["KAFKA_BOOTSTRAP_SERVERS"])


def main(home: Path, action: str, port: int) -> int:
    """Do one action; the exit code of a refusal is its own."""
    try:
        if action == "up":
            Supervisor(home, options(home, port), say=_say).run()
        elif action == "detach":
            up_detached(home, options(home, port), _say)
        else:
            _say("stopped" if down(home) else "nothing ran")
    except StackError as error:
        _say(error.sentence)
        return int(error.exit_code)
    return 0


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
