"""An import: one fact, made with its commands or not at all."""

from datetime import datetime

import msgspec

from volt_contracts.imports import ImportedFile, ImportRecorded, ImportRow, RecordImport
from volt_contracts.message import Event
from volt_contracts.network import NetworkCommandFinished
from volt_eventlog.answers import Answers, Refused
from volt_network.domain.answers import remember


class Imported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was imported, by whom and when."""

    file: ImportedFile
    actor: str
    at: datetime
    answers: Answers = ()


def record(known: Imported | None, command: RecordImport, import_id: str, at: datetime) -> tuple[Event, ...] | Refused:
    """Put it on record; the same import once more changes nothing, another one below this id is refused."""
    if known is None:
        return (ImportRecorded(import_id=import_id, file=command.file, actor=command.actor.text, at=at),)
    if known.file.sha256 == command.file.sha256:
        return ()
    return Refused("another file was imported under this id")


def evolve(known: Imported | None, event: Event) -> Imported | None:
    """The import after an event of its own."""
    match event:
        case ImportRecorded():
            return Imported(
                file=event.file, actor=event.actor, at=event.at, answers=() if known is None else known.answers
            )
        case NetworkCommandFinished() if known is not None:
            return msgspec.structs.replace(known, answers=remember(known.answers, event))
        case _:
            return known


def row(import_id: str, known: Imported | None) -> ImportRow | None:
    """The public row."""
    return None if known is None else ImportRow(import_id=import_id, file=known.file, actor=known.actor, at=known.at)
