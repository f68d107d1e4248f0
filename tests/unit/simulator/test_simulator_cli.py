"""`voltlog fleet …` against the control port of a running fleet, and what it says when there is none."""

import asyncio
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result
from unit.simulator.simulator_central import free_port, until
from unit.simulator.test_simulator_control import control

from volt_cli.environment import adopt_stack
from volt_devstack.home import Home
from volt_devstack.identity import myself
from volt_devstack.state import Phase, ProcessState, StackState, write_state
from volt_simulator.cli import app
from volt_simulator.fault_catalogue import CATALOGUE


def said(*words: str, url: str = "") -> Result:
    return CliRunner().invoke(app, list(words), env={"VOLT_FLEET_URL": url}, catch_exceptions=False)


async def test_faults_are_switched_on_seen_and_healed(tmp_path: Path) -> None:
    async with control(tmp_path, "--stations 3 --shortest-stay 60") as port:

        async def say(*words: str) -> Result:
            return await asyncio.to_thread(said, *words, url=f"http://127.0.0.1:{port.port}")

        first = port.run.fleet.stations["CP-0001"]
        assert "3 stations" in (await say("status")).output
        assert (await say("fault", "frozen", "--station", "CP-0001")).output == "frozen: CP-0001\n"
        assert first.traits.faults.frozen
        assert (await say("fault", "clock_off", "--all", "--offset", "-7200", "--stuck")).output.endswith(
            "3 stations\n"
        )
        off = first.traits.faults.clock_off
        assert off is not None
        assert (off.offset_s, off.stuck, off.without_zone) == (-7200, True, False)
        assert "clock_off: 3 stations" in (await say("status")).output
        assert [line.split()[0] for line in (await say("stations", "--fault", "frozen")).output.splitlines()] == [
            "CP-0001"
        ]
        assert len((await say("stations")).output.splitlines()) == 3
        assert (await say("heal", "--station", "CP-0001")).exit_code == 0
        assert first.traits.faults.clock == "good"
        assert (await say("heal", "--all")).output == "heal: 3 stations\n"
        gone = await say("fault", "frozen", "--station", "CP-9999")
        assert (gone.exit_code, "no station" in gone.output) == (1, True)
        await say("fault", "lying-status", "--all", "--seconds", "0")
        await until(lambda: not first.traits.faults.lying_status, "the fault is over")


def test_every_fault_has_its_line() -> None:
    lines = said("faults").output.splitlines()
    assert [line.split()[0] for line in lines] == list(CATALOGUE)


@pytest.mark.parametrize("words", [["status"], ["stations"], ["heal", "--all"], ["fault", "frozen", "--all"]])
def test_without_a_fleet_it_says_so(words: list[str]) -> None:
    none = said(*words)
    assert (none.exit_code, "No fleet runs here" in none.output) == (1, True)
    away = said(*words, url=f"http://127.0.0.1:{free_port()}")
    assert (away.exit_code, "No fleet answers" in away.output) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ["fault", "melt", "--all"],
        ["fault", "frozen"],
        ["fault", "frozen", "--all", "--station", "CP-0001"],
        ["fault", "frozen", "--all", "--offset", "3"],
        ["fault", "clock_off", "--all", "--offset", "soon"],
        ["fault", "frozen", "--all", "--seconds", "-1"],
        ["stations", "--fault", "melt"],
        ["heal"],
        ["melt"],
    ],
)
def test_a_wrong_command_line_is_refused_before_anybody_is_asked(words: list[str]) -> None:
    assert said(*words, url="http://127.0.0.1:9").exit_code == 2


def test_the_local_stack_tells_where_its_fleet_takes_orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VOLT_HOME", "VOLT_TENANT", "VOLT_FLEET_URL"):
        monkeypatch.setenv(name, "")  # so that what is set below is taken back
        monkeypatch.delenv(name)
    fleet = ProcessState("simulator", ready=True, health=("http://127.0.0.1:21007/readyz",))
    write_state(Home(tmp_path), StackState(myself(), Phase.READY, processes=(fleet,)))
    adopt_stack(tmp_path)
    assert os.environ["VOLT_FLEET_URL"] == "http://127.0.0.1:21007"
