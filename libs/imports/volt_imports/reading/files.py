"""Opens a file by the ending of its name and gives its rows."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from volt_imports.limits import MIB, MOST_BYTES, MOST_ROWS
from volt_imports.reading.csv import CsvRows
from volt_imports.reading.xlsx import XlsxRows
from volt_imports.reading.yaml import YamlRows
from volt_imports.rows import Fault, Kind, Progress, Row, Unreadable, no_progress

CSV, XLSX, YAML = (".csv", ".tsv", ".txt"), (".xlsx", ".xlsm"), (".yaml", ".yml")
_EVERY = 1 << 20


class Rows(Protocol):
    """What every reader is."""

    @property
    def ignored(self) -> dict[Kind, tuple[str, ...]]:
        """Columns that mean nothing, by kind; complete when everything was read."""

    def __iter__(self) -> Iterator[Row | Fault]: ...


@contextmanager
def opened(path: Path, name: str, kind: Kind | None, progress: Progress = no_progress) -> Iterator[Rows]:
    """The rows of a file; `name` is what its sender calls it, and decides what is in it.

    Raises:
        Unreadable: it is none of the three, too large, or not readable as what it is (also while iterating).
        OSError: it cannot be opened.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise Unreadable(f"it has {size // MIB} MiB; {MOST_BYTES // MIB} MiB can be read")
    ending = Path(name).suffix.lower()
    with path.open("rb") as file:
        if ending in CSV:
            yield CsvRows(_told(file, size, progress), kind)
        elif ending in XLSX:
            yield XlsxRows(path, kind, progress)
        elif ending in YAML:
            yield YamlRows(file, kind)
        else:
            raise Unreadable(f"{name!r} is none of {', '.join((CSV[0], XLSX[0], YAML[0]))}")


def limited(rows: Iterable[Row | Fault]) -> Iterator[Row | Fault]:
    """The same rows, as long as there are not too many."""
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise Unreadable(f"it has more than {MOST_ROWS} rows: import it in parts")
        yield row


def digest(path: Path) -> str:
    """The SHA-256 of what is in the file."""
    hashed = sha256()
    with path.open("rb") as file:
        while piece := file.read(_EVERY):
            hashed.update(piece)
    return hashed.hexdigest()


def _told(lines: Iterable[bytes], size: int, progress: Progress) -> Iterator[bytes]:
    """The same lines; `progress` is told about every MiB that went by."""
    passed = told = 0
    for line in lines:
        passed += len(line)
        if passed - told >= _EVERY:
            progress("reading", passed, size)
            told = passed
        yield line
