"""The wire holds: latency of stations that keep to the rules, alone and beside 500 connections that do not."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.cost import Cost, Roles
from benchmarks.figure import Figure, Target, at_most
from benchmarks.load import CONNECT_S, Load, ended, loading, measured, require_connected
from benchmarks.plan import Plan
from benchmarks.stage import Stage

RATE = 500
RATIO = 2.0
LIMITED = "volt_gateway_limited_total"
COME_S = 60.0
SETTLE_S = 3.0
"""Until what every station may send at once is used up: the question is how the others fare as long as it lasts."""
GOODBYE_S = 20.0
LONGEST_S = 600
CHOSEN = "CHOSEN-PASSWORD"
"""As in `tests/load/hostile_kinds.py`: a station whose password is checked by argon2."""

Said = dict[str, Any]


@dataclass
class Windows:
    """What was measured, alone and beside those that misbehave, turn by turn."""

    alone: list[Said] = field(default_factory=list)
    beside: list[Said] = field(default_factory=list)
    cores_alone: dict[str, list[float]] = field(default_factory=dict)
    """Cores that each role kept busy."""
    cores_beside: dict[str, list[float]] = field(default_factory=dict)
    crowd: Said = field(default_factory=dict)
    """What the last crowd says of itself."""

    def middle(self, windows: list[Said], name: str) -> float:
        """The middle one of a figure."""
        return float(median(window[name] for window in windows))

    @property
    def ratio(self) -> float:
        """How much longer the p99 is beside them."""
        return self.middle(self.beside, "p99_ms") / self.middle(self.alone, "p99_ms")


def figures(stage: Stage, plan: Plan) -> Iterator[Figure]:
    """Alone and beside those that misbehave, in turns: on a machine that others use, one window says little."""
    know_chosen_password(stage)
    measured(stage.url, {}, mode="meter", stations=100, seconds=plan.broker_s, identity="WARM-")
    make_acquainted(stage, plan)
    before = limited(stage)
    windows = take_turns(stage, plan)
    reached = {name: count - before[name] for name, count in limited(stage).items()}
    yield from (_alone(windows, plan), _beside(windows, plan), _reached(windows.crowd, reached))


def know_chosen_password(stage: Stage) -> None:
    """Somebody chose a password for a station; argon2 is what checks it."""
    file = stage.home / "chosen.txt"
    file.write_text("long-enough-to-be-allowed")
    stage.command("network", "register", CHOSEN, "--tenant", "demo", "--password-file", str(file))


def make_acquainted(stage: Stage, plan: Plan) -> None:
    """What misbehaves takes ways through the broker that it has not compiled yet, which takes a core for a while."""
    with loading(stage.url, "hostile_load", seconds=LONGEST_S) as crowd:
        crowd.until("misbehaving", COME_S)
        time.sleep(plan.broker_s)
        crowd.end(GOODBYE_S)


def take_turns(stage: Stage, plan: Plan) -> Windows:
    """The good stations stay connected all the time; the others come for every second window."""
    windows, turns, stations = Windows(), plan.hostile_turns, plan.hostile_stations
    with loading(
        stage.url, mode="meter", stations=stations, rate=RATE, seconds=plan.hostile_s, windows=2 * turns + 1,
        warm_up=plan.warm_up_s, identity="GOOD-",
    ) as load:  # fmt: skip
        roles = {**stage.roles("gateway", "kafka"), "load": [load.pid]}
        require_connected(load.until("connected", CONNECT_S), stations)
        _window(load, roles, plan, windows.alone, windows.cores_alone)
        for _ in range(turns):
            with loading(stage.url, "hostile_load", seconds=LONGEST_S) as crowd:
                crowd.until("misbehaving", COME_S)
                time.sleep(SETTLE_S)
                load.again()
                both = {**roles, "misbehaving": [crowd.pid]}
                _window(load, both, plan, windows.beside, windows.cores_beside)
                windows.crowd = crowd.end(GOODBYE_S)
            load.again()
            _window(load, roles, plan, windows.alone, windows.cores_alone)
    return windows


def _window(load: Load, roles: Roles, plan: Plan, found: list[Said], cores: dict[str, list[float]]) -> None:
    load.until("begun", CONNECT_S)
    cost = Cost(roles)
    cost.begin()
    found.append(ended(load, plan.hostile_s))
    cost.end()
    for role, spent in cost.seconds.items():
        cores.setdefault(role, []).append(spent / found[-1]["seconds"])


def limited(stage: Stage) -> Counter[str]:
    """How often each limit was reached, over all gateway processes."""
    counts: Counter[str] = Counter()
    for sample, value in stage.metrics("gateway"):
        if sample.startswith(LIMITED):
            counts[sample.partition('limit="')[2].partition('"')[0]] += int(value)
    return counts


def _alone(windows: Windows, plan: Plan) -> Figure:
    cores, shown = _cores(windows.cores_alone)
    return Figure(
        "hostile",
        f"meter, {plan.hostile_stations:,} stations, {RATE} frames/s in all, alone",
        f"{_latency(windows, windows.alone)}; cores: {shown}",
        {"windows": windows.alone, "cores": cores},
    )


def _beside(windows: Windows, plan: Plan) -> Figure:
    cores, shown = _cores(windows.cores_beside)
    return Figure(
        "hostile",
        f"the same beside {windows.crowd['connections']} that misbehave",
        f"{_latency(windows, windows.beside)}: {windows.ratio:.1f} times the p99 alone; cores: {shown}",
        {"windows": windows.beside, "ratio": windows.ratio, "cores": cores},
        {},
        (at_most(windows.ratio, RATIO, "p99 against alone"), _all_answered(windows, plan)),
    )


def _cores(spent: dict[str, list[float]]) -> tuple[dict[str, float], str]:
    """The middle one of each role, and all of them in a sentence."""
    cores = {role: round(float(median(values)), 2) for role, values in spent.items()}
    return cores, ", ".join(f"{role} {busy:.2f}" for role, busy in cores.items())


def _all_answered(windows: Windows, plan: Plan) -> Target:
    every = (*windows.alone, *windows.beside)
    kept = all(window["connected"] == plan.hostile_stations and not window["resent"] for window in every)
    return Target("all stay connected, nothing is sent twice", kept)


def _reached(crowd: Said, reached: dict[str, int]) -> Figure:
    bit = ", ".join(f"{name} {count:,}" for name, count in sorted(reached.items()) if count)
    never = ", ".join(name for name, count in sorted(reached.items()) if not count)
    sent = f"{crowd['frames_per_s']:,} frames/s, {crowd['octets_per_s'] / 1e6:.1f} MB/s"
    return Figure(
        "hostile",
        "what they sent, and the limits that they reached",
        f"{sent}, {crowd['upgrades_per_s']} upgrades/s; {bit}; not reached: {never}",
        {"limits": reached, "crowd": crowd},
    )


def _latency(windows: Windows, of: list[Said]) -> str:
    p50, p99 = windows.middle(of, "p50_ms"), windows.middle(of, "p99_ms")
    longest = max(window["max_ms"] for window in of)
    return f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {longest:.0f} ms"
