"""`voltlog topics`: the topic table, on a cluster and as a list."""

from typing import Annotated

import typer

from volt_cli.environment import cluster
from volt_cli.preparing import deciders
from volt_cli.talk import fail, line, out, run
from volt_contracts.topics import TOPICS
from volt_eventlog.topics_admin import OffsetsLost, TopicMismatch, create_topics, partitions_of
from volt_runtime.settings import Settings

app = typer.Typer(help="Topics: the one table, created and shown.", no_args_is_help=True)


@app.command()
def create() -> None:
    """Create what is missing, with first offsets for every decider; changes nothing that is there."""
    try:
        made = run(create_topics(cluster(), deciders(), Settings().environment))
    except (TopicMismatch, OffsetsLost) as wrong:
        fail(str(wrong))
    out.print(f"{len(made)} topics were made, {len(TOPICS) - len(made)} were there.", markup=False)


@app.command("list")
def show(markdown: Annotated[bool, typer.Option("--markdown", help="As the README has it.")] = False) -> None:
    """Every topic: key, writer, readers, retention, meaning."""
    line(table(markdown=markdown))


def table(*, markdown: bool) -> str:
    """The topic table as text."""
    rows = [
        (
            topic.name,
            topic.key,
            topic.writer,
            ", ".join(topic.readers) or "–",
            str(partitions_of(topic, "local")),
            _kept(topic.retention_ms, compacted=topic.compacted),
            topic.meaning,
        )
        for topic in TOPICS
    ]
    head = ("topic", "key", "written by", "read by", "partitions", "kept", "holds")
    if markdown:
        lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
        return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    padded = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in [head, *rows])
    return "\n".join("  ".join(row).rstrip() for row in padded)


def _kept(retention_ms: int, *, compacted: bool) -> str:
    if compacted:
        return "latest per key"
    return "for ever" if retention_ms < 0 else f"{retention_ms // 86_400_000} d"
