"""An import at a terminal: a bar for each step, one sentence for whatever goes wrong, an exit code."""

import asyncio
import logging
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from volt_contracts.codec import Undecodable, UnknownType
from volt_contracts.refs import NoSecret
from volt_eventlog.bulk import BulkFailed, BulkUnsure
from volt_eventlog.kafka import Kafka, KafkaError
from volt_eventlog.sizes import TooLarge
from volt_imports.importing import Order, OtherFile, run_import
from volt_imports.report import Outcomes, Report, write_csv
from volt_imports.rows import Unreadable, place
from volt_runtime.run import StartError

DONE, UNDONE, BAD_FILE = 0, 1, 2
"""Exit codes: every row is in; a row was refused, or the log is away; the file is wrong and nothing was sent."""
MOST_SHOWN = 50

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def import_at_terminal(kafka: Kafka, order: Order, report_to: Path | None = None) -> int:
    """Import a file and tell what becomes of it. Returns the exit code."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it would log beside the sentence
    try:
        with _Bars() as bars:
            report = asyncio.run(run_import(kafka, order, bars.tell))
    except (Unreadable, OtherFile, OSError) as why:
        return _say(f"{order.name}: {why}", BAD_FILE)
    except KafkaError:
        return _say(
            f"Kafka at {kafka.bootstrap} does not answer, or its topics were never made (`voltlog topics create`)"
        )
    except BulkUnsure as why:
        return _say(f"{why}. Import the file again with the same --id to know; nothing is done twice")
    except (BulkFailed, StartError, NoSecret, TooLarge, UnknownType, Undecodable) as why:
        return _say(f"{why}; nothing was sent")
    if report_to is not None:
        try:
            with report_to.open("w", encoding="utf-8", newline="") as file:
                write_csv(report, file)
        except OSError as why:
            _say(f"the report cannot be written: {why}")
    return tell(report, order)


def tell(report: Report, order: Order) -> int:
    """Say what a report says. Returns the exit code."""
    for kind, names in report.ignored.items():
        out.print(f"Columns of {kind} that mean nothing here: {', '.join(names)}", markup=False)
    if report.faults:
        return _tell_faults(report)
    if not report.rows and report.state != "imported_before":
        return _say(f"{report.name} holds no rows", BAD_FILE)
    if report.rows:
        out.print(f"Rows: {_rows(report.rows)}; unchanged: {_rows(report.unchanged) or 'none'}", markup=False)
    match report.state:
        case "checked":
            out.print(f"Would be sent: {_counts(report.commands) or 'nothing'}. Nothing was sent (--dry-run).")
            return DONE
        case "unchanged":
            out.print("Everything is so already; nothing was sent.")
            return DONE
        case "imported_before":
            out.print(f"This import is on record; nothing was sent again. It had {_counts(report.commands)}.")
        case _:
            out.print(f"Import {report.import_id}: {_counts(report.commands)}")
    return DONE if report.outcomes is None else _tell_outcomes(report.outcomes)


def _tell_faults(report: Report) -> int:
    for fault in report.faults[:MOST_SHOWN]:
        where = f"{report.name}: {place(fault.line)}" if fault.line else report.name
        column = f", {fault.column}" if fault.column else ""
        err.print(f"{where}{column}: {fault.sentence}", markup=False)
    more = len(report.faults) - MOST_SHOWN
    if more > 0:
        err.print(f"… and {more} more (--report FILE.csv has them all)")
    count = len(report.faults)
    return _say(f"{count} {'fault' if count == 1 else 'faults'}; nothing was sent", BAD_FILE)


def _tell_outcomes(outcomes: Outcomes) -> int:
    for refusal in outcomes.refusals[:MOST_SHOWN]:
        err.print(f"{place(refusal.line)}: {refusal.outcome}: {refusal.sentence}", markup=False)
    more = len(outcomes.refusals) - MOST_SHOWN
    if more > 0:
        err.print(f"… and {more} more (--report FILE.csv has them all)")
    words = ", ".join(f"{count} {word}" for word, count in sorted(outcomes.counts.items())) or "none"
    out.print(f"{outcomes.answered} of {outcomes.expected} answered: {words}", markup=False)
    if outcomes.stopped is not None:
        return _say(f"stopped waiting: {outcomes.stopped} What was sent will be carried out when they do.")
    return DONE if outcomes.complete else UNDONE


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _rows(counts: dict[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in counts.items())


def _say(sentence: str, code: int = UNDONE) -> int:
    err.print(sentence, markup=False)
    return code


class _Bars:
    """One bar for each step, as they come."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        self._progress = Progress(*columns, TimeElapsedColumn(), console=err, transient=True)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "_Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, step: str, done: int, total: int) -> None:
        """How far a step is."""
        if step not in self._tasks:
            self._tasks[step] = self._progress.add_task(step, total=total)
        self._progress.update(self._tasks[step], completed=done, total=total)
