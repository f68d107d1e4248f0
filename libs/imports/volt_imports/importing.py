"""An import from its file to the outcome of every row: read, check, send, follow. Each step is whole or not begun."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from uuid import uuid4

from volt_contracts.ids import derive
from volt_contracts.imports import ImportedFile
from volt_contracts.message import Actor
from volt_eventlog.bulk import PART
from volt_eventlog.kafka import Kafka
from volt_imports.checking import check
from volt_imports.contents import Contents, read_file
from volt_imports.following import PATIENCE_S, Follower
from volt_imports.known import Known, look_up
from volt_imports.planning import Owner, Plan, plan
from volt_imports.reading.files import digest
from volt_imports.report import Report, State
from volt_imports.rows import Fault, Kind, Progress, no_progress
from volt_imports.sending import Import, OnRecord, recorded, send


class OtherFile(ValueError):
    """Another file was imported under this id; its text says so."""

    def __init__(self) -> None:
        super().__init__("another file was imported under this id")


@dataclass(frozen=True)
class Order:
    """What is to be imported, whose it is and how. `key`: repeated with the same one, an import is done once."""

    path: Path
    name: str
    tenant: str
    actor: Actor
    secret: str
    kind: Kind | None = None
    issuer: str | None = None
    key: str | None = None
    dry_run: bool = False
    wait: bool = True
    source: str = "import"
    part: int = PART
    patience_s: float = PATIENCE_S

    @property
    def import_id(self) -> str:
        """What the key names; without one, a new id each time it is asked for."""
        return str(uuid4()) if self.key is None else derive(self.tenant, self.key)


@dataclass
class _Run:
    kafka: Kafka
    order: Order
    progress: Progress
    one: Import
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Takes the time of a step."""
        began = monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(monotonic() - began, 3)

    async def before(self) -> Report | None:
        """The report of an import that is on record; None when there is none."""
        if self.order.key is None:
            return None
        found = await recorded(self.kafka, self.one)
        return None if found is None else await self.again(found)

    async def again(self, found: OnRecord) -> Report:
        """The outcomes of an import that was done before."""
        if found.file.sha256 != digest(self.order.path):
            raise OtherFile
        report = self.report("imported_before", found.file.name, found.file.sha256)
        report.commands = dict(found.file.commands)
        if self.order.wait:
            async with Follower(self.kafka, self.one.id, report.commands, found.at) as follower:
                with self.step("outcomes"):
                    report.outcomes = await follower.outcomes(
                        sum(found.file.commands.values()), self.progress, self.order.patience_s
                    )
        return report

    async def check(self, contents: Contents) -> tuple[Known, list[Fault]]:
        """What is known, and what is wrong."""
        with self.step("checking"):
            known = await look_up(self.kafka, self.order.tenant, self.order.secret, contents, self.progress)
            return known, check(contents, known)

    def counted(self, made: Plan, report: Report) -> int:
        """Count the commands into the report."""
        counts = Counter(type(planned.command).__struct_config__.tag for planned in made.commands())
        report.commands = {str(tag): count for tag, count in counts.items()}
        report.unchanged = {str(kind): count for kind, count in made.unchanged.items()}
        return counts.total()

    async def send(self, made: Plan, report: Report) -> Report:
        """Write the commands and wait for their outcomes."""
        async with Follower(self.kafka, self.one.id, report.commands) as follower:
            with self.step("sending"):
                sent = await self.written(made, sum(report.commands.values()))
            if not sent.now:
                return await self.again(sent)
            report.state = "imported"
            self.seconds["transaction open"] = round(sent.open_s, 3)
            if self.order.wait:
                with self.step("outcomes"):
                    report.outcomes = await follower.outcomes(
                        sum(report.commands.values()), self.progress, self.order.patience_s
                    )
        return report

    async def written(self, made: Plan, expected: int) -> OnRecord:
        """One transaction with everything."""
        contents = made.contents

        def described(commands: dict[str, int]) -> ImportedFile:
            return ImportedFile(
                name=contents.name,
                sha256=contents.sha256,
                rows=contents.rows.total(),
                commands=commands,
                checked_at=made.known.checked_at,
            )

        return await send(self.kafka, self.one, made.commands(), expected, described, self.progress)

    def report(self, state: State, name: str, sha256: str) -> Report:
        """An empty report."""
        return Report(state=state, import_id=self.one.id, name=name, sha256=sha256, seconds=self.seconds)


async def run_import(kafka: Kafka, order: Order, progress: Progress = no_progress) -> Report:
    """Import a file whole, or not at all; the report says which, and what became of every row.

    Raises:
        Unreadable, OSError: the file cannot be read.
        OtherFile: its key was given to another file before.
        NoSecret: it needs `VOLT_TOKEN_SECRET`.
        KafkaError, StartError, BulkFailed: nothing was sent.
        BulkUnsure: whether it was is not known; repeat it with the same key.
    """
    one = Import(order.import_id, order.tenant, order.actor, order.source, order.part)
    run = _Run(kafka, order, progress, one)
    report = await run.before()
    if report is not None:
        return report
    with run.step("reading"):
        contents = read_file(order.path, order.name, order.kind, progress)
    known, faults = await run.check(contents)
    report = run.report("faulty" if faults else "checked", contents.name, contents.sha256)
    report.rows = {str(kind): count for kind, count in contents.rows.items()}
    report.ignored = {str(kind): names for kind, names in contents.ignored.items()}
    report.faults = faults
    if known.settings is None and not faults:
        report.state, report.faults = "faulty", [Fault(0, "", f"there is no tenant {order.tenant}")]
    if report.faults:
        return report
    owner = Owner(order.tenant, order.actor, order.issuer or order.tenant, order.secret)
    with run.step("planning"):
        made = plan(contents, known, owner, dry_run=order.dry_run, progress=progress)
        count = run.counted(made, report)
    if order.dry_run:
        return report
    if not count:
        report.state = "unchanged"
        return report
    return await run.send(made, report)
