"""Log files of children: appended, put aside by size at each start, and quoted when a child will not start."""

from pathlib import Path
from typing import BinaryIO

_ROTATE_BYTES = 10 * 2**20
_KEPT = 3
_TAIL_BYTES = 8192
_QUOTE_CHARACTERS = 300


def open_log(path: Path) -> BinaryIO:
    """Open a log for appending; one larger than 10 MiB is put aside first and the last three are kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    put_aside_if_large(path)
    return path.open("ab")


def put_aside_if_large(path: Path) -> None:
    """Rename a log larger than 10 MiB to `.1`, the one before it to `.2`; the fourth is dropped."""
    if path.exists() and path.stat().st_size > _ROTATE_BYTES:
        _put_aside(path)


def last_line(path: Path) -> str:
    """The last line that says something and is no part of a stack's listing, shortened; empty when there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    said = [line.rstrip() for line in lines if line.strip() and not line[0].isspace()]
    return said[-1][:_QUOTE_CHARACTERS] if said else ""


def _put_aside(path: Path) -> None:
    for number in range(_KEPT - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    path.replace(path.with_name(f"{path.name}.1"))
