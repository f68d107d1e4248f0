"""The flags of `python -m volt_simulator`, read and checked in one place."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from volt_simulator.models import BY_NAME, Model, speaking
from volt_simulator.tokens import parse_tokens
from volt_simulator.traits import StartPoint

VERSIONS = ("1.6", "2.0.1", "2.1")
MOST_STATIONS = 100_000


@dataclass(frozen=True, slots=True)
class Settings:
    """A fleet and its habits. Durations in seconds of the wall clock, shares from 0 to 1."""

    gateway: str
    stations: int
    first_station: int
    prefix: str
    compression: int
    versions: tuple[str, ...]
    models: tuple[Model, ...] | None
    tokens: tuple[str, ...]
    ledger: Path | None
    control_port: int | None
    health_port: int | None
    seed: int
    password: str | None
    password_file: Path | None
    start_points: tuple[StartPoint, ...]
    meter_interval_s: float
    max_gap_s: float
    ramp_s: float
    unset_clocks: float
    session_registers: float
    duplicates: float
    late_stops: float
    late_stop_s: float
    same_id_retries: float
    second_thoughts: float
    shortest_stay_s: float
    until_sessions: int | None
    duration_s: float | None
    call_timeout_s: float
    attempts: int
    retry_interval_s: float
    discards: bool
    backoff_s: float
    backoff_max_s: float
    drain: bool
    drain_timeout_s: float
    log_level: str


def read_settings(arguments: list[str]) -> Settings:
    """The settings of a command line; leaves with exit code 2 and one sentence when a flag is wrong."""
    parser = _parser()
    found = parser.parse_args(arguments)
    if found.password is not None and found.password_file is not None:
        parser.error("give --password or --password-file, not both")
    mute = [one for one in found.versions if found.models is not None and not speaking(found.models, one)]
    if mute:
        parser.error(f"none of the --models speaks {mute[0]}; give other --versions")
    return Settings(health_port=_health_port(parser), **vars(found))


def read_passwords(path: Path) -> dict[str, str]:
    """Lines of `station:password`. ValueError with one sentence when the file does not hold such lines."""
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        station, colon, password = line.strip().partition(":")
        if not line.strip():
            continue
        if not colon or not station or not password:
            raise ValueError(f"{path}, line {number}: expected station:password")
        found[station] = password
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="volt_simulator", description="A fleet of simulated charging stations.")
    fleet = parser.add_argument_group("the fleet")
    fleet.add_argument(
        "--gateway", type=_gateway, default="ws://127.0.0.1:9000/ocpp/demo", help="station ids are added"
    )
    fleet.add_argument("--stations", type=_count, default=20)
    fleet.add_argument("--first-station", type=_count, default=1, help="number of the first station")
    fleet.add_argument("--prefix", default="CP-", help="of the station ids, such as CP-0001")
    fleet.add_argument("--versions", type=_versions, default=VERSIONS, help="dealt out in turn: 1.6,2.0.1,2.1")
    fleet.add_argument("--models", type=_models, help=f"all, or some of {', '.join(BY_NAME)}; dealt out in turn")
    fleet.add_argument("--tokens", type=_tokens, default=("TAG0001",), help="TAG0001,SIM0001..SIM0200")
    fleet.add_argument("--start-points", type=_start_points, default=tuple(StartPoint), help="of 2.x transactions")
    fleet.add_argument("--password", help="of basic authentication, the same for all")
    fleet.add_argument("--password-file", type=Path, help="lines of station:password")
    fleet.add_argument("--seed", type=int, default=1)
    pace = parser.add_argument_group("time")
    pace.add_argument("--compression", type=_count, default=60, help="real seconds of the data in a second")
    pace.add_argument("--meter-interval", dest="meter_interval_s", type=_seconds, default=10.0)
    pace.add_argument("--max-gap", dest="max_gap_s", type=_seconds, default=30.0, help="longest wait for the next car")
    pace.add_argument("--second-thoughts", type=_share, default=0.03, help="share of visits with two transactions")
    pace.add_argument("--shortest-stay", dest="shortest_stay_s", type=_seconds, default=2.0)
    pace.add_argument("--ramp", dest="ramp_s", type=_seconds, default=5.0, help="the stations start within this time")
    pace.add_argument("--until-sessions", type=_count, help="after so many visits no car comes and the fleet ends")
    pace.add_argument("--duration", dest="duration_s", type=_seconds)
    pace.add_argument("--drain", action="store_true", help="end all visits and deliver everything before the exit")
    pace.add_argument("--drain-timeout", dest="drain_timeout_s", type=_seconds, default=60.0)
    _add_faults(parser.add_argument_group("faults, as shares of the fleet"))
    _add_patience(parser.add_argument_group("patience"))
    ports = parser.add_argument_group("what it shows")
    ports.add_argument("--ledger", type=Path, help="file that says what was physically charged")
    ports.add_argument("--control-port", type=_port, help="loopback HTTP")
    ports.add_argument("--log-level", choices=("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO")
    return parser


def _add_faults(group: "argparse._ArgumentGroup") -> None:
    for name in ("--unset-clocks", "--session-registers", "--duplicates", "--late-stops"):
        group.add_argument(name, type=_share, default=0.0)
    group.add_argument("--late-stop-seconds", dest="late_stop_s", type=_seconds, default=5.0)
    group.add_argument("--same-id-retries", type=_share, default=0.3, help="share of retries with the old message id")


def _add_patience(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--call-timeout", dest="call_timeout_s", type=_seconds, default=10.0)
    group.add_argument("--attempts", type=_count, default=3)
    group.add_argument("--retry-interval", dest="retry_interval_s", type=_seconds, default=10.0)
    group.add_argument("--discard-after-attempts", dest="discards", action="store_true")
    group.add_argument("--backoff", dest="backoff_s", type=_seconds, default=0.5)
    group.add_argument("--backoff-max", dest="backoff_max_s", type=_seconds, default=8.0)


def _health_port(parser: argparse.ArgumentParser) -> int | None:
    text = os.environ.get("VOLT_HEALTH_PORT", "")
    try:
        return _port(text) if text else None
    except argparse.ArgumentTypeError as problem:
        parser.error(f"VOLT_HEALTH_PORT: {problem}")


def _gateway(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{text} is not a ws:// or wss:// address")
    return text.rstrip("/")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_STATIONS:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 to {MOST_STATIONS}")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port")
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a number") from None


def _seconds(text: str) -> float:
    found = _number(text)
    if not 0 < found < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0")
    return found


def _share(text: str) -> float:
    found = _number(text)
    if not 0 <= found <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share from 0 to 1")
    return found


def _versions(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not found or any(part not in VERSIONS for part in found):
        raise argparse.ArgumentTypeError(f"{text} is not a choice of {', '.join(VERSIONS)}")
    return found


def _models(text: str) -> tuple[Model, ...]:
    names = tuple(BY_NAME) if text == "all" else tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [name for name in names if name not in BY_NAME]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"{text} is not a choice of {', '.join(BY_NAME)}, or all")
    return tuple(BY_NAME[name] for name in names)


def _start_points(text: str) -> tuple[StartPoint, ...]:
    try:
        return tuple(StartPoint(part.strip()) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a choice of {', '.join(StartPoint)}") from None


def _tokens(text: str) -> tuple[str, ...]:
    try:
        return parse_tokens(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None
