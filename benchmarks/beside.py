"""The same load on a minimal central system that stores nothing, and how many times its rate Voltlog reaches."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.cost import Roles
from benchmarks.figure import Figure, NotMeasured, at_least
from benchmarks.gateway import STATIONS, closed_loop
from benchmarks.plan import Plan
from volt_testkit.stack import free_port

GROUP = "baseline"
TIMES = 10.0
MODES = ("heartbeat", "meter", "charge")


def figures(plan: Plan) -> Iterator[Figure]:
    """Heartbeats, MeterValues and whole charges, closed loop at 100 stations."""
    with _serving() as (url, roles):
        for mode in MODES:
            found, cost = closed_loop(url, roles, mode, plan)
            yield Figure(
                GROUP,
                f"{mode}, nothing stored",
                f"{found['per_s']:,.0f}/s, p50 {found['p50_ms']:.1f} ms, p99 {found['p99_ms']:.1f} ms",
                {"stations": STATIONS, **found},
                cost.each(found["frames"]),
            )


def ratios(measured: Sequence[Figure]) -> Iterator[Figure]:
    """Voltlog beside the baseline, of whatever both were measured in this run."""
    for mode in MODES:
        ours = _found(measured, "closed", mode)
        theirs = _found(measured, GROUP, mode)
        if ours is None or theirs is None:
            continue
        times = ours.values["per_s"] / theirs.values["per_s"]
        less = theirs.cpu_us["baseline"] / (ours.cpu_us["gateway"] + ours.cpu_us["kafka"])
        yield Figure(
            "ratio",
            f"{mode}: Voltlog beside the baseline",
            f"{times:.1f} × its rate; {less:.1f} × less CPU a message, gateway and broker together",
            {"times": times, "times_less_cpu": less},
            {},
            (at_least(times, TIMES, "rate, as a multiple"),) if mode == "meter" else (),
        )


def _found(measured: Sequence[Figure], group: str, mode: str) -> Figure | None:
    for figure in measured:
        if figure.group == group and figure.name.startswith(mode):
            return figure
    return None


@contextmanager
def _serving() -> Iterator[tuple[str, Roles]]:
    port = free_port()
    words = [sys.executable, "-m", "benchmarks.baseline", str(port)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise NotMeasured("the baseline's central system did not start")
        yield f"ws://127.0.0.1:{port}/ocpp", {"baseline": [process.pid]}
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
