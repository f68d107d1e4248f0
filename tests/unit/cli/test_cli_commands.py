"""`voltlog` without a stack: what is asked wrongly, or cannot be reached, is one sentence and an exit code."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from volt_cli.main import app
from volt_contracts.topics import TOPICS
from volt_testkit.stack import free_port

Voltlog = Callable[..., Result]


@pytest.fixture
def voltlog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Voltlog]:
    """Run a command in a home where no stack runs, on a broker that is not there."""
    for name in list(os.environ):
        if name.startswith("VOLT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("VOLT_HOME", str(tmp_path))
    monkeypatch.setenv("VOLT_TENANT", "demo")
    monkeypatch.setenv("VOLT_TOKEN_SECRET", "a secret of the tests")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://127.0.0.1:{free_port()}/voltlog")
    level = logging.getLogger("aiokafka").level
    yield lambda *words: CliRunner().invoke(app, list(words), catch_exceptions=False)
    logging.getLogger("aiokafka").setLevel(level)


def sentence(result: Result) -> str:
    """What was said on standard error: one line, and no stack."""
    assert "Traceback" not in result.output
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_the_topics_as_a_table(voltlog: Voltlog) -> None:
    result = voltlog("topics", "list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [topic.name for topic in TOPICS]
    markdown = voltlog("topics", "list", "--markdown").stdout.splitlines()
    assert len(markdown) == len(TOPICS) + 2
    assert {line.count("|") for line in markdown} == {8}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["events", "grep", "--topic", "no.such"], "there is no topic no.such"),
        (["events", "grep", "--from", "yesterday"], "'yesterday' is no time"),
        (["events", "grep", "--to", "99999999999999d"], "'99999999999999d' before now is before the calendar begins"),
        (["events", "show"], "say which --station or --session"),
        (["events", "tail", "--topic", "no.such"], "there is no topic no.such"),
        (["replay", "state", "--station", "CP-1", "--decider", "nobody"], "there is no decider nobody; there are: "),
        (["replay", "state", "--station", "CP-1", "--as-of", "soon"], "'soon' is no time"),
        (["replay", "diff", "--station", "CP-1", "--as-of", "1h"], "give --as-of twice"),
        (["replay", "verify", "--decider", "nobody"], "there is no decider nobody"),
        (["replay", "rebuild", "no_such_view"], "there is no view no_such_view; there are: "),
        (["replay", "export", "--topic", "gateway.frames"], "gateway.frames may hold clear values of persons"),
        (["replay", "export", "--topic", "drivers.profiles"], "drivers.profiles may hold clear values of persons"),
        (["replay", "export", "--topic", "drivers.token.commands"], "may hold clear values of persons"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_what_is_asked_wrongly_is_one_sentence_and_code_two(voltlog: Voltlog, words: list[str], said: str) -> None:
    result = voltlog(*words)
    assert result.exit_code == 2, result.output
    assert said in sentence(result)
    assert result.stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        ["topics", "create"],
        ["seed"],
        ["events", "grep", "--type", "session.ended", "--json"],
        ["events", "show", "--station", "CP-1"],
        ["events", "tail", "--seconds", "1"],
        ["replay", "state", "--station", "CP-1"],
        ["replay", "verify", "--decider", "station"],
        ["replay", "rebuild", "live_sessions"],
        ["replay", "export"],
    ],
    ids=" ".join,
)
def test_a_broker_that_is_not_there_is_one_sentence_and_code_seven(voltlog: Voltlog, words: list[str]) -> None:
    result = voltlog(*words)
    assert result.exit_code == 7, result.output
    assert result.stdout == ""
    assert "Kafka cannot be reached" in result.stderr
    assert "Traceback" not in result.output


def test_seeding_needs_the_secret(voltlog: Voltlog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOLT_TOKEN_SECRET")
    assert "VOLT_TOKEN_SECRET is not set" in sentence(voltlog("seed"))


def test_only_a_local_stack_is_seeded(voltlog: Voltlog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLT_ENVIRONMENT", "production")
    result = voltlog("seed")
    assert result.exit_code == 1
    assert "is for the local stack alone" in sentence(result)


def test_nothing_else_is_said_when_the_process_ends(tmp_path: Path) -> None:
    """What the client library leaves open would speak up at the end of the process."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", "from volt_cli.main import main; main()", "events", "grep"],
        env={**os.environ, "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}", "VOLT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 7
    assert "Unclosed" not in done.stderr
    assert "never awaited" not in done.stderr
    assert "Traceback" not in done.stderr


def test_where_no_stack_runs_there_is_no_status(voltlog: Voltlog) -> None:
    result = voltlog("status")
    assert result.exit_code == 1
    assert "No stack runs here; start one with `voltlog up`." in sentence(result)
    machine = voltlog("status", "--json")
    assert (machine.exit_code, machine.stdout) == (1, '{"running": false, "ready": false}\n')


def test_where_nothing_ran_there_are_no_logs(voltlog: Voltlog) -> None:
    result = voltlog("logs", "gateway")
    assert result.exit_code == 1
    assert "gateway has no log here; there are: none" in sentence(result)


def test_every_part_that_services_bring_is_there_and_explains_itself(voltlog: Voltlog) -> None:
    shown = voltlog("--help").stdout
    for part in ("events", "replay", "topics", "drivers", "network", "up", "down", "status", "logs", "seed"):
        assert part in shown
        assert voltlog(part, "--help").exit_code == 0
