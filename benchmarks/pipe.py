"""The whole pipe: gateway, station, session and the console's views, under charges as stations tell them."""

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from benchmarks.cost import Cost
from benchmarks.figure import Figure, NotMeasured, at_least, percentile
from benchmarks.lags import Lags, drained, grown, handled
from benchmarks.load import Load, begun, ended, loading
from benchmarks.plan import Plan
from benchmarks.probe import Probing
from benchmarks.stage import TOKENS, Stage

ROLES = ("gateway", "kafka", "station", "session", "console", "postgres")
STATIONS = 500
READINGS = 40
RATE = 3_000
CALM_RATE = 500
LAG_S = 2.0
HEADROOM = 0.9
LESS, MORE = 0.7, 1.25


class Push:
    """One push at a rate: what the load says, what it cost, how far each part fell behind and how long it took.

    The CPU is that of all the work these frames made, until the last view had them, for each frame of a station.
    """

    def __init__(self, stage: Stage, rate: float, seconds: float, drain_s: float) -> None:
        lags = Lags(stage)
        with Probing(stage) as probing, _loading(stage, rate, seconds) as load:
            cost, own = Cost(stage.roles(*ROLES)), Cost({"load": [load.pid]})
            begun(load, STATIONS)
            before, sent = handled(stage), frames(stage)
            cost.begin()
            own.begin()
            with lags:
                self.found = ended(load, seconds)
                own.end()
                over = time.monotonic()
                sent = frames(stage) - sent
                self.in_window = grown(before, handled(stage))
                self.seen = probing.stop()
        self.worst = lags.worst
        waited = time.monotonic() - over
        left = drained(stage, drain_s)
        self.drain_s = None if left is None else waited + left
        cost.end()
        self.in_all = grown(before, handled(stage))
        self.cpu_us = {**cost.each(sent), **own.each(self.found["frames"])}

    @property
    def lag_s(self) -> float:
        """The largest seconds behind of any part."""
        return max(self.worst.values(), default=0.0)

    @property
    def per_s(self) -> float:
        """Acknowledged frames a second."""
        return float(self.found["per_s"])

    @property
    def carried_per_s(self) -> float | None:
        """Frames a second through all of the pipe, counted until the last one was through."""
        if self.drain_s is None:
            return None
        return float(self.found["frames"]) / (float(self.found["seconds"]) + self.drain_s)

    def values(self) -> dict[str, Any]:
        """All of it, for the file."""
        return {
            **self.found,
            "seconds_behind": {name: round(worst, 2) for name, worst in sorted(self.worst.items())},
            "handled_until_load_ended": self.in_window,
            "handled_until_drained": self.in_all,
            "drain_s": self.drain_s,
            "plug_to_view_ms": _spread(self.seen.plugs),
            "start_to_view_ms": _spread(self.seen.starts),
            "never_seen": self.seen.missing,
        }


def rest(stage: Stage, plan: Plan) -> Iterator[Figure]:
    """What the stack costs while nothing happens, once it has been warmed up."""
    with _loading(stage, CALM_RATE, plan.broker_s) as load:
        begun(load, STATIONS)
        ended(load, plan.broker_s)
    drained(stage, plan.drain_s)
    cost = Cost(stage.roles(*ROLES))
    cost.begin()
    time.sleep(plan.rest_s)
    cost.end()
    percent = {role: round(100 * spent / plan.rest_s, 1) for role, spent in cost.seconds.items()}
    parts = ", ".join(f"{role} {part:g}" for role, part in percent.items())
    shown = f"{sum(percent.values()):.0f} % of a core: {parts}"
    yield Figure("rest", "whole stack at rest", shown, {"percent_of_a_core": percent})


