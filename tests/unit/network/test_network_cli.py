"""`voltlog network` without a broker, and the keys that it makes."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from volt_network.cli import app
from volt_network.credential import BadPassword, checked, generate


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("VOLT_TOKEN_SECRET", "secret")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    return CliRunner()


def test_generated_keys_have_128_bits_and_fit_a_station() -> None:
    keys = {generate() for _ in range(100)}

    assert len(keys) == 100
    assert all(len(bytes.fromhex(key)) * 8 == 128 for key in keys)
    assert all(checked(key.encode()) == key.encode() for key in keys)


@pytest.mark.parametrize("password", [b"", b"fifteen letters", b"x" * 41])
def test_a_password_that_ocpp_does_not_allow_is_refused_unspoken(password: bytes) -> None:
    with pytest.raises(BadPassword) as refused:
        checked(password)
    assert not password or password.decode() not in str(refused.value)


def test_a_weak_password_file_is_refused(cli: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("short\n")

    result = cli.invoke(app, ["register", "CP1", "--tenant", "demo", "--password-file", str(file)])

    assert result.exit_code == 2
    assert "has 5 bytes" in result.stderr
    assert "short" not in result.stderr


def test_a_key_is_either_made_or_given(cli: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("0123456789abcdef\n")

    result = cli.invoke(app, ["register", "CP1", "--tenant", "demo", "--generate", "--password-file", str(file)])

    assert result.exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["register", "CP1", "--tenant", "demo"],
        ["tenant", "demo"],
        ["tenant", "demo", "--unknown", "adopt"],
        ["key", "create", "x", "--tenant", "demo", "--scope", "see"],
    ],
)
def test_without_a_broker_there_is_one_sentence(cli: CliRunner, arguments: list[str]) -> None:
    result = cli.invoke(app, arguments)

    assert result.exit_code == 1
    (sentence,) = result.stderr.strip().splitlines()
    assert sentence.startswith("Kafka at 127.0.0.1:1 does not answer")


def test_a_key_that_may_have_been_stored_is_shown(cli: CliRunner) -> None:
    result = cli.invoke(app, ["register", "CP1", "--tenant", "demo", "--generate"])

    assert result.exit_code == 1
    assert "its key then is " in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["tenant", "demo", "--time-zone", "Europe/Nowhere"],
        ["tenant", "demo", "--unknown", "perhaps"],
        ["tenant", "demo", "--profile", "4"],
        ["register", "CP1", "--tenant", "demo", "--protocol", "ocpp1.5"],
    ],
)
def test_nonsense_never_reaches_the_log(cli: CliRunner, arguments: list[str]) -> None:
    assert cli.invoke(app, arguments).exit_code == 2


def test_without_a_secret_there_is_one_sentence(cli: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOLT_TOKEN_SECRET")

    result = cli.invoke(app, ["register", "CP1", "--tenant", "demo", "--generate"])

    assert result.exit_code == 1
    assert result.stderr.strip() == "VOLT_TOKEN_SECRET is not set: no reference can be made without it"


def test_how_long_a_key_is_good_is_a_number_of_days(cli: CliRunner) -> None:
    result = cli.invoke(app, ["key", "create", "x", "--tenant", "demo", "--scope", "see", "--lasts", "soon"])

    assert result.exit_code == 2
    assert result.stderr == "'soon' is no time: a number of days, such as 90d\n"


@pytest.mark.parametrize(
    ("name", "text", "code", "word"),
    [
        ("network.csv", "hello\n", 2, "the first line is a header"),
        ("network.docx", "hello", 2, "none of .csv, .xlsx, .yaml"),
        ("network.xlsx", "hello", 2, "no XLSX workbook"),
        ("network.yaml", "cars: []", 2, "none of organisations"),
        ("network.csv", "identity\nCP1\n", 1, "Kafka at 127.0.0.1:1 does not answer"),
    ],
)
def test_an_import_that_cannot_be_is_one_sentence(
    cli: CliRunner, tmp_path: Path, name: str, text: str, code: int, word: str
) -> None:
    (tmp_path / name).write_text(text)

    result = cli.invoke(app, ["import", str(tmp_path / name), "--tenant", "demo"])

    assert result.exit_code == code
    assert word in " ".join(result.stderr.split())
