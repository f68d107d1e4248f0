"""`voltlog replay state | diff | verify | rebuild | export`: the log folded again. Read-only unless it says promote."""

from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from volt_cli.environment import cluster, tenant
from volt_cli.preparing import deciders
from volt_cli.rendering import as_json, by_name
from volt_cli.selection import BadSelection, moment, station_key, topics_named
from volt_cli.talk import err, fail, line, out, progress, run
from volt_contracts.topics import GATEWAY_FRAMES, TOPICS
from volt_eventlog import rebuild as rebuilding
from volt_eventlog.decider import Decider
from volt_eventlog.kafka import Kafka
from volt_eventlog.reading import size_up
from volt_eventlog.replay import StateAt, Verdict, export, key_range, state_at, verify
from volt_eventlog.view import View
from volt_runtime.settings import Settings

app = typer.Typer(help="Fold the log again: states at a moment, proofs, rebuilds, exports.", no_args_is_help=True)

StationName = Annotated[str, typer.Option("--station", help="A station's OCPP identity or uid.")]
By = Annotated[str, typer.Option("--decider", help="Whose state: station, session, network.station, …")]
_encoder = msgspec.json.Encoder(decimal_format="string")


@app.command()
def state(
    station: StationName,
    as_of: Annotated[str | None, typer.Option("--as-of", help="ISO time, or 10m, 2h, 1d before now.")] = None,
    decider: By = "station",
) -> None:
    """Print a station's state as its events say, at a moment or now."""
    at = _moment(as_of)
    found = run(_state(cluster(), _decider(decider), station_key(tenant(), station), at))
    _say_events(found)
    line(_pretty(found))


@app.command()
def diff(
    station: StationName,
    as_of: Annotated[list[str], typer.Option("--as-of", help="Give it twice: before and after.")],
    decider: By = "station",
) -> None:
    """Print which fields of a station's state differ between two moments."""
    if len(as_of) != 2:
        fail("give --as-of twice: the earlier and the later moment", 2)
    chosen, key = _decider(decider), station_key(tenant(), station)
    before, after = (_flat(run(_state(cluster(), chosen, key, _moment(text)))) for text in as_of)
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            line(f"{path}: {before.get(path, '–')} → {after.get(path, '–')}")


