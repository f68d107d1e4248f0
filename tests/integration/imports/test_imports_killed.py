"""kill -9 in the middle of an import, and after it: nothing of it is visible, or all of it is, once."""

import asyncio
import signal
import subprocess
from pathlib import Path

import msgspec
import pytest
from integration.imports.import_stage import Stage

from volt_contracts.drivers import TokenRegistered
from volt_contracts.topics import DRIVERS_TOKEN_EVENTS
from volt_imports.importing import run_import
from volt_imports.process import Failed, ImportFailed, Line, Passed, Request, import_beside

pytestmark = pytest.mark.kafka

TOKENS = 20_000
PART = 100
ALL = {"drivers.register_token.v1": TOKENS, "network.record_import.v1": 1}


def tokens(path: Path) -> Path:
    path.write_text("uid\n" + "".join(f"{number:014X}\n" for number in range(TOKENS)))
    return path


def read_until(process: "subprocess.Popen[bytes]", step: str, done: int = 0) -> None:
    """Read what the process says until it is so far."""
    assert process.stdout is not None
    for raw in process.stdout:
        line = msgspec.json.decode(raw, type=Line)
        assert not isinstance(line, Failed), line
        if isinstance(line, Passed) and line.step == step and line.done >= done:
            return
    raise AssertionError(f"it ended without {step}")


async def test_killed_while_it_writes_nothing_is_there_and_repeated_everything_is_once(stage: Stage) -> None:
    path = tokens(stage.folder / "tokens.csv")
    with stage.process(path, key="k", part=PART) as process:
        read_until(process, "sending", 10 * PART)
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert await stage.hidden() > 0, "it was killed too late: everything was through"
    assert await stage.sent() == {}

    async with stage.deciders():
        report = await run_import(stage.kafka, stage.order(path, key="k"))
        assert await stage.outcomes() == dict.fromkeys(((report.import_id, line) for line in range(2, TOKENS + 2)), 1)

    assert report.state == "imported"
    assert report.outcomes is not None
    assert report.outcomes.complete
    assert await stage.hidden() == 0
    assert await stage.sent() == ALL
    registered = await stage.rows(DRIVERS_TOKEN_EVENTS, TokenRegistered)
    assert (len(registered), {row.version for row in registered.values()}) == (TOKENS, {1})


async def test_killed_after_the_commit_and_repeated_nothing_is_twice(stage: Stage) -> None:
    path = tokens(stage.folder / "tokens.csv")
    async with stage.deciders():
        with stage.process(path, key="k", part=PART) as process:
            await asyncio.to_thread(read_until, process, "outcomes")  # the deciders work in this thread
            process.send_signal(signal.SIGKILL)
            process.wait()
        report = await run_import(stage.kafka, stage.order(path, key="k"))
        assert set((await stage.outcomes()).values()) == {1}

    assert report.state == "imported_before"
    assert report.outcomes is not None
    assert report.outcomes.complete
    assert len(report.outcomes.lines) == TOKENS
    assert await stage.sent() == ALL


async def test_a_process_of_its_own_reports_as_one_s_own(stage: Stage) -> None:
    path = tokens(stage.folder / "tokens.csv")
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": stage.kafka.bootstrap, "VOLT_PREFIX": stage.kafka.prefix, "VOLT_TOKEN_SECRET": "s",
    }  # fmt: skip
    steps: dict[str, int] = {}

    def note(step: str, done: int, _total: int) -> None:
        steps[step] = done

    request = Request(path=str(path), name="tokens.csv", tenant="demo", actor=stage.order(path).actor, wait=False)
    report = await import_beside(request, environment, note)

    assert (report.state, report.commands) == ("imported", {"drivers.register_token.v1": TOKENS})
    assert steps["sending"] == TOKENS + 1
    assert await stage.sent() == ALL
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ImportFailed, match="UTF-8") as failed:
        await import_beside(request, environment)
    assert failed.value.why == "unreadable"
    with pytest.raises(ImportFailed, match="does not answer") as failed:
        await import_beside(
            msgspec.structs.replace(request, path=str(tokens(path))),
            environment | {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
        )
    assert failed.value.why == "unsent"
