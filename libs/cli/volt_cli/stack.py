"""`voltlog up | down | status | logs`: the local stack."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer

from volt_cli import preparing
from volt_cli.environment import FLEET
from volt_cli.talk import err, fail, line, out
from volt_devstack.control import NotRunning
from volt_devstack.control import down as stop_stack
from volt_devstack.control import forget as forget_stack
from volt_devstack.control import status as stack_status
from volt_devstack.detach import up_detached
from volt_devstack.errors import StackError
from volt_devstack.home import Home
from volt_devstack.service import ServiceSpec, StackOptions
from volt_devstack.state import ProcessState, StackState, read_state
from volt_devstack.supervisor import Supervisor
from volt_runtime.service import Service

FLEET_STATIONS = 20
FLEET_COMPRESSION = 60


def mount(app: typer.Typer) -> None:
    """Add the stack's commands at the top level."""
    for command in (up, down, status, logs, forget):
        app.command()(command)


def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when all is ready; stop with `down`.")] = False,
    fleet: Annotated[bool, typer.Option("--fleet/--no-fleet", help="Let simulated cars come and go.")] = True,
    stations: Annotated[int, typer.Option(help="Simulated stations.")] = FLEET_STATIONS,
) -> None:
    """Start Kafka, Postgres and every service, and keep them running."""
    home = _home()
    options = stack_options(home, fleet=fleet, stations=stations)
    try:
        if detach:
            up_detached(home, options, _say)
        else:
            Supervisor(home, options, _say, lambda: _show(home)).run()
    except StackError as wrong:
        fail(wrong.sentence, wrong.exit_code)
    if detach:
        _show(home)


def down() -> None:
    """Stop the stack that runs in this home."""
    try:
        stop_stack(_home())
    except StackError as wrong:
        fail(wrong.sentence, wrong.exit_code)


def status(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """What runs, where, and whether it is ready."""
    found = stack_status(_home())
    if isinstance(found, NotRunning):
        if as_json:
            line(json.dumps({"running": False, "ready": False}))
            raise typer.Exit(1)
        last = found.last.message if found.last else ""
        fail(f"No stack runs here; start one with `voltlog up`. {last}".rstrip())
    if as_json:
        line(json.dumps(as_document(found.state), indent=2))
    else:
        for process in found.state.processes:
            out.print(_sentence(process), markup=False)


def forget() -> None:
    """Stop the stack that runs in this home and delete all its data."""
    try:
        forget_stack(_home())
    except StackError as wrong:
        fail(wrong.sentence, wrong.exit_code)


def logs(name: Annotated[str, typer.Argument(help="A service, `kafka`, `postgres` or `supervisor`.")]) -> None:
    """Follow what one process says."""
    home = Home(_home())
    files = [home.supervisor_log] if name == "supervisor" else sorted(home.log.glob(f"{name}*.log"))
    files = [file for file in files if file.exists()]
    if not files:
        known = ", ".join(sorted(file.stem for file in home.log.glob("*.log")))
        fail(f"{name} has no log here; there are: {known or 'none'}")
    subprocess.run(["tail", "-n", "50", "-F", *map(str, files)], check=False)


def stack_options(home: Path, *, fleet: bool, stations: int = FLEET_STATIONS) -> StackOptions:
    """Every service that is installed, what prepares them, and the fleet that is told the gateway's address."""
    services = [entry.load() for entry in entry_points(group="voltlog.services")]
    specs = [_spec(service) for service in services]
    specs.append(preparing.SPEC)
    if fleet:
        specs.append(_fleet(home, stations))
    return StackOptions(services=tuple(specs), topics=preparing.prepare_topics)


def _spec(service: Service) -> ServiceSpec:
    variable = f"VOLT_{service.name.upper()}_WORKERS"
    workers = int(os.environ.get(variable, service.workers))
    return ServiceSpec(
        name=service.name,
        argv=(sys.executable, "-m", service.module),
        workers=workers,
        env={**{name: os.environ.get(name, value) for name, value in service.local.items()}, variable: str(workers)},
        url=_url(service),
        after=service.after,
    )


def _url(service: Service) -> str | None:
    """The service's URL with the name of its port's variable, which the supervisor fills in."""
    if service.url is None or service.port_env is None:
        return service.url
    return service.url.replace("{port}", f"{{{service.port_env}}}")


def _fleet(home: Path, stations: int) -> ServiceSpec:
    gateway = "ws://127.0.0.1:${VOLT_GATEWAY_PORT}/ocpp/demo"
    ledger = home / "fleet" / "ledger.ndjson"
    ledger.parent.mkdir(parents=True, exist_ok=True)
    flags = f"--stations {stations} --compression {FLEET_COMPRESSION} --tokens TAG0001 --ledger {ledger}"
    # One port for orders and health: `voltlog fleet` finds it in the stack's state.
    flags += ' --control-port "$VOLT_HEALTH_PORT"'
    shell = f'exec "{sys.executable}" -m volt_simulator --gateway "{gateway}" {flags}'
    return ServiceSpec(name=FLEET, argv=("/bin/sh", "-c", shell), after=("gateway", "prepare"))


def as_document(state: StackState) -> dict[str, Any]:
    """What scripts rely on: gateway, console, kafka, postgres and every service by name."""
    environment = state.environment
    document: dict[str, Any] = {
        "running": True,
        "ready": state.ready,
        "phase": state.phase.value,
        "supervisor": {"pid": state.supervisor.pid},
        "services": {},
    }
    for process in state.processes:
        document["services"][process.name] = _process(process)
    places = {
        "gateway": f"ws://127.0.0.1:{environment.get('VOLT_GATEWAY_PORT')}/ocpp/demo/{{station}}",
        "console": f"http://127.0.0.1:{environment.get('VOLT_CONSOLE_PORT')}",
    }
    for name, url in places.items():
        document[name] = {**document["services"].get(name, {}), "url": url}
    document["kafka"] = _backing(document, "kafka", "bootstrap", environment.get("KAFKA_BOOTSTRAP_SERVERS"))
    document["postgres"] = _backing(document, "postgres", "url", environment.get("DATABASE_URL"))
    return document


def _backing(document: dict[str, Any], name: str, field: str, value: str | None) -> dict[str, Any]:
    return {**document["services"].pop(name, {"ready": True, "pids": []}), field: value}


def _process(process: ProcessState) -> dict[str, Any]:
    return {
        "url": process.url,
        "pids": list(process.pids),
        "ready": process.ready,
        "restarts": process.restarts,
        "health": list(process.health),
        "log": process.log,
    }


def _sentence(process: ProcessState) -> str:
    pids = ",".join(str(pid) for pid in process.pids) or "-"
    ready = "ready" if process.ready else "not ready"
    return f"{process.name:<12} {ready:<10} pid {pids:<16} {process.url or ''}"


def _show(home: Path) -> None:
    state = read_state(Home(home))
    environment: Mapping[str, str] = state.environment if state else {}
    console, gateway = environment.get("VOLT_CONSOLE_PORT"), environment.get("VOLT_GATEWAY_PORT")
    _say(f"Console and API   http://127.0.0.1:{console}")
    _say(f"Stations connect  ws://127.0.0.1:{gateway}/ocpp/demo/{{station}}")
    _say(f"Kafka             {environment.get('KAFKA_BOOTSTRAP_SERVERS')}")
    _say("In this local stack tenant demo adopts unknown stations and takes security profile 0 on loopback.")


def _say(sentence: str) -> None:
    err.print(sentence, markup=False)


def _home() -> Path:
    return Path(os.environ["VOLT_HOME"]).absolute()