@app.command("verify")
def verify_log(
    decider: Annotated[str | None, typer.Option("--decider", help="Only this one.")] = None,
    json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Prove that live states are what the log says: hashes, doubles, events without a cause. Exit 1 if not."""
    chosen = deciders() if decider is None else [_decider(decider)]
    verdicts = [run(_verify(cluster(), one)) for one in chosen]
    for verdict in verdicts:
        line(_encoder.encode(verdict).decode() if json else _sentence(verdict))
    if not all(verdict.ok for verdict in verdicts):
        raise typer.Exit(1)


@app.command()
def rebuild(
    view: Annotated[str, typer.Argument(help="A view, such as live_sessions; `all` for each.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be read.")] = False,
    promote: Annotated[bool, typer.Option("--promote", help="Let the rebuilt rows replace the view's own.")] = False,
) -> None:
    """Build a view from the log beside itself and compare; with --promote the result takes its place."""
    chosen = _views() if view == "all" else [found for found in _views() if found.name == view]
    if not chosen:
        fail(f"there is no view {view}; there are: {', '.join(found.name for found in _views())}", 2)
    unequal = [found.name for found in chosen if not _rebuild(found, dry_run=dry_run, promote=promote)]
    if unequal and not promote:
        fail(f"differs from what the log gives: {', '.join(unequal)}")


@app.command("export")
def export_ndjson(
    file: Annotated[Path | None, typer.Option("--ndjson", help="Where to; standard output otherwise.")] = None,
    topics: Annotated[
        list[str] | None, typer.Option("--topic", help="Only these; every events topic otherwise.")
    ] = None,
    start: Annotated[str | None, typer.Option("--from")] = None,
    end: Annotated[str | None, typer.Option("--to")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Raw frames too, with the clear values in them.")] = False,
) -> None:
    """Write records as NDJSON. Without --clear only topics that hold no clear values of persons are written."""
    chosen = _exported(topics or [], clear=clear)
    run(_export(cluster(), chosen, file, _moment(start), _moment(end)))


async def _state(kafka: Kafka, decider: Decider, key: str, at: datetime | None) -> StateAt:
    within = await key_range(kafka, decider.events, key, at)
    err.print(f"reading {within.count} records of {decider.events.name}", markup=False)
    with progress("folding", within.count) as advance:
        return await state_at(kafka, decider, key, within, advance)


async def _verify(kafka: Kafka, decider: Decider) -> Verdict:
    within = await size_up(kafka, [kafka.name(decider.events)])
    err.print(f"{decider.lane}: folding {within.count} records of {decider.events.name}", markup=False)
    with progress(decider.lane, within.count) as advance:
        return await verify(kafka, decider, advance)


def _rebuild(view: View, *, dry_run: bool, promote: bool) -> bool:
    kafka, dsn = cluster(), Settings().database_url
    within = run(size_up(kafka, [kafka.name(topic) for topic in view.topics]))
    err.print(f"{view.name}: {within.count} records of {', '.join(t.name for t in view.topics)}", markup=False)
    if dry_run:
        return True
    found = run(rebuilding.rebuild(view, kafka, dsn, keep=promote))
    for table, (before, after) in found.hashes.items():
        same = "equal" if before == after else "DIFFERENT"
        out.print(f"{table:<24} {same:<10} promoted {before}  rebuilt {after}", markup=False)
    if promote:
        run(rebuilding.promote_rebuilt(view, dsn))
        out.print(f"{view.name} now shows what was rebuilt", markup=False)
    return found.equal


async def _export(
    kafka: Kafka, topics: tuple[Any, ...], file: Path | None, start: datetime | None, end: datetime | None
) -> None:
    names = {kafka.name(topic): topic for topic in topics}
    within = await size_up(kafka, list(names), start=start, end=end)
    err.print(f"exporting {within.count} records of {len(names)} topics", markup=False)
    written = 0
    try:
        target = None if file is None else file.open("w", encoding="utf-8")
    except OSError as wrong:
        fail(f"{file} cannot be written: {wrong.strerror}", 2)
    try:
        with progress("exporting", within.count) as advance:
            async for topic, record in export(kafka, names, within, advance):
                text = as_json(topic, record)
                if target is None:
                    line(text)
                else:
                    target.write(text + "\n")
                written += 1
    finally:
        if target is not None:
            target.close()
    err.print(f"{written} records were written", markup=False)


def _exported(names: list[str], *, clear: bool) -> tuple[Any, ...]:
    if not names:
        events = tuple(topic for topic in TOPICS if topic.kind == "events")
        return (*events, GATEWAY_FRAMES) if clear else events
    try:
        chosen = topics_named(names)
    except BadSelection as wrong:
        fail(str(wrong), 2)
    refused = [topic.name for topic in chosen if topic.kind in ("frames", "commands", "records") or topic.compacted]
    if refused and not clear:
        fail(f"{', '.join(refused)} may hold clear values of persons; say --clear if that is meant", 2)
    return chosen


def _moment(text: str | None) -> datetime | None:
    try:
        return moment(text, datetime.now(UTC))
    except BadSelection as wrong:
        fail(str(wrong), 2)


def _decider(name: str) -> Decider:
    known = {decider.lane: decider for decider in deciders()}
    found = known.get(name) or known.get(f"{name}.{name}")
    if found is None:
        fail(f"there is no decider {name}; there are: {', '.join(sorted(known))}", 2)
    return found


def _views() -> list[View]:
    return [entry.load() for entry in sorted(entry_points(group="voltlog.views"), key=lambda entry: entry.name)]


def _say_events(found: StateAt) -> None:
    place = "none" if found.last is None else f"{found.last.topic}-{found.last.partition}@{found.last.offset}"
    err.print(f"{found.events} events folded; the last is {place} of {found.last_at}", markup=False)


def _pretty(found: StateAt) -> str:
    return msgspec.json.format(_encoder.encode(by_name(found.kept)), indent=2).decode()


def _flat(found: StateAt) -> dict[str, str]:
    flat: dict[str, str] = {}

    def walk(path: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(f"{path}.{name}" if path else str(name), inner)
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                walk(f"{path}[{number}]", inner)
        else:
            flat[path] = str(value)

    walk("", msgspec.json.decode(_encoder.encode(by_name(found.kept))))
    return flat


def _sentence(verdict: Verdict) -> str:
    word = "ok" if verdict.ok else "WRONG"
    text = (
        f"{verdict.decider:<24} {word:<6} {verdict.events} events, {verdict.keys} keys, hash {verdict.live_hash[:16]}"
    )
    if verdict.different:
        text += f"; live state differs for {', '.join(verdict.different[:5])}"
    if verdict.stale:
        text += f"; {len(verdict.stale)} snapshots are of another fold: restart the decider with this code"
    if verdict.duplicates:
        text += f"; {len(verdict.duplicates)} doubles, first {verdict.duplicates[0]}"
    if verdict.causeless:
        text += f"; {len(verdict.causeless)} events without a cause, first {verdict.causeless[0]}"
    if verdict.causes_expired:
        text += f"; {verdict.causes_expired} causes have expired from the inputs"
    return text
