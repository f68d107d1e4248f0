"""Children: how they end, their log and pid file, and that nothing outlives a killed starter."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from unit.devstack.programs import python_program, until

from volt_devstack.errors import StackError
from volt_devstack.identity import Identity, identify, is_alive, myself
from volt_devstack.process import Child, Program, read_pid_file, run_to_end, stop_orphan

SLEEP = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


def _started(program: Program) -> Child:
    child = Child(program)
    child.start()
    until(lambda: program.log.read_text().endswith("up\n"))
    return child


def test_a_child_ends_on_its_stop_signal(tmp_path: Path) -> None:
    child = _started(python_program(tmp_path, SLEEP))
    named = read_pid_file(child.program.pid_file)
    assert named is not None
    assert is_alive(named)

    child.stop()

    assert child.exit_code() == -signal.SIGTERM
    assert child.pid is None
    assert not child.program.pid_file.exists()


def test_a_child_that_ignores_the_stop_signal_is_killed(tmp_path: Path) -> None:
    child = _started(python_program(tmp_path, STUBBORN, grace_s=0.2))

    child.stop()

    assert child.exit_code() == -signal.SIGKILL


def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); " + SLEEP
    child = _started(python_program(tmp_path, code))
    assert child.pid is not None
    (grandchild,) = psutil.Process(child.pid).children()

    child.stop()

    until(lambda: not grandchild.is_running())


def test_a_child_can_be_started_again_and_appends_to_its_log(tmp_path: Path) -> None:
    child = _started(python_program(tmp_path, SLEEP))
    child.kill()
    assert child.exit_code() == -signal.SIGKILL

    child.start()

    until(lambda: child.program.log.read_text() == "up\nup\n")
    child.stop()


def test_a_program_that_is_not_there_says_so_in_its_log(tmp_path: Path) -> None:
    child = Child(Program("gone", ("/not/there",), {}, tmp_path / "gone.log", tmp_path / "gone.pid"))

    child.start()

    until(lambda: child.exit_code() == 1)
    assert child.program.log.read_text() == "/not/there cannot be started: No such file or directory\n"


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    child = Child(Program("probe", ("true",), {}, tmp_path / "file" / "probe.log", tmp_path / "probe.pid"))

    with pytest.raises(StackError, match="probe cannot be started: "):
        child.start()


def test_a_child_outlives_the_thread_that_asked_for_it(tmp_path: Path) -> None:
    child = Child(python_program(tmp_path, SLEEP))
    thread = threading.Thread(target=child.start)
    thread.start()
    thread.join()

    until(lambda: child.program.log.read_text() == "up\n")

    assert child.pid is not None
    child.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_a_child_dies_with_its_killed_starter(tmp_path: Path) -> None:
    starter, orphan = _starter_with_child(tmp_path, "Child(program).start()")

    starter.kill()
    starter.wait()

    until(lambda: not is_alive(orphan))


def test_an_orphan_is_stopped_by_its_pid_file(tmp_path: Path) -> None:
    free = "import subprocess; program.pid_file.parent.mkdir(exist_ok=True); p = subprocess.Popen(program.argv); "
    starter, orphan = _starter_with_child(tmp_path, free + "_write_pid_file(program.pid_file, p.pid)")
    starter.kill()
    starter.wait()
    assert is_alive(orphan)

    assert stop_orphan(tmp_path / "probe.pid")

    assert not is_alive(orphan)
    assert not (tmp_path / "probe.pid").exists()


def test_a_recycled_pid_is_never_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "probe.pid"
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pid_file.write_text(json.dumps({"pid": stranger.pid, "started": "another-boot/1"}))

    assert not stop_orphan(pid_file)

    assert stranger.poll() is None
    assert not pid_file.exists()
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize("text", ["", "12", "[]", "{}", '{"pid": "x", "started": "y"}'])
def test_a_torn_pid_file_names_nobody(text: str, tmp_path: Path) -> None:
    (tmp_path / "probe.pid").write_text(text)

    assert read_pid_file(tmp_path / "probe.pid") is None
    assert not stop_orphan(tmp_path / "probe.pid")


def test_a_zombie_counts_as_gone() -> None:
    process = subprocess.Popen(["true"])
    until(lambda: identify(process.pid) is None)
    process.wait()


def test_an_identity_is_the_pid_and_its_start() -> None:
    me = myself()

    assert me.pid == os.getpid()
    assert is_alive(me)
    assert not is_alive(Identity(me.pid, me.started + "0"))


def test_a_short_program_gives_its_code_and_words() -> None:
    assert run_to_end(("sh", "-c", "echo out; echo err >&2; exit 3"), os.environ) == (3, "out\nerr\n")


def _starter_with_child(folder: Path, how: str) -> tuple[subprocess.Popen[bytes], Identity]:
    """A process that started a child in the given way, and that child."""
    code = f"""
import time
from pathlib import Path
from volt_devstack.process import Child, _write_pid_file
from unit.devstack.programs import python_program
program = python_program(Path({str(folder)!r}), {SLEEP!r})
{how}
time.sleep(600)
"""
    starter = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(_tests())})
    until(lambda: read_pid_file(folder / "probe.pid") is not None)
    child = read_pid_file(folder / "probe.pid")
    assert child is not None
    return starter, child


def _tests() -> Path:
    return Path(__file__).parents[2]
