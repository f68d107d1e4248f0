"""A thousand stations, most with a fault that real ones have: the log says what the fleet charged, to the Wh."""

import asyncio
import os
import time
from pathlib import Path

import httpx
import pytest
from fault.fault_stage import fleet_kept

from volt_station.domain.limits import SETTLED_AFTER
from volt_testkit.running import Fleet, Stack, running_fleet, running_stack

pytestmark = pytest.mark.fault

STATIONS = int(os.environ.get("VOLT_FAULT_STATIONS", "1000"))
VISITS = int(os.environ.get("VOLT_FAULT_VISITS", "3000"))
COMPRESSION = int(os.environ.get("VOLT_FAULT_COMPRESSION", "120"))
"""Slow enough for a charge to last longer than ten seconds: what a station says twice within them counts once."""
SEED = int(os.environ.get("VOLT_FAULT_SEED", "11"))
SETTLED_S = SETTLED_AFTER.total_seconds() + 10
"""Only then are clocks moved: what a station that has just come tells late may as well be its queue."""
OFFSETS_S = (3600, -3600, 1800, -1800, 5400)
FLEET = (
    f"--stations {STATIONS} --versions 1.6,2.0.1,2.1 --tokens TAG0001 --seed {SEED} --compression {COMPRESSION} "
    "--meter-interval 5 --max-gap 20 --ramp 30 --call-timeout 30 --retry-interval 5 --drain-timeout 180 "
    "--duplicates 0.1 --late-stops 0.1 --late-stop-seconds 4"
)
Faults = dict[int, dict[str, object]]
"""What is wrong with a station, by the last digit of its number; two in ten have nothing."""
CLOCKS: Faults = {
    0: {"name": "clock_off"},
    1: {"name": "clock_off", "stuck": True},
    2: {"name": "clock_off", "without_zone": True},
}
OTHERS: Faults = {
    3: {"name": "flapping_link", "seconds": 60},
    4: {"name": "lost_stop", "seconds": 10},
    5: {"name": "duplicate_frames", "seconds": 60},
    6: {"name": "lying_status", "seconds": 40},
    7: {"name": "reboot"},
}


@pytest.mark.parametrize("models", ["", "--models all"])
async def test_what_a_faulty_fleet_charged_is_what_the_log_says(tmp_path: Path, models: str) -> None:
    with running_stack(tmp_path / "stack") as stack:
        with running_fleet(stack, *FLEET.split(), *models.split()) as fleet:
            connected = time.monotonic()
            _ended(stack, fleet, STATIONS // 10)
            _spoil(fleet, OTHERS)
            await asyncio.sleep(connected + SETTLED_S - time.monotonic())
            _spoil(fleet, CLOCKS)
            _ended(stack, fleet, VISITS)
            fleet.finish(300)
        stack.wait_ready()
        found = await fleet_kept(stack, fleet.ledger)
    print("", *found.problems, sep="\n")
    print(f"{found.visits} visits, {found.transactions} transactions, {found.energy_wh} Wh, {found.left_out} left out")
    assert found.problems == []
    assert found.visits >= VISITS * 0.9
    assert found.left_out <= found.transactions // 10


def _ended(stack: Stack, fleet: Fleet, visits: int) -> None:
    stack.until(
        lambda: fleet.state()["counters"]["visits_ended"] >= visits, 900, f"fewer than {visits} visits ended", 1.0
    )


def _spoil(fleet: Fleet, faults: Faults) -> None:
    with httpx.Client(base_url=fleet.control, trust_env=False, timeout=30) as control:
        for number in range(1, STATIONS + 1):
            fault = faults.get(number % 10)
            if fault is None:
                continue
            if number % 10 == 0:
                fault = fault | {"offset_s": OFFSETS_S[number // 10 % len(OFFSETS_S)]}
            control.post("/fault", json={"station": f"CP-{number:04d}", **fault}).raise_for_status()
