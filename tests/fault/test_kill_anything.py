"""kill -9 of everything under load: nothing acknowledged is lost, nothing has two effects."""

import os
import random
import time
from pathlib import Path

import pytest
from fault.fault_stage import fleet_kept, load_kept, running_load

from volt_testkit.running import Stack, running_fleet, running_stack

pytestmark = pytest.mark.fault

KILLS = int(os.environ.get("VOLT_FAULT_KILLS", "24"))
SEED = int(os.environ.get("VOLT_FAULT_SEED", "1"))
VICTIMS = ("gateway", "gateway", "station", "session", "console", "kafka", "postgres", "network", "drivers")
VIEWS = ("live_sessions", "session_transactions", "live_stations", "live_connectors", "station_timeline")
FAULTS = "--unset-clocks 0.05 --session-registers 0.05 --duplicates 0.05 --late-stops 0.05 --late-stop-seconds 3"
FLEET = (
    f"--stations 60 --versions {os.environ.get('VOLT_FAULT_VERSIONS', '1.6,2.0.1,2.1')} --compression 1200 "
    f"--meter-interval 2 --max-gap 2 --seed {SEED} {FAULTS}"
)
LOAD = "--mode charge --stations 60 --rate 300 --readings 8 --identity LOAD --seconds 3600 --answer-timeout 10"


async def test_nothing_acknowledged_is_lost_and_nothing_has_two_effects(tmp_path: Path) -> None:
    dice = random.Random(SEED)
    acks = tmp_path / "acks.ndjson"
    with running_stack(tmp_path / "stack") as stack:
        with (
            running_fleet(stack, *FLEET.split(), "--drain-timeout", "180") as fleet,
            running_load(stack, acks, *LOAD.split()) as load,
        ):
            _kill_at_random(stack, dice)
            stack.wait_ready(120)
            load.terminate()
            load.wait(60)
            fleet.finish(240)
        stack.wait_ready(120)
        loaded = await load_kept(stack, acks)
        charged = await fleet_kept(stack, fleet.ledger)
        verified = stack.command("replay", "verify", check=False)
        # The console may still be catching up, and timers still make events: equal once is equal.
        stack.until(lambda: _views_equal(stack), 180, "views differ from what the log gives")
    print(f"\n{KILLS} kills: {loaded.calls} acknowledged calls, {loaded.transactions} starts; ", end="")
    print(f"fleet {charged.visits} visits, {charged.transactions} transactions, {charged.energy_wh} Wh")
    print(verified)
    assert loaded.problems == []
    assert charged.problems == []
    assert "WRONG" not in verified
    assert loaded.transactions > 100
    assert charged.transactions > 50


def _views_equal(stack: Stack) -> bool:
    rebuilt = stack.command("replay", "rebuild", "all", check=False)
    return "DIFFERENT" not in rebuilt and rebuilt.count(" equal ") >= len(VIEWS)


def _kill_at_random(stack: Stack, dice: random.Random) -> None:
    for number in range(KILLS):
        time.sleep(dice.uniform(2.0, 6.0))
        name = dice.choice(VICTIMS)
        try:
            pids = stack.pids(name)
        except (AssertionError, KeyError):
            pids = []
        if not pids:
            continue
        pid = dice.choice(pids)
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue
        print(f"\nkill {number + 1}: {name} ({pid})", end="", flush=True)
