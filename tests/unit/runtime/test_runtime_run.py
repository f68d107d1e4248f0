"""How a process ends: its exit code, and one sentence for the operator where the cause is his."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("runtime_program.py")


def process(behaviour: str, **environment: str) -> "subprocess.Popen[str]":
    """Start the program."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VOLT_")}
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), behaviour],
        env={**inherited, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(behaviour: str, **environment: str) -> tuple[int, list[dict[str, str]], str]:
    """Exit code, log lines and everything on standard error of a program that ends by itself."""
    program = process(behaviour, **environment)
    _, said = program.communicate(timeout=30)
    return program.returncode, [json.loads(line) for line in said.splitlines() if line.startswith("{")], said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_with_zero_and_says_nothing(number: signal.Signals) -> None:
    program = process("works")
    assert program.stdout is not None
    assert program.stdout.readline() == "working\n"
    program.send_signal(number)
    _, said = program.communicate(timeout=30)
    assert (program.returncode, said) == (0, "")


def test_tasks_may_clean_up_before_it_ends() -> None:
    program = process("is slow")
    assert program.stdout is not None
    assert program.stdout.readline() == "working\n"
    program.send_signal(signal.SIGTERM)
    rest, _ = program.communicate(timeout=30)
    assert (program.returncode, rest) == (0, "cleaned up\n")


def test_a_main_that_returns_ends_with_zero() -> None:
    assert ended("returns")[0] == 0


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ("refuses", "there is no topic; run `voltlog topics create` first"),
        ("loses its offsets", "station.station has no usable offset"),
    ],
)
def test_what_the_operator_can_mend_is_one_sentence_without_a_stack(behaviour: str, sentence: str) -> None:
    code, lines, said = ended(behaviour)
    assert code == 1
    assert [line["message"] for line in lines] == [sentence]
    assert "Traceback" not in said
    assert "exception" not in lines[0]


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("fails", "a mistake of ours"),
        ("loses a task", "the task is dead"),
        ("has a task cancelled", "worker was cancelled while the process works"),
    ],
)
def test_a_mistake_of_ours_is_one_line_with_its_stack(behaviour: str, error: str) -> None:
    code, lines, said = ended(behaviour)
    assert code == 1
    assert len(lines) == 1
    assert error in lines[0]["message"] + lines[0]["exception"]
    assert len(said.splitlines()) == 1, "the stack stands within the line"


def test_a_taken_health_port_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, lines, said = ended("works", VOLT_HEALTH_PORT=port)
    assert code != 0
    assert len(lines) == 1
    assert port in lines[0]["message"]
    assert "Traceback" not in said


@pytest.mark.parametrize(("name", "value"), [("VOLT_HEALTH_PORT", "many"), ("VOLT_WORKER", "first")])
def test_bad_configuration_is_one_sentence_and_code_two(name: str, value: str) -> None:
    code, _, said = ended("works", **{name: value})
    assert code == 2
    assert said.startswith(f"{name}='{value}' cannot be used: ")
    assert len(said.splitlines()) == 1


def test_a_log_level_that_does_not_exist_is_bad_configuration() -> None:
    code, _, said = ended("works", VOLT_LOG_LEVEL="LOUD")
    assert code == 2
    assert "VOLT_LOG_LEVEL" in said
    assert "Traceback" not in said
