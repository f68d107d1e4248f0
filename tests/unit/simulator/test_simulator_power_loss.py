"""A simulator that is killed and started again with its ledger goes on where its stations were."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from unit.simulator.simulator_central import Central, listening, until
from unit.simulator.simulator_fleet import QUICK
from unit.simulator.test_simulator_chaos import point_for

from volt_simulator.ledger import TransactionEntry, VisitEntry, fold


def transactions(ledger: Path) -> list[TransactionEntry]:
    if not ledger.exists():
        return []
    return [entry for entry in fold(ledger).values() if isinstance(entry, TransactionEntry)]


async def started(central: Central, ledger: Path, flags: str) -> asyncio.subprocess.Process:
    options = f"--gateway {central.url} --ledger {ledger} {QUICK} {flags}".split()
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "volt_simulator", *options)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_what_ran_when_it_was_killed_is_ended_and_told(tmp_path: Path, version: str) -> None:
    central, ledger = Central(point_for), tmp_path / "ledger.ndjson"
    async with listening(central):
        first = await started(central, ledger, f"--versions {version} --shortest-stay 60")
        await until(lambda: [one for one in transactions(ledger) if one.charge is not None], "a running charge")
        await until(lambda: central.of("StatusNotification", True), "a link")
        os.kill(first.pid, signal.SIGKILL)
        await first.wait()
        (running_one,) = transactions(ledger)
        with ledger.open("ab") as torn:
            torn.write(b'{"kind":"transaction","station":"CP-')

        second = await started(central, ledger, f"--versions {version} --until-sessions 1 --drain")
        assert await second.wait() == 0

    entries = fold(ledger)
    ended = entries[running_one.key]
    assert isinstance(ended, TransactionEntry)
    assert ended.state == "ended"
    assert ended.acknowledged
    assert ended.reason == "PowerLoss"
    assert ended.energy_wh == (ended.meter_stop_wh or 0) - ended.meter_start_wh
    visit = entries["visit", running_one.station, running_one.evse, running_one.visit, 0]
    assert isinstance(visit, VisitEntry)
    assert visit.state == "ended"
    assert visit.energy_wh == ended.energy_wh
    later = [one for one in transactions(ledger) if one.key != ended.key and one.evse == ended.evse]
    assert all(one.visit > ended.visit and one.meter_start_wh >= (ended.meter_stop_wh or 0) for one in later)


async def test_what_ran_when_it_was_stopped_goes_on_with_its_sequence(tmp_path: Path) -> None:
    central, ledger = Central(point_for), tmp_path / "ledger.ndjson"
    async with listening(central):
        first = await started(central, ledger, "--versions 2.0.1 --shortest-stay 60")
        await until(lambda: len(central.of("TransactionEvent")) > 3, "some events")
        first.terminate()
        assert await first.wait() == 0
        (kept,) = transactions(ledger)
        second = await started(central, ledger, "--versions 2.0.1 --until-sessions 1 --drain")
        assert await second.wait() == 0

    told = [one.payload for one in central.of("TransactionEvent")]
    mine = [one for one in told if one["transactionInfo"]["transactionId"] == kept.transaction_id]
    assert [one["seqNo"] for one in mine] == list(range(len(mine)))
    assert mine[-1]["eventType"] == "Ended"


async def test_a_drain_that_cannot_succeed_says_so(tmp_path: Path) -> None:
    central, ledger = Central(point_for), tmp_path / "ledger.ndjson"
    process = await started(central, ledger, "--versions 1.6 --duration 2 --drain --drain-timeout 0.5")
    assert await process.wait() == 1
    assert any(not entry.acknowledged for entry in transactions(ledger))


async def test_sigterm_drains(tmp_path: Path) -> None:
    central, ledger = Central(point_for), tmp_path / "ledger.ndjson"
    async with listening(central):
        process = await started(central, ledger, "--stations 4 --shortest-stay 60 --drain")
        await until(lambda: len(transactions(ledger)) > 2, "charges")
        process.terminate()
        assert await process.wait() == 0
    assert all(entry.acknowledged for entry in transactions(ledger))
