"""The state file, the secrets, the lock of a home, and what is said about a home where nothing runs."""

import stat
from pathlib import Path

import pytest

from volt_devstack.control import NotRunning, Running, down, forget, status
from volt_devstack.credentials import credentials
from volt_devstack.errors import ExitCode, StackError
from volt_devstack.home import Home
from volt_devstack.identity import Identity, myself
from volt_devstack.state import Phase, ProcessState, StackState, read_state, write_state

GATEWAY = ProcessState(
    name="gateway",
    ready=True,
    pids=(11, 12),
    health=("http://127.0.0.1:21000/readyz", "http://127.0.0.1:21001/readyz"),
    restarts=2,
    url="ws://127.0.0.1:9000/ocpp/demo/{station}",
    log="gateway.log",
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def _state(supervisor: Identity) -> StackState:
    return StackState(supervisor, Phase.READY, "", {"DATABASE_URL": "postgresql://u:secret@h/d"}, (GATEWAY,))


def test_a_state_is_read_as_it_was_written(home: Home) -> None:
    written = _state(myself())

    write_state(home, written)

    assert read_state(home) == written
    assert stat.S_IMODE(home.state.stat().st_mode) == 0o600
    assert [path.name for path in home.folder.iterdir()] == ["state.json"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"supervisor": 1}', '{"supervisor": {"pid": 1}}'])
def test_a_torn_state_is_no_state(text: str, home: Home) -> None:
    home.folder.mkdir()
    home.state.write_text(text)

    assert read_state(home) is None
    assert status(home.folder) == NotRunning(None)


def test_a_stack_is_ready_when_every_process_is() -> None:
    state = _state(myself())
    late = ProcessState(name="console", ready=False)

    assert state.ready
    assert not StackState(state.supervisor, Phase.READY, processes=(GATEWAY, late)).ready
    assert not StackState(state.supervisor, Phase.STARTING, processes=(GATEWAY,)).ready


def test_a_living_supervisor_is_told_from_a_recycled_pid(home: Home) -> None:
    write_state(home, _state(myself()))
    assert isinstance(status(home.folder), Running)

    recycled = _state(Identity(myself().pid, "another-boot/1"))
    write_state(home, recycled)

    assert status(home.folder) == NotRunning(recycled)
    assert down(home.folder) is False


def test_down_of_a_home_that_never_was_does_nothing(home: Home) -> None:
    assert down(home.folder) is False
    assert not home.folder.exists()


def test_a_forgotten_home_is_gone(home: Home) -> None:
    credentials(home)

    forget(home.folder)

    assert not home.folder.exists()
    forget(home.folder)


def test_secrets_are_made_once_and_private(home: Home, tmp_path: Path) -> None:
    made = credentials(home)

    assert credentials(home) == made
    assert stat.S_IMODE(home.secrets.stat().st_mode) == 0o600
    assert len(made.token_secret) == 64
    assert credentials(Home(tmp_path / "other")) != made


def test_unreadable_secrets_are_never_replaced(home: Home) -> None:
    credentials(home)
    home.secrets.write_text("{")

    with pytest.raises(StackError, match="put it back from a copy") as refused:
        credentials(home)

    assert refused.value.exit_code is ExitCode.BAD_CONFIGURATION
    assert home.secrets.read_text() == "{"


def test_one_home_has_one_owner(home: Home) -> None:
    with home.owned():
        with pytest.raises(StackError, match="runs already in") as refused, home.owned():
            pytest.fail("two owners")
        assert refused.value.exit_code == 3
    with home.owned():
        assert home.run.is_dir()
