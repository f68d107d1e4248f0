"""`voltlog`: the local stack, the event log and whatever parts services bring."""

import logging
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from volt_cli import events, replay, seeding, stack, topics
from volt_cli.environment import adopt_stack
from volt_runtime.memory import look_rarely

app = typer.Typer(help="Voltlog: an event-sourced platform for EV charging networks.", no_args_is_help=True)
stack.mount(app)
app.command()(seeding.seed)
app.add_typer(topics.app, name="topics")
app.add_typer(events.app, name="events")
app.add_typer(replay.app, name="replay")
for part in sorted(entry_points(group="voltlog.cli"), key=lambda entry: entry.name):
    app.add_typer(part.load(), name=part.name)


@app.callback()
def root(
    home: Annotated[Path, typer.Option(envvar="VOLT_HOME", help="Where the local stack keeps its data.")] = Path(
        ".voltlog"
    ),
) -> None:
    """Commands talk to the stack that runs in `--home`, or to what the environment names."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that is away gets one sentence, not a log
    adopt_stack(home)


def main() -> None:
    """The console script."""
    look_rarely()
    app()
