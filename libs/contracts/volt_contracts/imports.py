"""Imports: many commands that came in one file and went into the log in one transaction. Owner `network`.

The id of a row's command is `{import_id}/{line}`, so that every outcome says of itself which row it answers.
"""

from datetime import datetime

import msgspec

from volt_contracts.message import Command, Event, Row


class ImportedFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was imported. `commands`: how many of each command type were sent; each has its own outcome."""

    name: str
    sha256: str
    rows: int
    commands: dict[str, int]
    checked_at: dict[str, int] = {}
    """`topic-partition` -> offset behind the last record that the check has seen."""


class RecordImport(Command, frozen=True, kw_only=True, tag="network.record_import.v1"):
    """Stands in the same transaction as the commands of the import: it is there if and only if they are."""

    file: ImportedFile


class ImportRecorded(Event, frozen=True, kw_only=True, tag="network.import_recorded.v1"):
    """The commands of a file are in the log, all of them."""

    import_id: str
    file: ImportedFile
    actor: str
    at: datetime


class ImportRow(Row, frozen=True, kw_only=True, tag="network.import.v1"):
    """Public row of `network.imports`."""

    import_id: str
    file: ImportedFile
    actor: str
    at: datetime


def command_id(import_id: str, line: int) -> str:
    """The id of the command of one row."""
    return f"{import_id}/{line}"


def row_of(command: str) -> tuple[str, int] | None:
    """Import and line that a command id names; None when it is the id of another command."""
    import_id, slash, line = command.rpartition("/")
    return (import_id, int(line)) if slash and line.isdecimal() and line.isascii() else None