def calm(stage: Stage, plan: Plan) -> Iterator[Figure]:
    """500 frames a second: how long until a plug, and a start, stand in the view."""
    push = Push(stage, CALM_RATE, plan.probe_s, plan.drain_s)
    if not push.seen.plugs:
        raise NotMeasured("no plug became visible in the view")
    plugs, starts = _spread(push.seen.plugs), _spread(push.seen.starts)
    yield Figure(
        "calm",
        f"whole pipe at {CALM_RATE} frames/s",
        f"plug to view p50 {plugs['p50']:.0f} ms, p99 {plugs['p99']:.0f} ms; "
        f"start to view p50 {starts['p50']:.0f} ms, p99 {starts['p99']:.0f} ms; "
        f"{push.per_s:,.0f}/s, answers p99 {push.found['p99_ms']:.1f} ms; behind {_worst(push.worst)}",
        push.values(),
        push.cpu_us,
    )


def pipe(stage: Stage, plan: Plan) -> Iterator[Figure]:
    """3,000 frames a second, then the highest rate that the pipe keeps up with."""
    push = Push(stage, RATE, plan.pipe_s, plan.drain_s)
    carried = push.carried_per_s
    yield Figure(
        "pipe",
        f"whole pipe, {RATE:,} frames/s for {plan.pipe_s:g} s",
        f"{push.per_s:,.0f}/s acknowledged, p99 {push.found['p99_ms']:.0f} ms; behind {_worst(push.worst)}; "
        + ("not drained in time" if carried is None else f"carried {carried:,.0f}/s to the last view"),
        push.values(),
        push.cpu_us,
    )
    kept, tried = _search(stage, plan, push)
    yield Figure(
        "pipe",
        f"highest rate with lag < {LAG_S:g} s",
        f"{kept:,.0f}/s" if kept else "none that was tried",
        {"per_s": kept, "tried": tried},
        {},
        (at_least(kept, RATE * 0.98, "frames/s"),),
    )


def _search(stage: Stage, plan: Plan, first: Push) -> tuple[float, list[dict[str, Any]]]:
    """Try a few rates, each from a drained pipe: lower after one that was too high, higher after one that was kept."""
    kept, tried = 0.0, [_tried(RATE, first)]
    if _keeps_up(first):
        kept, rate = first.per_s, RATE * MORE
    else:
        rate = HEADROOM * (first.carried_per_s or first.per_s / 2)
    for _ in range(plan.search_steps):
        if first.drain_s is None:
            break
        push = Push(stage, rate, plan.search_s, plan.drain_s)
        tried.append(_tried(rate, push))
        if _keeps_up(push):
            kept, rate = max(kept, push.per_s), rate * MORE
        else:
            rate *= LESS
        if push.drain_s is None or (kept and rate < kept):
            break
    return kept, tried


def _keeps_up(push: Push) -> bool:
    slowest = max(push.seen.plugs, default=0.0)
    return push.lag_s < LAG_S and slowest < 2 * LAG_S and not push.seen.missing


def _tried(rate: float, push: Push) -> dict[str, Any]:
    return {"offered_per_s": round(rate), "lag_s": round(push.lag_s, 2), **push.values()}


def frames(stage: Stage) -> float:
    """Messages that the gateway has had from stations."""
    return sum(value for name, value in stage.metrics("gateway") if name.startswith("volt_gateway_frames_total"))


def _loading(stage: Stage, rate: float, seconds: float) -> AbstractContextManager[Load]:
    return loading(
        stage.url,
        mode="visit",
        stations=STATIONS,
        rate=rate,
        seconds=seconds,
        warm_up=0,
        readings=READINGS,
        identity="PIPE-",
        tokens=TOKENS,
    )


def _spread(seconds: list[float]) -> dict[str, float]:
    return {
        "count": len(seconds),
        "p50": round(1000 * percentile(seconds, 0.5), 1),
        "p99": round(1000 * percentile(seconds, 0.99), 1),
        "max": round(1000 * max(seconds, default=0.0), 1),
    }


def _worst(seconds: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {worst:.1f} s" for name, worst in sorted(seconds.items()))
