"""Flags, tokens and the shares of faults; what is wrong is said in one sentence."""

from pathlib import Path

import pytest

from volt_simulator.dice import dice
from volt_simulator.fleet import Fleet
from volt_simulator.settings import read_passwords, read_settings
from volt_simulator.tokens import TokenPool, parse_tokens


def test_tokens_are_lists_and_ranges() -> None:
    assert parse_tokens("TAG0001,SIM0009..SIM0011, TAG0001") == ("TAG0001", "SIM0009", "SIM0010", "SIM0011")


@pytest.mark.parametrize("text", ["", " , ", "A..B", "SIM1..TAG2", "SIM2..SIM1", "X" * 21, "A1..A999999"])
def test_bad_tokens_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_tokens(text)


def test_a_token_is_lent_twice_only_when_there_is_no_other() -> None:
    pool = TokenPool(("A", "B", "C"))
    source = dice(1, "x")
    assert {pool.take(source) for _ in range(3)} == {"A", "B", "C"}
    pool.give_back("B")
    assert pool.take(source) == "B"
    assert pool.take(source) in {"A", "B", "C"}
    assert "A" in pool
    assert "D" not in pool


@pytest.mark.parametrize(
    "flags",
    [
        "--gateway http://127.0.0.1",
        "--stations 0",
        "--stations many",
        "--versions 1.5",
        "--tokens A..B",
        "--unset-clocks 1.5",
        "--duration -1",
        "--meter-interval soon",
        "--control-port 99999",
        "--start-points Whenever",
        "--password a --password-file b",
    ],
)
def test_a_wrong_flag_is_one_sentence(flags: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        read_settings(flags.split())
    assert left.value.code == 2
    assert "error:" in capsys.readouterr().err.splitlines()[-1]


def test_a_wrong_health_port_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOLT_HEALTH_PORT", "soon")
    with pytest.raises(SystemExit):
        read_settings([])
    assert "VOLT_HEALTH_PORT" in capsys.readouterr().err


def test_passwords_are_read_by_station(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    path.write_text("CP-0001:secret:with colon\n\nCP-0002:other\n", encoding="utf-8")
    assert read_passwords(path) == {"CP-0001": "secret:with colon", "CP-0002": "other"}
    path.write_text("CP-0001\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 1"):
        read_passwords(path)


async def test_a_fleet_has_its_share_of_every_fault_and_version() -> None:
    flags = "--stations 40 --unset-clocks 0.05 --session-registers 0.1 --duplicates 0.2 --late-stops 0.01"
    stations = list(Fleet(read_settings(flags.split()), None, {}).stations.values())
    faults = [station.traits.faults for station in stations]
    assert sum(fault.clock_unset for fault in faults) == 2
    assert sum(fault.session_register for fault in faults) == 4
    assert sum(fault.duplicates for fault in faults) == 8
    assert sum(fault.late_stop_s > 0 for fault in faults) == 1
    assert [station.traits.version for station in stations[:4]] == ["1.6", "2.0.1", "2.1", "1.6"]
    assert [station.traits.station for station in stations[:2]] == ["CP-0001", "CP-0002"]
    again = Fleet(read_settings(flags.split()), None, {}).stations
    assert [station.traits for station in again.values()] == [station.traits for station in stations]
