"""How the commands talk: results on standard output, everything else on standard error, one sentence for a failure."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from volt_eventlog.kafka import KafkaError
from volt_runtime.run import StartError

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
T = TypeVar("T")

UNREACHABLE = 7


def fail(sentence: str, code: int = 1) -> NoReturn:
    """Say why, and end."""
    err.print(sentence, markup=False)
    raise typer.Exit(code)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run an asynchronous command; a broker that is not there is one sentence and exit code 7."""
    try:
        return asyncio.run(work)
    except psycopg.Error as wrong:
        fail(f"Postgres cannot be reached: {str(wrong).splitlines()[0]}. Is the stack up?", UNREACHABLE)
    except StartError as wrong:
        fail(str(wrong))
    except BrokenPipeError:
        stop_talking()
    except (KafkaError, ConnectionError, TimeoutError) as wrong:
        fail(f"Kafka cannot be reached or did not answer: {wrong!r}. Is the stack up (`voltlog status`)?", UNREACHABLE)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def stop_talking() -> NoReturn:
    """End as whoever writes into `| head` does: nobody reads on, and there is nothing to say about it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(128 + signal.SIGPIPE)


def line(text: str) -> None:
    """One line of a result, as it is, and at once: somebody may be following it through a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Any]:
    """A bar on standard error; yields the function that moves it on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as shown:
        bar = shown.add_task(what, total=total)
        yield lambda step=1: shown.advance(bar, step)
