"""The gateway with its broker: acknowledged frames, their latency, and memory of connections that say nothing."""

import time
from collections.abc import Iterator
from typing import Any

from benchmarks.cost import Cost, Roles, rss_kib
from benchmarks.figure import Figure, Target, at_most
from benchmarks.load import Flags, loading, measured, require_connected
from benchmarks.plan import Plan
from benchmarks.stage import Stage

STATIONS = 100
READINGS = 20
METER_CPU_US = 60.0
OPEN_RATE = 500
P99_MS = 10.0
CONNECTION_KIB = 30.0
SETTLE_S = 3.0
CONNECT_PER_S = 400


def closed_loop(url: str, roles: Roles, mode: str, plan: Plan) -> tuple[dict[str, Any], Cost]:
    """As fast as answers come, one call out for each station."""
    return measured(
        url,
        roles,
        mode=mode,
        stations=STATIONS,
        warm_up=plan.warm_up_s,
        seconds=plan.closed_s,
        frames=plan.closed_frames,
        readings=READINGS,
        identity=f"{mode.upper()}-",
    )


def closed(stage: Stage, plan: Plan) -> Iterator[Figure]:
    """Heartbeats (never stored), MeterValues, and whole charges, once the broker has had its warm-up."""
    measured(stage.url, {}, mode="meter", stations=STATIONS, seconds=plan.broker_s, identity="WARM-")
    for mode in ("heartbeat", "meter", "charge"):
        roles = stage.roles("gateway", "kafka")
        found, cost = closed_loop(stage.url, roles, mode, plan)
        cpu = cost.each(found["frames"])
        yield Figure(
            "closed",
            f"{mode}, closed loop, {STATIONS} stations",
            f"{found['per_s']:,.0f}/s, p50 {found['p50_ms']:.1f} ms, p99 {found['p99_ms']:.1f} ms",
            {"stations": STATIONS, "gateway_workers": len(roles["gateway"]), **found},
            cpu,
            (_meter_target(cpu),) if mode == "meter" else (),
        )


def _meter_target(cpu: dict[str, float]) -> Target:
    return at_most(cpu["gateway"] + cpu["kafka"], METER_CPU_US, "gateway + broker, µs")


def open_loop(stage: Stage, plan: Plan) -> Iterator[Figure]:
    """500 stations, each a stored MeterValues a second."""
    roles = stage.roles("gateway", "kafka")
    flags: Flags = {
        "mode": "meter",
        "stations": OPEN_RATE,
        "rate": OPEN_RATE,
        "seconds": plan.open_s,
        "identity": "OPEN-",
    }
    found, cost = measured(stage.url, roles, **flags)
    yield Figure(
        "open",
        f"meter, {OPEN_RATE} stations, 1 frame/s each",
        f"p50 {found['p50_ms']:.2f} ms, p99 {found['p99_ms']:.2f} ms, max {found['max_ms']:.1f} ms",
        found,
        cost.each(found["frames"]),
        (at_most(found["p99_ms"], P99_MS, "p99, ms"),),
    )


def idle(stage: Stage, plan: Plan) -> Iterator[Figure]:
    """Resident memory that a booted station takes while nothing is said; its rows in the tables are in it."""
    workers = stage.roles("gateway")["gateway"]
    with loading(stage.url, mode="idle", stations=100, seconds=SETTLE_S, identity="WARM-") as load:
        load.until("ended", 60)
    before, stations = sum(map(rss_kib, workers)), plan.idle_stations
    flags: Flags = {"mode": "idle", "stations": stations, "seconds": 2 * SETTLE_S, "connect_per_s": CONNECT_PER_S}
    with loading(stage.url, identity="IDLE-", **flags) as load:
        require_connected(load.until("connected", 60 + stations / 50), stations)
        time.sleep(SETTLE_S)
        after = sum(map(rss_kib, workers))
    each = (after - before) / stations
    yield Figure(
        "idle",
        f"{stations:,} idle connections",
        f"{each:.1f} KiB each",
        {
            "kib_per_connection": each,
            "workers": len(workers),
            "rss_kib_before": before,
            "rss_kib_after": after,
            "connections": stations,
        },
        {},
        (at_most(each, CONNECTION_KIB, "KiB a connection"),),
    )
