"""`voltlog fleet …`: what the simulated fleet does, and faults switched on and off while it runs."""

from typing import Annotated, Any, NoReturn

import httpx
import typer
from rich.console import Console

from volt_simulator.fault_catalogue import CATALOGUE

app = typer.Typer(help="The simulated fleet: what it does, and faults on demand.", no_args_is_help=True)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

BAD_INPUT = 2
ANSWERS_WITHIN_S = 15.0
EVERY_STATION = "*"

Url = Annotated[
    str | None, typer.Option(envvar="VOLT_FLEET_URL", help="The fleet's control port, unless the local stack runs it.")
]
Chosen = Annotated[str | None, typer.Option("--station", help="Its OCPP identity, such as CP-0001.")]
Everyone = Annotated[bool, typer.Option("--all", help="Every station of the fleet.")]


@app.command()
def status(url: Url = None) -> None:
    """The fleet in numbers."""
    found = _ask("GET", url, "/state")
    out.print(f"{found['stations']} stations, {found['connected']} connected, {found['accepted']} accepted")
    out.print(f"{found['connectors']} connectors, {found['plugged']} with a car, {found['charging']} charging")
    counters = found["counters"]
    out.print(f"{counters['visits_ended']} visits and {counters['transactions_ended']} transactions ended")
    out.print(f"{counters['calls']} calls, {counters['timeouts']} timeouts, {found['queued']} messages wait")
    for name, count in found["faults"].items():
        out.print(f"{name}: {count} stations", markup=False)
    if found["draining"] or found["paused"]:
        out.print("No new cars come." if found["paused"] else "The fleet drains.")


@app.command()
def stations(
    fault: Annotated[str | None, typer.Option(help="Only those that have this fault.")] = None, url: Url = None
) -> None:
    """One line per station: version, model, link, connectors, faults."""
    fault = None if fault is None else _known(fault)
    for station in _ask("GET", url, "/stations"):
        if fault is None or fault in station["faults"]:
            out.print(_line(station), markup=False)


@app.command()
def faults() -> None:
    """Every fault there is, with one sentence each."""
    width = max(map(len, CATALOGUE))
    for name, note in CATALOGUE.items():
        out.print(f"{name:<{width}}  {note.sentence}", markup=False)


@app.command()
def fault(
    name: Annotated[str, typer.Argument(help="One of `voltlog fleet faults`.")],
    station: Chosen = None,
    everyone: Everyone = False,
    seconds: Annotated[float | None, typer.Option(min=0, max=86_400, help="How long; without, until healed.")] = None,
    offset: Annotated[int | None, typer.Option(help="Of clock_off: seconds ahead, negative for behind.")] = None,
    stuck: Annotated[bool, typer.Option("--stuck", help="Of clock_off: it stands still.")] = False,
    without_zone: Annotated[bool, typer.Option("--without-zone", help="Of clock_off: its times name no zone.")] = False,
    url: Url = None,
) -> None:
    """Switch a fault on."""
    name = _known(name)
    if name != "clock_off" and (offset is not None or stuck or without_zone):
        _fail("--offset, --stuck and --without-zone belong to clock_off", BAD_INPUT)
    body: dict[str, Any] = {"name": name, "station": _target(station, everyone)}
    body |= {} if seconds is None else {"seconds": seconds}
    body |= {} if offset is None else {"offset_s": offset}
    _told(name, _ask("POST", url, "/fault", {**body, "stuck": stuck, "without_zone": without_zone}))


@app.command()
def heal(station: Chosen = None, everyone: Everyone = False, url: Url = None) -> None:
    """End every fault of a station, or of all."""
    _told("heal", _ask("POST", url, "/fault", {"name": "heal", "station": _target(station, everyone)}))


def _line(station: dict[str, Any]) -> str:
    link = "online" if station["accepted"] else "connected" if station["connected"] else "offline"
    places = " ".join(f"{one['evse']}:{one['status']}" for one in station["connectors"])
    faults = ", ".join(station["faults"]) or "-"
    return f"{station['station']:<12} {station['version']:<6} {station['model']:<16} {link:<10} {places:<32} {faults}"


def _target(station: str | None, everyone: bool) -> str:
    if (station is None) == (not everyone):
        _fail("say --station ID or --all, one of the two", BAD_INPUT)
    return EVERY_STATION if station is None else station


def _known(name: str) -> str:
    """The fault of that name, in whichever way its words are joined."""
    known = name.lower().replace("-", "_").replace(" ", "_")
    if known not in CATALOGUE:
        _fail(f"there is no fault {name}; there are {', '.join(CATALOGUE)}", BAD_INPUT)
    return known


def _told(name: str, answer: dict[str, Any]) -> None:
    reached = answer["stations"]
    out.print(f"{name}: {reached[0] if len(reached) == 1 else f'{len(reached)} stations'}", markup=False)


def _ask(method: str, url: str | None, path: str, body: dict[str, Any] | None = None) -> Any:
    if not url:
        _fail("No fleet runs here; start one with `voltlog up`, or name its control port with --url.")
    try:
        answer = httpx.request(method, url.rstrip("/") + path, json=body, timeout=ANSWERS_WITHIN_S, trust_env=False)
        content = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL):
        _fail(f"No fleet answers at {url}; see `voltlog status`.")
    except ValueError:
        _fail(f"What answers at {url} is no fleet.")
    if answer.is_error:
        _fail(str(content.get("detail", content)) if isinstance(content, dict) else str(content))
    return content


def _fail(sentence: str, code: int = 1) -> NoReturn:
    err.print(sentence, markup=False)
    raise typer.Exit(code)
