"""`voltlog network import` and `voltlog drivers import` on a real log: what they say, and with which exit code."""

import asyncio
import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from integration.imports.import_stage import Stage
from integration.whole_pipe import SECRET
from typer.testing import CliRunner, Result

import volt_drivers.cli
import volt_network.cli
from volt_contracts.topics import NETWORK_LOCATIONS

pytestmark = pytest.mark.kafka

Run = Callable[..., Result]
NETWORK = """
locations:
  - {location: L1, name: Harbour, time_zone: Europe/Berlin}
stations:
  - identity: CP1
    location: L1
    evses:
      - connectors: [{standard: type2, max power: 22 kW}]
tokens:
  - uid: 04:A1:B2:C3
"""


@pytest.fixture
def run(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", stage.kafka.bootstrap)
    monkeypatch.setenv("VOLT_PREFIX", stage.kafka.prefix)
    monkeypatch.setenv("VOLT_TOKEN_SECRET", SECRET)
    monkeypatch.setenv("VOLT_TENANT", "demo")
    return lambda service, *words: CliRunner().invoke(service.cli.app, ["import", *map(str, words)])


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


async def test_a_network_goes_in_with_the_outcome_of_every_row(stage: Stage, run: Run) -> None:
    file, report = written(stage.folder / "network.yaml", NETWORK), stage.folder / "report.csv"

    dry = await asyncio.to_thread(run, volt_network, file, "--dry-run")
    assert await stage.sent() == {}
    async with stage.deciders():
        whole = await asyncio.to_thread(run, volt_network, file, "--report", report, "--id", "k")
        again = await asyncio.to_thread(run, volt_network, file)
        repeated = await asyncio.to_thread(run, volt_network, file, "--id", "k")
        tokens = written(stage.folder / "tokens.csv", "uid,status,colour\n04a1b2c3,blocked,red\n")
        driver = await asyncio.to_thread(run, volt_drivers, tokens)

    assert [one.exit_code for one in (dry, whole, again, repeated, driver)] == [0, 0, 0, 0, 0]
    assert "Would be sent: 1 network.configure_location.v1" in dry.stdout
    assert "3 of 3 answered: 3 accepted" in whole.stdout
    with report.open(newline="") as lines:
        assert [(row["line"], row["outcome"]) for row in csv.DictReader(lines)] == [
            ("3", "accepted"), ("5", "accepted"), ("10", "accepted"),
        ]  # fmt: skip
    assert "Everything is so already; nothing was sent." in again.stdout
    assert "on record; nothing was sent again" in repeated.stdout
    assert "3 of 3 answered: 3 accepted" in repeated.stdout
    assert "Columns of tokens that mean nothing here: colour" in driver.stdout
    assert "1 of 1 answered: 1 accepted" in driver.stdout
    assert await stage.sent() == {
        "network.configure_location.v1": 1, "network.register_station.v1": 1, "drivers.register_token.v1": 2,
        "network.record_import.v1": 2,
    }  # fmt: skip
    (location,) = (await stage.rows(NETWORK_LOCATIONS)).values()
    assert location.location.time_zone == "Europe/Berlin"


async def test_every_fault_is_told_with_its_place(stage: Stage, run: Run) -> None:
    file = written(stage.folder / "a.csv", "identity,location,profile\nCP1,L9,\nCP2,,7\nCP2,,1\n")
    report = stage.folder / "report.csv"

    result = await asyncio.to_thread(run, volt_network, file, "--report", report)

    assert result.exit_code == 2
    assert "a.csv: line 2, location: there is no location 'L9', neither in the file nor known" in result.stderr
    assert "a.csv: line 3, profile: '7' is no whole number from 0 to 3" in result.stderr
    assert "2 faults; nothing was sent" in result.stderr
    assert len(report.read_text().splitlines()) == 3
    empty = await asyncio.to_thread(run, volt_network, written(stage.folder / "b.csv", "identity\n"))
    assert (empty.exit_code, "holds no rows" in empty.stderr) == (2, True)


async def test_nobody_who_answers_is_told_when_waiting_is_in_vain(stage: Stage, run: Run) -> None:
    file = written(stage.folder / "a.csv", "identity\nCP1\n")

    result = await asyncio.to_thread(run, volt_network, file, "--no-wait", "--id", "k")

    assert result.exit_code == 0
    assert await stage.sent() == {"network.register_station.v1": 1, "network.record_import.v1": 1}
    other = await asyncio.to_thread(run, volt_network, written(file, "identity\nCP2\n"), "--id", "k")
    assert (other.exit_code, "another file was imported under this id" in other.stderr) == (2, True)
