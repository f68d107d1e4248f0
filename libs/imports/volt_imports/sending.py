"""All commands of an import in one transaction, with the record that says so; once, whoever repeats it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import NamedTuple

from volt_contracts import codec
from volt_contracts.envelope import SOURCE, SUBJECT, TIME, time_header
from volt_contracts.ids import entity_key
from volt_contracts.imports import ImportedFile, ImportRow, RecordImport, command_id
from volt_contracts.message import Actor
from volt_contracts.topics import (
    DRIVERS_TOKEN_COMMANDS,
    NETWORK_IMPORT_COMMANDS,
    NETWORK_IMPORTS,
    NETWORK_LOCATION_COMMANDS,
    NETWORK_ORGANISATION_COMMANDS,
    NETWORK_STATION_COMMANDS,
    STATION_COMMANDS,
)
from volt_eventlog.bulk import PART, Bulk
from volt_eventlog.kafka import Kafka
from volt_eventlog.latest import latest
from volt_eventlog.records import Shared, chain_of, headers_with
from volt_eventlog.tracing import new_traceparent
from volt_imports.planning import Planned
from volt_imports.rows import Progress, no_progress

TOPICS = (
    NETWORK_ORGANISATION_COMMANDS,
    NETWORK_LOCATION_COMMANDS,
    NETWORK_STATION_COMMANDS,
    DRIVERS_TOKEN_COMMANDS,
    STATION_COMMANDS,
    NETWORK_IMPORT_COMMANDS,
)


_RECORDS = frozenset((codec.type_name(RecordImport).encode(),))


@dataclass(frozen=True)
class Import:
    """What it is called, whose it is, who does it and with what."""

    id: str
    tenant: str
    actor: Actor
    source: str
    part: int = PART

    @property
    def key(self) -> str:
        """Its record key."""
        return entity_key(self.tenant, self.id)


class OnRecord(NamedTuple):
    """The file of an import, and when it was written; `now`: by this very call, with a transaction of `open_s`."""

    file: ImportedFile
    at: datetime
    now: bool = False
    open_s: float = 0.0


async def recorded(kafka: Kafka, one: Import) -> OnRecord | None:
    """The file that was imported under this id, if one was: by its row, or by its command that waits to be one.

    Raises:
        KafkaError: the broker cannot be reached.
    """
    wanted, holding = frozenset((one.key.encode(),)), (one.id.encode(),)
    for topic, types in ((NETWORK_IMPORTS, None), (NETWORK_IMPORT_COMMANDS, _RECORDS)):
        found = await latest(kafka, topic, wanted, types=types, holding=holding)
        said, at = found.get(one.key), found.appended(one.key)
        if isinstance(said, ImportRow | RecordImport) and at is not None:
            return OnRecord(said.file, said.at if isinstance(said, ImportRow) else at)
    return None


async def send(
    kafka: Kafka,
    one: Import,
    planned: Iterable[Planned],
    expected: int,
    described: Callable[[dict[str, int]], ImportedFile],
    progress: Progress = no_progress,
) -> OnRecord:
    """Write everything, or nothing; nothing when this import is on record already.

    Raises:
        BulkFailed, KafkaError: nothing was written.
        BulkUnsure: it is there, or it is not; beginning it again under the same id tells.
    """
    async with Bulk(kafka, f"import-{one.id}", expected=expected, part=one.part) as bulk:
        await bulk.settled((NETWORK_IMPORT_COMMANDS,))
        before = await recorded(kafka, one)
        if before is not None:
            return before
        await bulk.know(TOPICS)
        file = described(_encode(bulk, one, planned, progress, expected))
        _add_record(bulk, one, file)
        total = bulk.count
        progress("sending", 0, total)
        began = monotonic()
        await bulk.write(lambda done: progress("sending", done, total))
        return OnRecord(file, datetime.now(UTC), True, monotonic() - began)


def _encode(bulk: Bulk, one: Import, planned: Iterable[Planned], progress: Progress, expected: int) -> dict[str, int]:
    """Encode every command. Returns how many there are of each type."""
    untraced = new_traceparent(False)
    chain = chain_of(None, one.id)
    source, time = (SOURCE, one.source.encode()), (TIME, time_header(datetime.now(UTC)))
    counts: Counter[type] = Counter()
    for number, (line, topic, key, command) in enumerate(planned, 1):
        shared = Shared(source, (SUBJECT, key.encode()), time, chain)
        name = command_id(one.id, line)
        bulk.add(topic, key, codec.encode(command), headers_with(shared, type(command), name, name, untraced, ()))
        counts[type(command)] += 1
        if not number % one.part:
            progress("encoding", number, expected)
    return {codec.type_name(kind): count for kind, count in counts.items()}


def _add_record(bulk: Bulk, one: Import, file: ImportedFile) -> None:
    """The import itself, traced: it is one of the few things that happened here."""
    shared = Shared(
        (SOURCE, one.source.encode()),
        (SUBJECT, one.key.encode()),
        (TIME, time_header(datetime.now(UTC))),
        chain_of(None, one.id),
    )
    headers = headers_with(shared, RecordImport, one.id, one.id, new_traceparent(True), ())
    bulk.add(NETWORK_IMPORT_COMMANDS, one.key, codec.encode(RecordImport(file=file, actor=one.actor)), headers)
