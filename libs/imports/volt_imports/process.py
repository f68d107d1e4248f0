"""An import in a process of its own: a file of half a million rows stops nobody who serves others meanwhile.

The request is one line of JSON on its input; its output is a line for every bit of progress, and one at the end. Where
the log is and the secret come from the environment, as for every process.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal

import msgspec

from volt_contracts.message import Actor
from volt_eventlog.bulk import PART
from volt_imports.report import Report
from volt_imports.rows import Kind, Progress, no_progress

LONGEST_LINE = 1 << 28
"""A report with a fault in each of a million rows."""
MEMORY = "the file needs more memory than an import may take"


class Request(msgspec.Struct, kw_only=True, frozen=True):
    """An `Order`, as it can be sent."""

    path: str
    name: str
    tenant: str
    actor: Actor
    kind: Kind | None = None
    issuer: str | None = None
    key: str | None = None
    dry_run: bool = False
    wait: bool = True
    source: str = "import"
    part: int = PART
    most_bytes: int = 6 << 30
    """Of memory."""


class Passed(msgspec.Struct, tag="progress"):
    """How far it is."""

    step: str
    done: int
    total: int


class Finished(msgspec.Struct, tag="finished"):
    """It ended, whole or without anything sent."""

    report: Report


Why = Literal["unreadable", "other_file", "unsent", "unsure"]


class Failed(msgspec.Struct, tag="failed"):
    """It could not be done; `unsure` alone may have been."""

    why: Why
    sentence: str


Line = Passed | Finished | Failed
_decode = msgspec.json.Decoder(Line).decode


class ImportFailed(Exception):
    """Its text is a sentence for people."""

    def __init__(self, why: Why, sentence: str) -> None:
        super().__init__(sentence)
        self.why = why


async def import_beside(
    request: Request, environment: Mapping[str, str] | None = None, progress: Progress = no_progress
) -> Report:
    """Import in a process of its own. A cancellation ends it: what it has not committed by then never happened.

    Raises:
        ImportFailed: there is no report.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "volt_imports", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env=None if environment is None else {**os.environ, **environment}, limit=LONGEST_LINE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(msgspec.json.encode(request) + b"\n")
        with suppress(ConnectionError):  # it has ended already; its exit code says so below
            await process.stdin.drain()
        while raw := await process.stdout.readline():
            match _decode(raw):
                case Passed() as passed:
                    progress(passed.step, passed.done, passed.total)
                case Finished() as finished:
                    return finished.report
                case Failed() as failed:
                    raise ImportFailed(failed.why, failed.sentence)
        code = await process.wait()
        raise ImportFailed("unsure", MEMORY if code < 0 else f"the import ended without a word (exit code {code})")
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
