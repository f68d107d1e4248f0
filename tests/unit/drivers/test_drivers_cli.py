"""`voltlog drivers` without a broker: every failure is one sentence with its exit code."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from volt_drivers.cli import app

GOOD = "uid,status,expiry,memo\nTAG0001,accepted,,x\nTAG0002,blocked,2019-01-01,y\n"


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("VOLT_TOKEN_SECRET", "secret")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.delenv("VOLT_TENANT", raising=False)
    return CliRunner()


def written(folder: Path, text: str) -> str:
    file = folder / "tokens.csv"
    file.write_text(text)
    return str(file)


@pytest.mark.parametrize(("text", "word"), [("", "header"), ("identity\nCP1\n", "column uid"), ("card\nA\n", "header")])
def test_a_file_without_tokens_is_none(cli: CliRunner, tmp_path: Path, text: str, word: str) -> None:
    result = cli.invoke(app, ["import", written(tmp_path, text), "--tenant", "demo"])

    assert result.exit_code == 2
    assert word in result.stderr


def test_without_a_broker_there_is_one_sentence(cli: CliRunner, tmp_path: Path) -> None:
    result = cli.invoke(app, ["import", written(tmp_path, GOOD), "--tenant", "demo"])

    assert result.exit_code == 1
    (sentence,) = result.stderr.strip().splitlines()
    assert sentence.startswith("Kafka at 127.0.0.1:1 does not answer")


@pytest.mark.parametrize(
    "arguments", [["show", "TAG0001", "--tenant", "demo"], ["import", "{file}", "--tenant", "demo"]]
)
def test_without_a_secret_there_is_one_sentence(
    cli: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.delenv("VOLT_TOKEN_SECRET")
    file = written(tmp_path, GOOD)

    result = cli.invoke(app, [argument.replace("{file}", file) for argument in arguments])

    assert result.exit_code == 1
    assert "VOLT_TOKEN_SECRET is not set: no reference can be made without it" in result.stderr


def test_tokens_belong_to_a_tenant(cli: CliRunner, tmp_path: Path) -> None:
    assert cli.invoke(app, ["import", written(tmp_path, GOOD)]).exit_code == 2
