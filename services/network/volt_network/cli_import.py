"""`voltlog network import`: a whole network from a file."""

from pathlib import Path
from typing import Annotated

import typer

from volt_imports.importing import Order
from volt_imports.rows import Kind
from volt_imports.terminal import import_at_terminal
from volt_network.settings import NetworkSettings
from volt_network.telling import ACTOR, kafka_of

File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True)]


def import_network(
    file: File,
    tenant: Annotated[str, typer.Option(envvar="VOLT_TENANT", help="Whose network it is.")],
    kind: Annotated[Kind | None, typer.Option(help="What its rows are, where its header does not tell.")] = None,
    issuer: Annotated[str | None, typer.Option(help="Who issued its tokens; the tenant itself unless said.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check it and say what would be sent.")] = False,
    key: Annotated[str | None, typer.Option("--id", help="Names this import: repeated, it is done once.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="For the outcome of every row.")] = True,
    report: Annotated[Path | None, typer.Option(dir_okay=False, help="Write it here, row by row, as CSV.")] = None,
) -> None:
    """Import a network (also its tokens and running transactions) from CSV, XLSX or YAML, whole or not at all.

    The file is checked first, against what is known; while anything is wrong, every fault is told and nothing is sent.
    """
    settings = NetworkSettings()
    order = Order(
        path=file,
        name=file.name,
        tenant=tenant,
        actor=ACTOR,
        secret=settings.token_secret.get_secret_value(),
        kind=kind,
        issuer=issuer,
        key=key,
        dry_run=dry_run,
        wait=wait,
        source="voltlog network import",
    )
    raise typer.Exit(import_at_terminal(kafka_of(settings), order, report))
